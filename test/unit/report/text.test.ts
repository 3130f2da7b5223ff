import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../../src/report/text-width.js';
import { renderSummary } from '../../../src/report/text.js';
import { escapeTerminal } from '../../../src/report/visible-text.js';
import { FIXTURES, HOSTILE, allFailed, badMos, bothDirections, hostile, typicalPass } from './result-fixture.js';

const PLAIN = { color: false, reportPath: 'reports/2026-11-20_peak/report.html' };

describe('the summary on stdout', () => {
  test.each(Object.entries(FIXTURES))(
    '%s: at most 80 columns, no control character but the newline',
    (_name, fixture) => {
      const text = renderSummary(fixture(), PLAIN);
      expect(text.split('\n').filter((line) => columnsOf(line) > 80)).toEqual([]);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(text.trimEnd().split('\n').at(-1)).toBe(`Report  ${PLAIN.reportPath}`);
    },
  );

  test('verdict, gates with failures first, causes, key numbers, health, path stand in this order', () => {
    const text = renderSummary(badMos(), PLAIN);
    const places = [
      '✕ FAIL\n',
      '✕ FAIL       mos.p5',
      '▲ WARNING',
      '◆ UNTRUSTED',
      '◆ NO DATA',
      '✓ PASS',
      'MOS-LQ p5 ',
      'The generator was strained',
      'Try next\n  → ',
      'Report  ',
    ];
    const found = places.map((place) => text.indexOf(place));
    expect(found).not.toContain(-1);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  });

  test('gates stand in columns: state, expression, observed, and what else is known', () => {
    const lines = renderSummary(badMos(), PLAIN).split('\n');
    const at = lines.indexOf('Gates') + 1;
    expect(lines.slice(at, at + 7)).toEqual([
      '  ✕ FAIL       mos.p5 >= 3.6            3.02',
      '                 margin −0.58, 2,900 samples, from 0:04 on',
      '  ▲ WARNING    loss.p95 <= 1%          5.1 %  margin −4.1 %, 2,900 samples',
      '  ◆ UNTRUSTED  jitter.p95 <= 20ms    12.4 ms',
      '                 margin +7.6 ms, 2,900 samples, receive drops 0.4 % spoil jitter',
      '  ◆ NO DATA    rtt.p95 <= 50ms             –  not measured, 0 samples, no RTCP',
      '  ✓ PASS       success_ratio >= 99%    100 %  margin +1 %, 2,900 samples',
    ]);
  });

  test('a long expression does not push the figures of the others aside', () => {
    const base = badMos();
    const long = `loss{endpoint=${'a'.repeat(60)}}.p95 <= 1%`;
    const [first, second] = base.gates;
    if (first === undefined || second === undefined) throw new Error('no gates');
    const lines = renderSummary({ ...base, gates: [first, { ...second, expr: long }] }, PLAIN).split('\n');
    expect(lines).toContain('  ✓ PASS  success_ratio >= 99%  100 %  margin +1 %, 2,900 samples');
    expect(lines.join('').replaceAll(/\s+/g, '')).toContain(long.replaceAll(' ', ''));
  });

  test('causes are counted, and what was not measured says why', () => {
    const text = renderSummary(allFailed(), PLAIN);
    expect(text).toContain(
      '\n  61  serviceUnavailable (setup, SIP 503): the far side is overloaded, has no\n      free line, or is out of service\n' +
        '  39  busy (setup, SIP 486): the called user is busy\n',
    );
    expect(text).toContain('Audio received    not measured: no call was answered');
    expect(text).not.toMatch(/MOS-LQ p50 +0/);
  });

  test('a cause that only one of several endpoints has names it', () => {
    const base = allFailed();
    const [first] = base.endpoints;
    if (first === undefined) throw new Error('no endpoint');
    const causesOf = (...causes: string[]) => base.calls.causes.filter(({ cause }) => causes.includes(cause));
    const endpoints = [
      { ...first, name: 'trunk-a', calls: { ...first.calls, causes: causesOf('busy') } },
      { ...first, name: 'trunk-b', calls: { ...first.calls, causes: causesOf('busy', 'serviceUnavailable') } },
    ];
    const text = renderSummary({ ...base, endpoints }, PLAIN);
    expect(text).toContain('\n  61  serviceUnavailable (setup, SIP 503), all at trunk-b: the far side is');
  });

  test('a limit that a profile raised by the share of this host says so', () => {
    const base = typicalPass();
    const [gate] = base.gates;
    if (gate === undefined) throw new Error('no gate');
    const raised = {
      ...gate,
      expr: 'jitter.p95 <= 10ms',
      unit: 'ms',
      observed: 11.9,
      limit: 12.14,
      margin: 0.24,
      limitFloor: 2.14,
    };
    const text = renderSummary({ ...base, gates: [raised] }, PLAIN).replaceAll(/\s+/g, ' ');
    expect(text).toContain('margin +0.24 ms, limit 12.1 ms (2.14 ms of it for this host), ');
  });

  test('figures stand in two columns with their values aligned', () => {
    const lines = renderSummary(bothDirections(), PLAIN).split('\n');
    const at = lines.findIndex((line) => line.startsWith('Calls '));
    expect(lines.slice(at, at + 4)).toEqual([
      'Calls             attempted                 100   answered                  100',
      '                  completed                 100   failed                      0',
      '                  dropped                     0   cut at the end              0',
      '                  not started                 0',
    ]);
    expect(lines).toContain('                  jitter p95 of this host alone 0.3 ms');
  });

  test('both directions and the round trip are there, or the one reason why not', () => {
    const text = renderSummary(bothDirections(), PLAIN);
    expect(text).toMatch(/^Audio received {4}MOS-LQ p50 +\d/m);
    expect(text).toMatch(/^Audio sent {8}MOS-LQ p50 +\d[^]*MOS-LQ wideband p5/m);
    expect(text).toMatch(/^Round trip {8}RTT p50 +[\d.]+ ms {3}RTT p95/m);
    const unknown = renderSummary(typicalPass(), PLAIN);
    expect(unknown).toContain('Audio sent        not measured: no RTCP from the far end\n');
    expect(unknown).toContain('Round trip        not measured: no RTCP from the far end\n');
  });

  test('what some of a group lacks stands below it with the reason', () => {
    const base = bothDirections();
    const { sent } = base.quality;
    if (sent === null) throw new Error('no sent direction');
    const text = renderSummary({ ...base, quality: { ...base.quality, sent: { ...sent, discardRatio: null } } }, PLAIN);
    expect(text).toContain(
      '\n                  not measured (the reports of the far end do not tell it):\n                  discarded (late) p95\n',
    );
  });

  test('advice has at most three sentences, a number with its unit on one line, and is left out where there is none', () => {
    expect(renderSummary(allFailed(), PLAIN)).toContain('\n\nTry next\n  → --calls 1: ');
    expect(renderSummary(typicalPass(), PLAIN)).toContain(' at 95 %\n    confidence\n');
    const [, second, third] = bothDirections().gates;
    if (second === undefined || third === undefined) throw new Error('no gates');
    expect(renderSummary({ ...bothDirections(), gates: [second, third] }, PLAIN)).not.toContain('Try next');
  });

  test('colour is used only when asked for', () => {
    expect(renderSummary(typicalPass(), { ...PLAIN, color: true })).toContain('\u001B[1;32m✓ PASS\u001B[0m');
    const coloured = renderSummary(hostile(), { ...PLAIN, color: true });
    expect(coloured.split('\u001B').length - 1).toBe((1 + hostile().gates.length) * 2);
  });

  test('escapeTerminal shows what would move the cursor', () => {
    expect(escapeTerminal(HOSTILE)).toContain('⟨U+202E⟩evil⟨U+2066⟩⟨U+000A⟩⟨U+001B⟩[2J⟨U+0000⟩');
    expect(escapeTerminal('a\u009B31m\u200Bb\uD800\u2028')).toBe('a⟨U+009B⟩31m⟨U+200B⟩b⟨U+D800⟩⟨U+2028⟩');
  });
});
