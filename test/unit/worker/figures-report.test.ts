import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCallToken } from '../../../src/call/call-token.js';
import { FIGURES_RULES, parseFigures, serializeFigures } from '../../../src/worker/figures-report.js';
import { LEG } from '../../../src/worker/messages.js';
import { legsOf } from '../run/batches.js';

const TOKEN = { address: '10.0.0.1', port: 5060, runId: 7, call: 41 };
const CALL = encodeCallToken(TOKEN);
const COUNTS = { expected: 100, received: 95, lost: 5, discarded: 1, duplicate: 2, reordered: 3 };
const GOOD = { version: 1, call: CALL, codec: 'PCMU', figures: COUNTS };

describe('a report', () => {
  it('says exactly what was received, and nothing of what is not known', () => {
    const totals = legsOf({
      ...COUNTS,
      jitterMs: 1.23456,
      jitterMaxMs: 9,
      rFactor: 88,
      mosLq: 4.2,
      burstMs: Number.NaN,
    });
    expect(JSON.parse(serializeFigures(TOKEN, totals))).toMatchObject({
      version: 1,
      call: CALL,
      codec: 'PCMU',
      figures: { ...COUNTS, jitterMs: 1.2346, jitterMaxMs: 9, rFactor: 88, mosLq: 4.2 },
    });
    expect(serializeFigures(TOKEN, totals)).not.toContain('burstMs');
    expect(serializeFigures(TOKEN, totals)).not.toContain('rttMs');
  });

  it('becomes a row of the sent direction: what the far end received is what we sent', () => {
    const totals = legsOf({ ...COUNTS, jitterMs: 2.5, rFactor: -3, mosLq: 1, burstR: 1.25, rttMs: Number.NaN });
    const report = parseFigures(serializeFigures(TOKEN, totals));
    const at = (name: Exclude<keyof typeof LEG, 'columns'>): number | undefined => report?.row[LEG[name]];
    expect(report?.token).toEqual(TOKEN);
    expect(report?.row).toHaveLength(LEG.columns);
    expect([at('call'), at('direction'), at('basis'), at('codec')]).toEqual([41, 1, 2, 0]);
    expect([at('expected'), at('received'), at('lost'), at('discarded')]).toEqual([100, 95, 5, 1]);
    expect([at('jitterMs'), at('rFactor'), at('mosLq'), at('burstR')]).toEqual([2.5, -3, 1, 1.25]);
    // Unknown, and what only a received row has.
    expect([at('rttMs'), at('taken'), at('stray'), at('answeredMs'), at('endpoint')]).toEqual(
      Array(5).fill(Number.NaN),
    );
  });

  it('is short, however long its numbers are', () => {
    const longest = new Float64Array(LEG.columns).fill(123_456_789.123_45);
    longest[LEG.codec] = 0;
    expect(
      serializeFigures({ address: '255.255.255.255', port: 65_535, runId: 0xffff_ffff, call: 1 }, longest).length,
    ).toBeLessThan(700);
  });

  it('may say more than this version knows', () => {
    expect(parseFigures(JSON.stringify({ ...GOOD, more: [1], figures: { ...COUNTS, loudness: 'x' } }))).not.toBeNull();
  });
});

describe('a body that is not as it must be', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', '{"version":1'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['of another version', JSON.stringify({ ...GOOD, version: 2 })],
    ['without a call', JSON.stringify({ ...GOOD, call: undefined })],
    ['with a call that is no token', JSON.stringify({ ...GOOD, call: 'cg-aaaaaaaaaaaaaaaaaaaaaaaa' })],
    ['with a codec that is not known here', JSON.stringify({ ...GOOD, codec: 'OPUS' })],
    ['with a codec of the language', JSON.stringify({ ...GOOD, codec: 'constructor' })],
    ['without figures', JSON.stringify({ ...GOOD, figures: null })],
    ['with a list of figures', JSON.stringify({ ...GOOD, figures: [1, 2] })],
    ['without a count', JSON.stringify({ ...GOOD, figures: { ...COUNTS, lost: undefined } })],
    [
      'with a count that is null, as NaN is written',
      JSON.stringify({ ...GOOD, figures: { ...COUNTS, lost: Number.NaN } }),
    ],
    ['with NaN itself', JSON.stringify(GOOD).replace('"lost":5', '"lost":NaN')],
    ['with infinity', JSON.stringify(GOOD).replace('"lost":5', '"lost":1e999')],
    ['with a text for a number', JSON.stringify({ ...GOOD, figures: { ...COUNTS, lost: '5' } })],
    ['with half a packet', JSON.stringify({ ...GOOD, figures: { ...COUNTS, lost: 0.5 } })],
    ['with less than no packets', JSON.stringify({ ...GOOD, figures: { ...COUNTS, discarded: -1 } })],
    ['with more lost than expected', JSON.stringify({ ...GOOD, figures: { ...COUNTS, lost: 101 } })],
    ['with a MOS off its scale', JSON.stringify({ ...GOOD, figures: { ...COUNTS, mosLq: 5.1 } })],
    ['with jitter below 0', JSON.stringify({ ...GOOD, figures: { ...COUNTS, jitterMs: -1 } })],
    ['that is too long', `${JSON.stringify(GOOD)}${' '.repeat(FIGURES_RULES.maxBytes)}`],
    ['nested without end', '['.repeat(2000)],
  ])('%s', (_, body) => {
    expect(parseFigures(JSON.stringify(GOOD))).not.toBeNull();
    expect(parseFigures(body)).toBeNull();
  });

  it('never throws, and what it lets pass is finite or unknown', () => {
    const value = fc.oneof(fc.double(), fc.string(), fc.jsonValue());
    const figures = fc.record(Object.fromEntries(Object.keys(COUNTS).map((name) => [name, value])));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string({ unit: 'binary' }),
          figures.map((it) => JSON.stringify({ ...GOOD, figures: it })),
        ),
        (body) => {
          const row = parseFigures(body)?.row ?? [];
          expect([...row].every((figure) => Number.isFinite(figure) || Number.isNaN(figure))).toBe(true);
        },
      ),
    );
  });
});
