import { describe, expect, test } from 'vitest';
import type { Impairment } from '../../../src/lib/impairment.js';
import { StreamFate } from '../../../src/net/stream-fate.js';

const NONE: Impairment = {
  lossRatio: 0,
  burstPackets: null,
  delayMs: 0,
  jitterMs: 0,
  duplicateRatio: 0,
  reorderRatio: 0,
};
const PACKETS = 100_000;

interface Fate {
  readonly lost: boolean;
  readonly duplicated: boolean;
  readonly held: boolean;
  readonly delayMs: number;
}

function fatesOf(impairment: Partial<Impairment>, options: { seed?: number; widthMs?: number } = {}): Fate[] {
  const fate = new StreamFate({ ...NONE, ...impairment }, options.widthMs ?? 0, options.seed ?? 1);
  let follows = false;
  return Array.from({ length: PACKETS }, () => {
    fate.next(follows);
    follows = fate.isHeldBack || (fate.isLost && follows);
    return { lost: fate.isLost, duplicated: fate.isDuplicated, held: fate.isHeldBack, delayMs: fate.delayMs };
  });
}

function share(fates: readonly Fate[], is: (fate: Fate) => boolean): number {
  return fates.filter(is).length / fates.length;
}

/** Which packets a loss of 10 % takes, beside something else. */
function lost(beside: Partial<Impairment>, widthMs: number): boolean[] {
  return fatesOf({ lossRatio: 0.1, ...beside }, { widthMs }).map((fate) => fate.lost);
}

/** Lengths of the runs of lost packets. */
function runsOf(fates: readonly Fate[]): number[] {
  const runs = fates.map(({ lost }) => (lost ? 'x' : ' ')).join('');
  return runs
    .split(/ +/)
    .map(({ length }) => length)
    .filter((length) => length > 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('loss', () => {
  test('is the share that was asked for, each packet on its own', () => {
    const fates = fatesOf({ lossRatio: 0.1 });
    expect(share(fates, ({ lost }) => lost)).toBeCloseTo(0.1, 2);
    expect(mean(runsOf(fates))).toBeCloseTo(1 / 0.9, 1); // geometric
  });

  test('comes in bursts of the mean length that was asked for, and is the same share', () => {
    const fates = fatesOf({ lossRatio: 0.05, burstPackets: 4 });
    expect(share(fates, ({ lost }) => lost)).toBeGreaterThan(0.046);
    expect(share(fates, ({ lost }) => lost)).toBeLessThan(0.054);
    expect(mean(runsOf(fates))).toBeGreaterThan(3.8);
    expect(mean(runsOf(fates))).toBeLessThan(4.2);
  });

  test('of everything is everything', () => {
    expect(share(fatesOf({ lossRatio: 1 }), ({ lost }) => lost)).toBe(1);
  });
});

test('a lost packet has no other fate', () => {
  const losses = fatesOf({ lossRatio: 0.5, duplicateRatio: 0.5, reorderRatio: 0.5 }).filter((fate) => fate.lost);
  expect(losses.some(({ duplicated, held }) => duplicated || held)).toBe(false);
});

test('reordering is the share of all packets, though followers are never held back', () => {
  const fates = fatesOf({ reorderRatio: 0.2 });
  expect(share(fates, ({ held }) => held)).toBeCloseTo(0.2, 2);
  expect(fates.some(({ held }, i) => held && fates[i + 1]?.held === true)).toBe(false);
});

test('half of the packets reordered: every other one', () => {
  expect(share(fatesOf({ reorderRatio: 0.5 }), ({ held }) => held)).toBe(0.5);
});

test('duplicates', () => {
  expect(share(fatesOf({ duplicateRatio: 0.03 }), ({ duplicated }) => duplicated)).toBeCloseTo(0.03, 2);
});

test('delays are spread evenly over the width, on top of the fixed one', () => {
  const delays = fatesOf({ delayMs: 50 }, { widthMs: 30 }).map(({ delayMs }) => delayMs);
  expect(Math.min(...delays.slice(0, 1000))).toBeGreaterThanOrEqual(50);
  expect(Math.max(...delays.slice(0, 1000))).toBeLessThan(80);
  expect(mean(delays)).toBeCloseTo(65, 0);
});

describe('the seed', () => {
  test('gives the same fate again, and another seed another', () => {
    const impairment = { lossRatio: 0.3, duplicateRatio: 0.3, reorderRatio: 0.3 };
    const fates = fatesOf(impairment, { seed: 5, widthMs: 9 });
    expect(fatesOf(impairment, { seed: 5, widthMs: 9 })).toEqual(fates);
    expect(fatesOf(impairment, { seed: 6, widthMs: 9 })).not.toEqual(fates);
  });

  test('loses the same packets with and without jitter, duplicates and reordering', () => {
    expect(lost({ duplicateRatio: 0.5, reorderRatio: 0.5 }, 40)).toEqual(lost({}, 0));
  });
});
