import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildSchedule } from '../../src/schedule/schedule.js';
import { ownsCall, shareOf } from '../../src/schedule/split.js';

const stage = fc.record({
  kind: fc.constantFrom('ramp' as const, 'hold' as const),
  rate: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.double({ min: 0, max: 40, noNaN: true })),
  durationMs: fc.integer({ min: 0, max: 20_000 }),
});
const load = fc.record({
  calls: fc.option(fc.integer({ min: 0, max: 500 })),
  stages: fc.array(stage, { minLength: 1, maxLength: 5 }),
});

describe('schedule', () => {
  it('dueBy and intendedStartMs are inverse: call n is due at its start and not before', () => {
    fc.assert(
      fc.property(load, fc.nat(), (load, pick) => {
        const schedule = buildSchedule(load);
        const total = schedule.totalCalls ?? 0;
        fc.pre(total > 0);
        const n = pick % total;
        const startMs = schedule.intendedStartMs(n) ?? Number.NaN;
        expect(schedule.dueBy(startMs)).toBeGreaterThan(n);
        expect(schedule.dueBy(startMs - 1e-3)).toBeLessThanOrEqual(n);
      }),
    );
  });

  it('starts never go back, lie inside the schedule, and are all due at its end', () => {
    fc.assert(
      fc.property(load, (load) => {
        const schedule = buildSchedule(load);
        let before = 0;
        for (let n = 0; n < (schedule.totalCalls ?? 0); n++) {
          const startMs = schedule.intendedStartMs(n) ?? Number.NaN;
          expect(startMs).toBeGreaterThanOrEqual(before);
          before = startMs;
        }
        expect(before).toBeLessThanOrEqual(schedule.durationMs ?? Number.NaN);
        expect(schedule.dueBy(schedule.durationMs ?? Number.NaN)).toBe(schedule.totalCalls);
      }),
    );
  });

  it('dueBy is monotone and follows the integral of rateAt', () => {
    fc.assert(
      fc.property(load, fc.integer({ min: 1, max: 5000 }), (load, stepMs) => {
        const schedule = buildSchedule({ ...load, calls: null });
        let [integral, before] = [0, 0];
        for (let t = 0; t < Math.min(schedule.durationMs ?? 0, 50 * stepMs); t += stepMs) {
          const due = schedule.dueBy(t);
          expect(due).toBeGreaterThanOrEqual(before);
          before = due;
          // Midpoint rule in 200 slices; a jump of the rate inside a slice costs at most 40 calls/s × slice.
          expect(Math.abs(due - integral)).toBeLessThanOrEqual(1 + 5 * 40 * (stepMs / 200_000) * (t / stepMs + 1));
          for (let i = 0; i < 200; i++) {
            integral += (schedule.rateAt(t + ((i + 0.5) * stepMs) / 200) * stepMs) / 200_000;
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('peakActive is what counting call by call gives, or one more', () => {
    fc.assert(
      fc.property(load, fc.integer({ min: 1, max: 30_000 }), (load, lastingMs) => {
        const schedule = buildSchedule(load);
        const starts = Array.from({ length: schedule.totalCalls ?? 0 }, (_, n) => schedule.intendedStartMs(n) ?? 0);
        let most = 0;
        let oldest = 0;
        for (const [n, startMs] of starts.entries()) {
          while ((starts[oldest] ?? 0) <= startMs - lastingMs) oldest++;
          most = Math.max(most, n - oldest + 1);
        }
        const peak = schedule.peakActive(lastingMs);
        expect(peak).toBeGreaterThanOrEqual(most);
        expect(peak).toBeLessThanOrEqual(most + 1);
      }),
    );
  });
});

describe('split', () => {
  const parts = fc.integer({ min: 1, max: 64 });

  it('the shares add up to the total for every n and k', () => {
    fc.assert(
      fc.property(fc.nat(), parts, (total, parts) => {
        const shares = Array.from({ length: parts }, (_, index) => shareOf(total, parts, index));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('every call has exactly one owner, and each owns its share', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), parts, (total, parts) => {
        const owned = Array.from({ length: parts }, () => 0);
        for (let n = 0; n < total; n++) {
          const owners = owned.map((_, index) => index).filter((index) => ownsCall(n, parts, index));
          expect(owners).toHaveLength(1);
          owned[owners[0] ?? -1]!++;
        }
        expect(owned).toEqual(owned.map((_, index) => shareOf(total, parts, index)));
      }),
    );
  });
});
