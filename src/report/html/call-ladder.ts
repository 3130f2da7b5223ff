/** The SIP ladder of a call, folded: one line a message, first and last ones; the messages whole are in its evidence file. */
import type { Ladder } from '../../run/result-evidence.js';
import { labelOf } from '../evidence.js';
import { formatCount } from '../number-format.js';
import { clipText } from '../visible-text.js';
import { html, preformatted, type Markup } from './markup.js';

const FIRST_LINES = 9;
const LAST_LINES = 5;
const LABEL_LIMIT = 90;
const REASON_LIMIT = 80;

/** Null ladder: a sentence that says so. @param called of the user who is called; null: that is none of ours, or nothing was kept */
export function callLadders(ladder: Ladder | null, called: Ladder | null): Markup {
  return called === null ? callLadder(ladder) : html`${callLadder(ladder)}${callLadder(called, ' of the called user')}`;
}

function callLadder(ladder: Ladder | null, whose = ''): Markup {
  if (ladder === null || ladder.messages.length === 0) {
    return html`<p class="empty">SIP ladder${whose}: no messages of this call were kept.</p> `;
  }
  const lines = ladder.messages.map(lineOf);
  if (ladder.omitted > 0) {
    lines.splice(ladder.omittedAfter, 0, `          ⋮ ${formatCount(ladder.omitted)} messages were not kept`);
  }
  const count = ladder.messages.length + ladder.omitted;
  return html`<details>
    <summary>SIP ladder${whose}, ${formatCount(count)} ${count === 1 ? 'message' : 'messages'}</summary>
    <pre>${preformatted(shortened(lines).join('\n'))}</pre>
  </details> `;
}

function shortened(lines: readonly string[]): readonly string[] {
  const left = lines.length - FIRST_LINES - LAST_LINES;
  return left <= 1
    ? lines
    : [...lines.slice(0, FIRST_LINES), `          ⋮ ${left} more in the file`, ...lines.slice(-LAST_LINES)];
}

/** `   1,204 ms ◄── 486 Busy Here` with the Reason or Warning that explains it. */
function lineOf({ atMs, direction, firstLine, text }: Ladder['messages'][number]): string {
  const label = clipText(labelOf(firstLine, text), LABEL_LIMIT);
  const reason = /^(?:Reason|Warning|Retry-After)[ \t]*:.*$/im.exec(text)?.[0].trim();
  const why = direction === 'in' && reason !== undefined ? `   [${clipText(reason, REASON_LIMIT)}]` : '';
  // A bare line break in a first line is shown as what it is, and begins no line.
  return `${atMs.toFixed(1).padStart(9)} ${direction === 'out' ? '──►' : '◄──'} ${oneLine(label + why)}`;
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '⟨U+000A⟩');
}
