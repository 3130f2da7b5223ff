import { describe, expect, it } from 'vitest';
import { blockLines } from '../../../src/cli/progress-block.js';
import { ProgressScreen } from '../../../src/cli/progress-screen.js';
import { gateOf, snapshotOf, withoutColor } from './snapshots.js';
import { TerminalModel } from './terminal-model.js';

const WIDTHS = [80, 40, 23, 120, 30, 61, 200, 17, 80];

/** What stands on a terminal after lines were said, blocks painted and the width changed in between. */
function textAfter(rows: number, reflow: boolean, wipe: boolean): { text: string; block: string[] } {
  const terminal = new TerminalModel(80, rows);
  const screen = new ProgressScreen((text) => terminal.write(text));
  const gates = [
    gateOf({ state: 'fail', expr: '漢字かな交じり文 >= 3.6 with a tail that is too long for narrow ones' }),
  ];
  terminal.write('$ callgauge run\n');
  let block: string[] = [];
  WIDTHS.forEach((columns, index) => {
    terminal.resize(columns, reflow);
    block = blockLines(snapshotOf({ second: index, gates }), { columns, rows, color: true });
    screen.paint(block);
    screen.say(`said ${index}`, index % 2 === 0 ? block : null);
  });
  screen.paint(block);
  if (wipe) {
    screen.wipe();
    screen.wipe();
  }
  return { text: terminal.text, block };
}

const SAID = `$ callgauge run\n${WIDTHS.map((_, index) => `said ${index}`).join('\n')}`;

describe.each([true, false])('a terminal that breaks its lines anew when it is resized: %s', (reflow) => {
  it.each([40, 12, 5, 2])('of %i rows keeps what was said, and nothing of the block', (rows) => {
    expect(textAfter(rows, reflow, true).text).toBe(SAID);
  });

  it('shows the last block once', () => {
    const { text, block } = textAfter(40, reflow, false);
    const plain = block.map((line) => withoutColor(line).trimEnd());
    expect(text).toBe([SAID, ...plain].join('\n'));
  });
});

it('a character that is wider than was thought does not break a line', () => {
  const terminal = new TerminalModel(10, 24);
  const screen = new ProgressScreen((text) => terminal.write(text));
  screen.paint(['123456789漢漢', 'x']);
  screen.wipe();
  expect(terminal.text).toBe('');
  terminal.write('a line of 20 columns');
  expect(terminal.text).toBe('a line of 20 columns');
});
