/** HTML text that is safe by construction: the one escaper, and a template tag that escapes whatever is not Markup. */
import { clipText, showHidden } from '../visible-text.js';

const NETWORK_TEXT_LIMIT = 200;

/** HTML that may stand in the document as it is; made by the `html` tag only. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type HtmlValue = Markup | string | number | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Safe as text and inside a quoted attribute; control characters and bidi overrides become visible signs. */
export function escapeHtml(text: string): string {
  return showHidden(text).replaceAll(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
}

/**
 * Tagged template: every value is escaped unless it is Markup. The literal parts are ours; the indentation that the
 * formatter of the source gives them is left out.
 */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Markup {
  return new Markup(literalsOf(parts).reduce((text, part, index) => text + render(values[index - 1] ?? '') + part));
}

/** Of each template once: a report is made of thousands of the same few. */
const LITERALS = new WeakMap<TemplateStringsArray, readonly string[]>();

function literalsOf(parts: TemplateStringsArray): readonly string[] {
  const known = LITERALS.get(parts);
  if (known !== undefined) return known;
  const literals = parts.map((part) => part.replaceAll(/\s*\n\s*/g, '\n'));
  LITERALS.set(parts, literals);
  return literals;
}

/** Text of several lines for a `<pre>`: escaped line by line, so that only newlines survive. */
export function preformatted(text: string): Markup {
  return new Markup(text.split('\n').map(escapeHtml).join('\n'));
}

/** Text from the network or the scenario: clipped, isolated from the direction of its neighbours. */
export function networkText(text: string, limit = NETWORK_TEXT_LIMIT): Markup {
  return html`<bdi>${clipText(text, limit)}</bdi>`;
}

function render(value: HtmlValue): string {
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map(render).join('');
}
