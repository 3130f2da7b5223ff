import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { code, renderMarkdown } from '../../../src/report/markdown.js';
import { FIXTURES, HOSTILE, allFailed, badMos, hostile } from './result-fixture.js';

/** What stands outside of code spans, and the spans, by CommonMark 0.31 §6.1: a run of backticks ends at the next as long. */
function codeSpans(line: string): { outside: string; spans: string[] } {
  const spans: string[] = [];
  let outside = '';
  let rest = line;
  for (let open = /`+/.exec(rest); open !== null; open = /`+/.exec(rest)) {
    const [fence] = open;
    outside += rest.slice(0, open.index);
    rest = rest.slice(open.index + fence.length);
    const close = new RegExp(`(?<!\`)${fence}(?!\`)`).exec(rest);
    if (close === null) {
      outside += fence;
    } else {
      const span = rest.slice(0, close.index);
      spans.push(/^ .* $/.test(span) && span.trim() !== '' ? span.slice(1, -1) : span);
      rest = rest.slice(close.index + fence.length);
    }
  }
  return { outside: outside + rest, spans };
}

const NASTY = fc.string({
  unit: fc.constantFrom(
    '`',
    '``',
    '|',
    '\\',
    '\\|',
    '<img src=x onerror=alert(1)>',
    '[a](javascript:b)',
    '![a](http://c)',
    '@octocat',
    ':tada:',
    '#1',
    'https://example.com',
    '*',
    '_',
    '~',
    '\n',
    '\r',
    '\u2028',
    '\u202E',
    '\0',
    '&lt;',
    '$',
    ' ',
    '- ',
    '---',
    'a',
  ),
});

describe('the escaper of Markdown', () => {
  it('makes one code span of any text, with nothing of it outside', () => {
    fc.assert(
      fc.property(fc.oneof(NASTY, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        const line = `before ${code(text)} behind`;
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}|]/u);
        const { outside, spans } = codeSpans(line);
        const isEmpty = /^\p{Zs}*$/u.test(text);
        expect(outside).toBe(isEmpty ? 'before (empty) behind' : 'before  behind');
        expect(spans).toHaveLength(isEmpty ? 0 : 1);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['mos.p5 >= 3.6', '` mos.p5 >= 3.6 `'],
    ['a`b``c', '``` a`b``c ```'],
    ['`', '`` ` ``'],
    ['a|b\\|c', '` a¦b\\¦c `'],
    ['a\nb', '` a⟨U+000A⟩b `'],
    ['  ', '(empty)'],
  ])('%j', (text, expected) => {
    expect(code(text)).toBe(expected);
  });
});

describe('summary.md', () => {
  test.each(Object.entries(FIXTURES))('%s: every row of a table has the columns of its head', (_, fixture) => {
    const lines = renderMarkdown(fixture()).split('\n');
    let columns = 0;
    for (const line of lines) {
      const bars = line.match(/(?<!\\)\|/g)?.length ?? 0;
      expect(bars).toBe(line === '' || columns === 0 ? bars : columns);
      columns = line === '' ? 0 : bars;
    }
    expect(lines.at(-1)).toBe('');
    expect(lines.at(-2)).toBe('Report: ` report.html `');
  });

  it('has verdict, gates with failures first, key numbers, health and the report in this order', () => {
    const text = renderMarkdown(badMos(), 'out/report.html');
    const places = [
      '## ✕ FAIL: ` peak hour to trunk A `',
      'exit code 3',
      '- ` mos.p5 >= 3.6: observed 3.02 MOS, 0.58 below the limit `',
      '| ✕ FAIL | ` mos.p5 >= 3.6 ` | ` 3.02 ` | ` −0.58 ` | 2,900 |  |',
      '| ▲ WARNING | ` loss.p95 <= 1% ` |',
      '| ◆ NO DATA | ` rtt.p95 <= 50ms ` | not measured |  | 0 | ` not measured: no RTCP ` |',
      '| ✓ PASS |',
      '| Audio received | MOS-LQ p50 ',
      'The generator was strained',
      'Report: ` out/report.html `',
    ];
    const found = places.map((place) => text.indexOf(place));
    expect(found).not.toContain(-1);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(renderMarkdown(allFailed())).toContain(
      '| 61 | ` serviceUnavailable `: the far side is overloaded, has no free line, or is out of service | setup | 503 |',
    );
  });

  it('shows hostile text in code only', () => {
    const text = renderMarkdown(hostile(), HOSTILE);
    const outside = text.split('\n').map((line) => codeSpans(line).outside);
    expect(outside.join('\n')).not.toMatch(/script|alert|evil|[<>](?!0)|@/);
    expect(text.match(/evil/g)?.length).toBeGreaterThan(5);
  });

  it('stays below the megabyte that GitHub takes, whatever the result holds', () => {
    const base = badMos();
    const long = '`'.repeat(5000);
    const many = Array.from({ length: 5000 }, () => long);
    const gates = many.map(() => ({ ...base.gates[0]!, expr: long, reason: long }));
    const causes = many.map((cause) => ({ phase: 'setup' as const, sipStatus: 503, cause, count: 1 }));
    const text = renderMarkdown({ ...base, reasons: many, warnings: many, gates, calls: { ...base.calls, causes } });
    expect(Buffer.byteLength(text)).toBeLessThan(500_000);
    expect(text).toContain('4,800 more in the report');
    expect(text.match(/4,980 more in the report/g)).toHaveLength(3);
  });
});
