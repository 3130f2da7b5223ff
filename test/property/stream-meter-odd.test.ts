/** Streams with events, comfort noise, holds and bursts: sums hold, nothing is made up, wrap changes nothing. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamMeter } from '../../src/quality/stream-meter.js';
import { play, rearrived, stream, type Packet } from '../unit/quality/meter-bench.js';

const phase = fc.integer({ min: 3, max: 17 });

describe('StreamMeter', () => {
  it('jitter, loss and scores are the same wherever sequence and timestamp wrap', () => {
    const start = fc.record({ sequence: fc.nat(0xffff), timestamp: fc.integer({ min: 0, max: 0xffff_ffff }) });
    const delays = fc.array(fc.nat(50), { minLength: 300, maxLength: 300 });
    const lost = fc.uniqueArray(fc.integer({ min: 1, max: 298 }), { maxLength: 60 });
    fc.assert(
      fc.property(start, delays, lost, (first, delays, lost) => {
        const received = (from: typeof first): Packet[] =>
          rearrived(stream(300, 5, from), ({ arrivalMs }, i) => arrivalMs + (delays[i] ?? 0))
            .filter((_, i) => !lost.includes(i))
            .toSorted((a, b) => a.arrivalMs - b.arrivalMs);
        const plain = play(received({ sequence: 0, timestamp: 0 }), { endedMs: 6100 });
        const wrapped = play(received(first), { endedMs: 6100 });
        expect(wrapped.meter.totals).toEqual(plain.meter.totals);
        expect(wrapped.seconds).toEqual(plain.seconds);
      }),
      { numRuns: 50 },
    );
  });

  it('every bad packet is in a run, and bursts hold no more than all', () => {
    const run = fc.record({
      from: fc.oneof(fc.integer({ min: 1, max: 560 }), fc.constantFrom(45, 95, 245)),
      length: fc.nat(30),
    });
    fc.assert(
      fc.property(phase, fc.array(run, { maxLength: 20 }), (phase, lostRuns) => {
        const gone = new Set(lostRuns.flatMap(({ from, length }) => Array.from({ length }, (_, i) => from + i)));
        const lost = [...gone];
        const packets = stream(600, phase).filter((_, i) => !gone.has(i));
        const { meter, seconds } = play(packets, { endedMs: 12_050 });
        const runs = lost.filter((i) => !gone.has(i - 1)).length;
        expect(meter.totals.badRuns).toBe(runs);
        const meanRun = gone.size / Math.max(1, runs);
        expect(meter.totals.burstR).toBeCloseTo(gone.size === 0 ? 1 : Math.max(1, meanRun * (1 - gone.size / 600)), 9);
        for (const { second, badRuns, beginsInBadRun } of seconds) {
          const inSecond = lost.filter((i) => Math.floor(i / 50) === second);
          expect(badRuns).toBe(inSecond.filter((i) => !gone.has(i - 1)).length);
          expect(beginsInBadRun).toBe(gone.has(second * 50) && gone.has(second * 50 - 1) ? 1 : 0);
        }
      }),
    );
  });

  it('events and comfort noise among the audio are neither lost nor jitter', () => {
    const stretch = fc.record({
      kind: fc.constantFrom('event' as const, 'noise' as const),
      packets: fc.integer({ min: 1, max: 30 }),
      silentSlots: fc.nat(200),
      audio: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(phase, fc.array(stretch, { minLength: 1, maxLength: 6 }), (phase, stretches) => {
        const packets: Packet[] = stream(60, phase);
        let sequence = 60;
        let slot = 60;
        for (const { kind, packets: count, silentSlots, audio } of stretches) {
          const timestamp = slot * 160;
          for (let i = 0; i < count; i++, sequence++, slot++) {
            packets.push({ kind, sequence, timestamp, arrivalMs: phase + slot * 20 });
          }
          slot += kind === 'noise' ? silentSlots : 0;
          packets.push(...stream(audio, phase + slot * 20, { sequence, timestamp: slot * 160 }));
          sequence += audio;
          slot += audio;
        }
        const { totals } = play(packets, { endedMs: phase + slot * 20 + 20 }).meter;
        expect(totals).toMatchObject({ expected: sequence, received: sequence, lost: 0, discarded: 0, jitterMaxMs: 0 });
      }),
    );
  });

  it('keeps its sums with anything at all, and no figure is NaN that must be known', () => {
    const hostile = fc.record({
      sequence: fc.oneof(fc.nat(0xffff), fc.nat(20)),
      timestamp: fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.nat(10_000)),
      waitMs: fc.oneof({ weight: 20, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(7000) }),
      kind: fc.constantFrom(undefined, undefined, undefined, 'event' as const, 'noise' as const),
      event: fc.oneof(
        { weight: 20, arbitrary: fc.constant('') },
        { weight: 1, arbitrary: fc.constantFrom('restart', 'void', 'pause', 'resume') },
      ),
    });
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 400 }), (list) => {
        let arrivalMs = 0;
        const packets: Packet[] = [];
        const events: { atMs: number; run: (meter: StreamMeter) => void }[] = [];
        for (const { sequence, timestamp, waitMs, kind, event } of list) {
          arrivalMs += waitMs;
          const atMs = arrivalMs;
          packets.push({ sequence, timestamp, arrivalMs, ...(kind === undefined ? {} : { kind }) });
          const second = Math.floor(atMs / 1000);
          if (event === 'restart') events.push({ atMs, run: (meter) => meter.restart() });
          if (event === 'void') events.push({ atMs: (second + 1) * 1000, run: (meter) => meter.voidJitter(second) });
          if (event === 'pause') events.push({ atMs, run: (meter) => meter.pause(atMs) });
          if (event === 'resume') events.push({ atMs, run: (meter) => meter.resume(atMs) });
        }
        const { meter, seconds } = play(packets, { endedMs: arrivalMs + 500, events });
        for (const row of seconds) {
          const { expected, received, lost, discarded, rFactor, mosLq, burstR } = row;
          expect(expected).toBe(received + lost);
          expect(Math.min(lost, discarded, received - discarded)).toBeGreaterThanOrEqual(0);
          expect(Number.isNaN(rFactor)).toBe(Number.isNaN(mosLq));
          expect(rFactor < 0 || rFactor > 93.3 || mosLq < 1 || mosLq > 4.5 || burstR < 1).toBe(false);
        }
        const { totals } = meter;
        expect(totals.received).toBeLessThanOrEqual(packets.length);
        const { mosLq, burstR, burstDensity, gapDensity } = totals;
        const isKnown = totals.expected > 0;
        expect(mosLq >= 1 && mosLq <= 4.5 && burstR >= 1).toBe(isKnown);
        expect(burstDensity >= 0 && burstDensity <= 1 && gapDensity >= 0 && gapDensity <= 1).toBe(isKnown);
      }),
      { numRuns: 300 },
    );
  });
});
