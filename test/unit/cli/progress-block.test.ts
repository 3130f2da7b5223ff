import { describe, expect, it } from 'vitest';
import { blockLines } from '../../../src/cli/progress-block.js';
import type { ProgressSnapshot } from '../../../src/cli/progress-snapshot.js';
import { columnsOf } from '../../../src/report/text-width.js';
import { HOSTILE } from '../report/result-fixture.js';
import { gateOf, snapshotOf, withoutColor } from './snapshots.js';

const WIDE = { columns: 80, rows: 24, color: false };

describe('the block of 80 columns', () => {
  it('has stage, bar, clock, calls, rate, both directions, gates and the generator', () => {
    const gates = [
      gateOf(),
      gateOf({ expr: 'mos.p5 >= 3.6', state: 'fail', observed: 3.2 }),
      gateOf({ expr: 'rtt.p95 <= 50ms', state: 'no-data', observed: null }),
    ];
    expect(blockLines(snapshotOf({ gates }), WIDE)).toEqual([
      'hold 4/s  ━━━━━━━━━━━━━━────────────────  0:42 of 1:30, 0:48 left',
      'calls       41 active   162 of 360 started   2 failed   0 dropped',
      'rate        3.8/s achieved   4.0/s target   in the last 5 s',
      'received    MOS-LQ p50 4.41 p5 4.32   loss 0.02 %   jitter p95 1.25 ms',
      'sent        MOS-LQ p50 4.38 p5 4.21   loss 0.1 %   jitter p95 2 ms',
      'round trip  RTT p95 12.3 ms',
      'gates       ✓ 1 pass   ✕ 1 fail: mos.p5 >= 3.6   ? 1 open',
      'generator   ✓ healthy',
    ]);
  });

  it('shows what is unknown as unknown', () => {
    const unknown = { mosLq: null, mosLqWb: null, lossRatio: null, jitterP95Ms: null };
    const lines = blockLines(
      snapshotOf({
        received: unknown,
        sent: unknown,
        rttP95Ms: null,
        rate: { achieved: null, target: 4, overSeconds: null },
      }),
      WIDE,
    );
    expect(lines).toContain('received    MOS-LQ –   loss –   jitter p95 –');
    expect(lines).toContain('round trip  RTT p95 –');
    expect(lines).toContain('rate        – achieved   4.0/s target');
    expect(lines.some((line) => line.startsWith('gates'))).toBe(false);
  });

  it('has no row of audio where none is sent', () => {
    expect(blockLines(snapshotOf({ media: false }), WIDE).map((line) => line.split(' ')[0])).toEqual([
      'hold',
      'calls',
      'rate',
      'generator',
    ]);
  });

  it('names the wideband scale apart, alone or beside the other', () => {
    const received = { ...snapshotOf().received, mosLqWb: { p50: 4.3, p5: 4.1, p95: 4.4, min: 4 } };
    expect(blockLines(snapshotOf({ received: { ...received, mosLq: null } }), WIDE)[3]).toContain(
      'received    MOS-LQ wideband p50 4.30 p5 4.10   loss',
    );
    expect(blockLines(snapshotOf({ received }), WIDE)[3]).toContain(
      'MOS-LQ p50 4.41 p5 4.32   MOS-LQ wideband p50 4.30',
    );
  });

  it('tells why the generator is strained, and which warnings and untrusted gates there are', () => {
    const gates = [gateOf({ state: 'fail', severity: 'warn' }), gateOf({ state: 'untrusted' })];
    const lines = blockLines(snapshotOf({ gates, strains: ['audio left late', 'the loop was slow'] }), WIDE);
    expect(lines).toContain('gates       ▲ 1 warning: success_ratio >= 99%   ◆ 1 untrusted');
    expect(lines).toContain('generator   ▲ strained: audio left late; the loop was slow');
  });
});

const first = (course: ProgressSnapshot['course'], second = 42): string =>
  blockLines(snapshotOf({ course, second }), WIDE)[0] ?? '';

describe('the first line', () => {
  it('counts calls where the cap decides how long it lasts', () => {
    const left = { unit: 'calls', done: 90, total: 360 } as const;
    // A quarter of 30 columns, rounded down.
    expect(first({ stage: 'hold 4/s', left })).toBe(
      'hold 4/s  ━━━━━━━───────────────────────  0:42, 90 of 360 calls ended',
    );
  });

  it('is without a bar where nothing tells the end, and says no wrong time where the plan is over', () => {
    expect(first({ stage: 'hold 4/s', left: null })).toBe('hold 4/s  0:42');
    const over = first({ stage: 'draining', left: { unit: 'seconds', done: 91, total: 90 } }, 91);
    expect(over).toBe(`draining  ${'━'.repeat(30)}  1:31, about to end`);
  });
});

describe('any terminal', () => {
  const hostile = gateOf({ state: 'fail', expr: `漢字かな交じり文${HOSTILE}`.repeat(4) });
  const full = snapshotOf({ gates: [gateOf(), hostile], strains: ['a long reason '.repeat(12)] });

  it.each([200, 80, 60, 51, 50, 49, 40, 30, 20, 17])(
    'of %i columns holds every line with a column to spare',
    (columns) => {
      for (const color of [false, true]) {
        const lines = blockLines(full, { columns, rows: 24, color });
        const plain = lines.map(withoutColor);
        expect(plain.filter((line) => columnsOf(line) > columns - 1)).toEqual([]);
        expect(plain.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }
    },
  );

  it('of few rows holds the block with a row to spare', () => {
    expect(blockLines(full, { columns: 40, rows: 5, color: false })).toHaveLength(4);
    expect(blockLines(full, { columns: 40, rows: 1, color: false })).toHaveLength(1);
  });

  it('of 40 columns goes on under the label', () => {
    expect(blockLines(snapshotOf(), { columns: 40, rows: 24, color: false }).slice(0, 5)).toEqual([
      'hold 4/s  0:42 of 1:30, 0:48 left',
      'calls       41 active',
      '  162 of 360 started   2 failed',
      '  0 dropped',
      'rate        3.8/s achieved',
    ]);
  });

  it('has colour only when it is asked for, and then the same text', () => {
    const coloured = blockLines(full, { ...WIDE, color: true });
    expect(coloured.join('')).toContain('\u001B[32m✓ 1 pass\u001B[0m');
    expect(coloured.map(withoutColor)).toEqual(blockLines(full, WIDE));
  });
});
