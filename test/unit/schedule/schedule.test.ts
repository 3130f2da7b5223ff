import { describe, expect, it } from 'vitest';
import type { ScheduleStage } from '../../../src/schedule/rate-curve.js';
import { buildSchedule } from '../../../src/schedule/schedule.js';

const hold = (rate: number, durationMs: number | null): ScheduleStage => ({ kind: 'hold', rate, durationMs });
const ramp = (rate: number, durationMs: number): ScheduleStage => ({ kind: 'ramp', rate, durationMs });
const of = (stages: ScheduleStage[], calls: number | null = null) => buildSchedule({ calls, stages });

describe('totals', () => {
  it.each<[string, ScheduleStage[], number | null, [number | null, number | null]]>([
    ['10/s for 10 s', [hold(10, 10_000)], null, [100, 10_000]],
    ['0.1/s for 30 s', [hold(0.1, 30_000)], null, [3, 30_000]],
    ['0.7/s for 10 s', [hold(0.7, 10_000)], null, [7, 10_000]],
    ['a rest counts as a call: 2.5 calls', [hold(1, 2500)], null, [3, 2500]],
    ['ramp 0 to 20/s in 5 s, then 10 s', [ramp(20, 5000), hold(20, 10_000)], null, [250, 15_000]],
    ['up and down', [ramp(10, 10_000), ramp(0, 10_000)], null, [100, 20_000]],
    ['calls end it first', [hold(10, 10_000)], 10, [10, 900]],
    ['calls never reached', [hold(10, 1000)], 500, [10, 1000]],
    ['until the calls are used up', [hold(10, null)], 25, [25, 2400]],
    ['without end', [hold(10, null)], null, [null, null]],
    ['rate 0 places nothing', [hold(0, 5000)], null, [0, 5000]],
    ['rate 0 without end', [hold(0, null)], null, [0, null]],
  ])('%s', (_name, stages, calls, [totalCalls, durationMs]) => {
    const schedule = of(stages, calls);
    expect(schedule.totalCalls).toBe(totalCalls);
    expect(schedule.durationMs).toBe(durationMs);
  });
});

describe('intendedStartMs', () => {
  it('is n/rate in a hold, without any drift', () => {
    const schedule = of([hold(3, 3_600_000)]);
    for (const n of [0, 1, 2, 3, 100, 10_000, 10_799]) {
      expect(schedule.intendedStartMs(n)).toBeCloseTo((n / 3) * 1000, 6);
    }
  });

  it('is the root of the integral in a ramp from 0: n = t², so 0, 1, 1.41, 1.73 s', () => {
    const schedule = of([ramp(20, 10_000)]);
    expect(schedule.intendedStartMs(0)).toBe(0);
    expect(schedule.intendedStartMs(1)).toBeCloseTo(1000, 9);
    expect(schedule.intendedStartMs(2)).toBeCloseTo(1414.2136, 3);
    expect(schedule.intendedStartMs(3)).toBeCloseTo(1732.0508, 3);
    expect(schedule.intendedStartMs(25)).toBeCloseTo(5000, 9);
  });

  it('waits through a pause: what falls on its start comes after it', () => {
    const schedule = of([hold(10, 1000), hold(0, 5000), hold(10, 1000)]);
    expect(schedule.totalCalls).toBe(20);
    expect(schedule.intendedStartMs(9)).toBe(900);
    expect(schedule.intendedStartMs(10)).toBe(6000);
    expect(schedule.dueBy(5999)).toBe(10);
    expect(schedule.dueBy(6000)).toBe(11);
  });

  it('is null for what is never due', () => {
    const schedule = of([hold(10, 1000)]);
    for (const n of [10, 11, -1, 0.5, Number.NaN]) expect(schedule.intendedStartMs(n)).toBeNull();
  });
});

describe('dueBy', () => {
  it('counts call 0 at once and nothing before the start', () => {
    const schedule = of([hold(10, 10_000)]);
    const table: [number, number][] = [
      [-1, 0],
      [Number.NaN, 0],
      [0, 1],
      [99.999, 1],
      [100, 2],
      [9899, 99],
      [9900, 100],
      [10_000, 100],
      [1e9, 100],
    ];
    for (const [elapsedMs, due] of table) expect([elapsedMs, schedule.dueBy(elapsedMs)]).toEqual([elapsedMs, due]);
  });
});

describe('rateAt and stageAt', () => {
  const schedule = of([ramp(20, 5000), hold(20, 10_000), ramp(10, 5000)]);
  it.each([
    [-1, 0, 0],
    [0, 0, 0],
    [2500, 10, 0],
    [5000, 20, 1],
    [15_000, 20, 2],
    [17_500, 15, 2],
    [20_000, 0, 2],
  ])('at %d ms: %d calls/s in stage %d', (elapsedMs, rate, stage) => {
    expect(schedule.rateAt(elapsedMs)).toBeCloseTo(rate, 9);
    expect(schedule.stageAt(elapsedMs)).toBe(stage);
  });

  it('knows the highest rate that is reached', () => {
    expect(schedule.peakRate).toBe(20);
    expect(of([ramp(20, 10_000)], 5).peakRate).toBeCloseTo(4, 9); // 4 s: call 4 starts at t = 2 s, rate 2·t
    expect(of([hold(1, 10_000), hold(50, 1000)], 5).peakRate).toBe(1);
  });
});

describe('peakActive', () => {
  it.each<[string, ScheduleStage[], number | null, [number, number]]>([
    ['rate × life', [hold(5, 60_000)], null, [8000, 40]],
    ['no more than are placed', [hold(5, 2000)], null, [60_000, 10]],
    ['no more than calls', [hold(5, null)], 12, [60_000, 12]],
    ['ramp then hold', [ramp(5, 4000), hold(5, 20_000)], null, [8000, 40]],
    ['without end', [hold(5, null)], null, [8000, 40]],
    ['a life of 0', [hold(5, 1000)], null, [0, 1]],
    ['calls that never end', [hold(5, 1000)], null, [Number.POSITIVE_INFINITY, 5]],
    // Most are alive where r(t) = r(t − 10 s), 5 s after the top: 2 · ∫(t = 5…10 s) 2t dt = 150.
    ['a triangle, between its breaks', [ramp(20, 10_000), ramp(0, 10_000)], null, [10_000, 150]],
  ])('%s', (_name, stages, calls, [lastingMs, expected]) => {
    expect(of(stages, calls).peakActive(lastingMs)).toBe(expected);
  });
});

describe('refusals', () => {
  it.each<[string, ScheduleStage[]]>([
    ['no stage', []],
    ['an end-less stage before the last', [hold(1, null), hold(1, 1000)]],
    ['a ramp without end', [{ kind: 'ramp', rate: 1, durationMs: null }]],
    ['a negative rate', [hold(-1, 1000)]],
    ['NaN', [hold(Number.NaN, 1000)]],
    ['a negative duration', [hold(1, -1)]],
  ])('%s', (_name, stages) => {
    expect(() => of(stages)).toThrow(RangeError);
  });
});
