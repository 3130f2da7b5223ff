import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { jsonWithoutCommands, renderAnnotations, withoutCommands } from '../../../src/report/github.js';
import { renderSummary } from '../../../src/report/text.js';
import { FIXTURES, badMos, nothingAtAll, typicalPass } from './result-fixture.js';

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** The commands in a log, as the runner of GitHub finds them: `::` at the start of a line, `##[` anywhere in it. */
function commandsIn(log: string): Command[] {
  return log.split(/\r\n|\r|\n/).flatMap((line) => {
    const [, name = '', properties = '', data = ''] = /^\s*::([^:\s]+)(?: ([^:]*))?::(.*)$/.exec(line) ?? [];
    const [, legacy = ''] = /##\[([^\]]*)\]/.exec(line) ?? [];
    if (legacy !== '') return [{ name: legacy, properties: {}, data: '' }];
    if (name === '') return [];
    const pairs = properties.split(',').map((pair) => pair.split('='));
    const read = pairs.map(([key = '', ...value]) => [key, unescaped(value.join('='), true)] as const);
    return [{ name, properties: Object.fromEntries(read), data: unescaped(data, false) }];
  });
}

function unescaped(text: string, isProperty: boolean): string {
  const base = isProperty ? text.replaceAll('%3A', ':').replaceAll('%2C', ',') : text;
  return base.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

const NASTY = fc.string({
  unit: fc.constantFrom(
    '::',
    ':',
    ',',
    '%',
    '%0A',
    '%25',
    '\n',
    '\r',
    '\u2028',
    '##[',
    '##[error]',
    '##vso[',
    ']',
    ' ',
    '=',
    '::error::',
    '::stop-commands::x',
    'title=',
    'a',
    '#',
  ),
});

describe('annotations for GitHub', () => {
  it('are one for each gate that did not hold, errors first', () => {
    expect(commandsIn(renderAnnotations(badMos()))).toEqual([
      {
        name: 'error',
        properties: { title: 'peak hour to trunk A: mos.p5 >= 3.6' },
        data: 'fail: observed 3.02, limit 3.60, margin −0.58, 2,900 samples, seconds 0 to 59, first in second 4',
      },
      {
        name: 'error',
        properties: { title: 'peak hour to trunk A: jitter.p95 <= 20ms' },
        data: 'untrusted: observed 12.4 ms, limit 20 ms, margin +7.6 ms, 2,900 samples, seconds 0 to 59 (receive drops 0.4 % spoil jitter)',
      },
      {
        name: 'error',
        properties: { title: 'peak hour to trunk A: rtt.p95 <= 50ms' },
        data: 'no-data: observed nothing, limit 50 ms, 0 samples, seconds 0 to 59 (not measured: no RTCP)',
      },
      {
        name: 'warning',
        properties: { title: 'peak hour to trunk A: loss.p95 <= 1%' },
        data: 'fail: observed 5.1 %, limit 1 %, margin −4.1 %, 2,900 samples, seconds 0 to 59',
      },
    ]);
  });

  it('are none for a pass, warnings where the job does not fail, and the reason where the run did not happen', () => {
    expect(renderAnnotations(typicalPass())).toBe('');
    const heedless = commandsIn(renderAnnotations({ ...badMos(), exitCode: 0 }));
    expect(heedless.map(({ name }) => name)).toEqual(['warning', 'warning', 'warning', 'warning']);
    const [only, ...more] = commandsIn(renderAnnotations({ ...nothingAtAll(), reasons: ['no route: 100%, sorry'] }));
    expect(more).toEqual([]);
    expect(only).toEqual({
      name: 'error',
      properties: { title: 'peak hour to trunk A: COULD NOT RUN' },
      data: 'no route: 100%, sorry',
    });
  });

  it('are at most ten of a kind, and the last tells how many there are', () => {
    const [, failed] = badMos().gates;
    const many = commandsIn(renderAnnotations({ ...badMos(), gates: Array.from({ length: 15 }, () => failed!) }));
    expect(many).toHaveLength(10);
    expect(many.at(-1)?.data).toBe('6 more in the report');
  });

  it('stay as many as they are, with any text in them', () => {
    const base = badMos();
    fc.assert(
      fc.property(NASTY, (text) => {
        const gates = base.gates.map((gate) => ({ ...gate, expr: text, reason: text }));
        const commands = commandsIn(renderAnnotations({ ...base, name: text, gates }));
        expect(commands.map(({ name }) => name)).toEqual(['error', 'error', 'error', 'warning']);
        for (const { properties } of commands) expect(Object.keys(properties)).toEqual(['title']);
      }),
      { numRuns: 300 },
    );
  });
});

describe('text that quotes the network', () => {
  test.each([
    ['::error::x', ': :error::x'],
    ['a\n   ::add-mask::x\n', 'a\n   : :add-mask::x\n'],
    ['x ##[error]y ##vso[task]z ##teamcity[a', 'x ## [error]y ## vso[task]z ## teamcity[a'],
    ['## heading, C::D, sip:a@[::1]', '## heading, C::D, sip:a@[::1]'],
  ])('%j', (text, expected) => {
    expect(withoutCommands(text)).toBe(expected);
  });

  it('is no command in JSON, in which nothing changes', () => {
    fc.assert(
      fc.property(NASTY, (text) => {
        const json = jsonWithoutCommands(JSON.stringify({ [text]: text }, null, 2));
        expect(JSON.parse(json)).toEqual({ [text]: text });
        expect(withoutCommands(json)).toBe(json);
        expect(commandsIn(json)).toEqual([]);
      }),
    );
  });

  it('is no command anywhere in the summary of a run', () => {
    const base = badMos();
    fc.assert(
      fc.property(NASTY, NASTY, (first, second) => {
        const text = `${first} ${second}`;
        const gates = base.gates.map((gate) => ({ ...gate, expr: text, reason: text }));
        const result = { ...base, name: text, reasons: [text], warnings: [text], gates };
        expect(commandsIn(withoutCommands(renderSummary(result, { color: false, reportPath: text })))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test.each(Object.entries(FIXTURES))('%s: no command in its summary', (_, fixture) => {
    const text = renderSummary(fixture(), { color: false, reportPath: 'r' });
    expect(commandsIn(withoutCommands(text))).toEqual([]);
    expect(withoutCommands(text)).toBe(text);
  });
});
