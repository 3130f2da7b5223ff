import { describe, expect, test } from 'vitest';
import { renderSummary } from '../../../src/report/text.js';
import { escapeTerminal } from '../../../src/report/visible-text.js';
import { FIXTURES, HOSTILE, allFailed, badMos, bothDirections, hostile, typicalPass } from './result-fixture.js';

const PLAIN = { color: false, reportPath: 'reports/2026-11-20_peak/report.html' };

describe('the summary on stdout', () => {
  test.each(Object.entries(FIXTURES))(
    '%s: at most 100 columns, no control character but the newline',
    (_name, fixture) => {
      const text = renderSummary(fixture(), PLAIN);
      expect(text.split('\n').filter((line) => Array.from(line).length > 100)).toEqual([]);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(text.trimEnd().split('\n').at(-1)).toBe(`Report  ${PLAIN.reportPath}`);
    },
  );

  test('verdict, gates with failures first, causes, key numbers, health, path stand in this order', () => {
    const text = renderSummary(badMos(), PLAIN);
    const places = [
      '✕ FAIL\n',
      '✕ FAIL           mos.p5',
      '▲ WARNING',
      '◆ UNTRUSTED',
      '◆ NO DATA',
      '✓ PASS',
      'MOS-LQ p5 ',
      'The generator was strained',
      'Report  ',
    ];
    const found = places.map((place) => text.indexOf(place));
    expect(found).not.toContain(-1);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(text).toContain('rtt.p95 <= 50ms: not measured, 0 samples (no RTCP)');
  });

  test('causes are counted, and what was not measured says why', () => {
    const text = renderSummary(allFailed(), PLAIN);
    expect(text).toContain('61  serviceUnavailable (setup, SIP 503)');
    expect(text).toContain('Audio received    not measured: no call was answered');
    expect(text).not.toMatch(/MOS-LQ p50 0/);
  });

  test('both directions and the round trip are there, or the one reason why not', () => {
    const text = renderSummary(bothDirections(), PLAIN);
    expect(text).toMatch(/^Audio received {4}MOS-LQ p50 \d/m);
    expect(text).toMatch(/^Audio sent {8}MOS-LQ p50 \d[^]*MOS-LQ wideband p5/m);
    expect(text).toMatch(/^Round trip {8}RTT p50 [\d.]+ ms · RTT p95/m);
    const unknown = renderSummary(typicalPass(), PLAIN);
    expect(unknown).toContain('Audio sent        not measured: no RTCP from the far end\n');
    expect(unknown).toContain('Round trip        not measured: no RTCP from the far end\n');
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
