import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamMeter } from '../../src/quality/stream-meter.js';
import { METER_OPTIONS, play, rearrived, stream, sum, type Packet } from '../unit/quality/meter-bench.js';

const COUNT = 600;

/** A phase that keeps every due time 3 ms or more away from the edges of seconds. */
const phase = fc.integer({ min: 3, max: 17 });
const start = fc.record({ sequence: fc.nat(0xffff), timestamp: fc.integer({ min: 0, max: 0xffff_ffff }) });

const byArrival = (packets: readonly Packet[]): Packet[] => packets.toSorted((a, b) => a.arrivalMs - b.arrivalMs);

/** Sums hold for every row and for the totals. */
function expectBalanced({ meter, seconds }: ReturnType<typeof play>, given: number): void {
  for (const { expected, received, lost, discarded } of seconds) {
    expect(expected).toBe(received + lost);
    expect(discarded).toBeLessThanOrEqual(received);
    expect(Math.min(expected, received, lost, discarded)).toBeGreaterThanOrEqual(0);
  }
  const { totals } = meter;
  expect(totals.received).toBeLessThanOrEqual(given);
  for (const key of ['expected', 'received', 'lost', 'discarded'] as const) {
    expect(totals[key]).toBe(sum(seconds, (second) => second[key]));
  }
}

describe('StreamMeter', () => {
  it('loss injected is loss counted, each packet in the second in which it was due', () => {
    const lost = fc.uniqueArray(fc.integer({ min: 1, max: COUNT - 2 }), { maxLength: 400 });
    fc.assert(
      fc.property(phase, start, lost, (phase, first, lost) => {
        const gone = new Set(lost);
        const sent = stream(COUNT, phase, first);
        const run = play(
          sent.filter((_, i) => !gone.has(i)),
          { endedMs: 12_050 },
        );
        expectBalanced(run, COUNT - gone.size);
        const perSecond = Array.from({ length: 12 }, (_, s) => lost.filter((i) => Math.floor(i / 50) === s).length);
        expect(run.seconds.map((second) => second.lost)).toEqual(perSecond);
        expect(run.seconds.map((second) => second.expected)).toEqual(perSecond.map(() => 50));
      }),
    );
  });

  it('delay, reordering and duplicates lose nothing and make nothing up', () => {
    const jitter = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: COUNT, maxLength: COUNT });
    const copies = fc.array(fc.tuple(fc.nat(COUNT - 1), fc.nat(300)), { maxLength: 100 });
    fc.assert(
      fc.property(phase, start, jitter, copies, (phase, first, jitter, copies) => {
        // The first packet is on time: with it the stream begins.
        const sent = rearrived(stream(COUNT, phase, first), (p, i) => p.arrivalMs + (i && (jitter[i] ?? 0)));
        const again = copies.flatMap(([i, delayMs]) => {
          const packet = sent[i];
          return packet === undefined ? [] : [{ ...packet, arrivalMs: packet.arrivalMs + delayMs }];
        });
        const run = play(byArrival([...sent, ...again]), { endedMs: 13_500, expectsAudio: false });
        expectBalanced(run, COUNT);
        const { expected, received, lost, duplicate } = run.meter.totals;
        expect({ expected, received, lost }).toEqual({ expected: COUNT, received: COUNT, lost: 0 });
        expect(duplicate).toBe(again.length);
      }),
      { numRuns: 50 },
    );
  });

  it('books each time slot of a call once, whatever stretches are lost, paused or restarted', () => {
    const stretch = fc.record({
      kind: fc.constantFrom('lost' as const, 'paused' as const, 'restarted' as const),
      // A pause shorter than a second is a skip, which is no loss; a restart shows no loss of its own either.
      slots: fc.integer({ min: 60, max: 260 }),
      after: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(phase, start, fc.array(stretch, { minLength: 1, maxLength: 5 }), (phase, first, stretches) => {
        const packets = stream(60, phase, first);
        const events: { atMs: number; run: (meter: StreamMeter) => void }[] = [];
        let { sequence, timestamp } = { sequence: first.sequence + 60, timestamp: first.timestamp + 60 * 160 };
        let slot = 60;
        let missing = 0;
        for (const { kind, slots, after } of stretches) {
          slot += slots;
          missing += slots;
          sequence += kind === 'lost' ? slots : kind === 'restarted' ? 12_345 : 0;
          timestamp += kind === 'restarted' ? 2_000_000_000 : slots * 160;
          const atMs = phase + slot * 20;
          if (kind === 'restarted') events.push({ atMs, run: (meter) => meter.restart() });
          packets.push(...stream(after, atMs, { sequence, timestamp }));
          sequence += after;
          timestamp += after * 160;
          slot += after;
        }
        const run = play(packets, { endedMs: phase + slot * 20 + 20, events });
        expectBalanced(run, packets.length);
        expect(run.meter.totals).toMatchObject({
          expected: slot,
          received: packets.length,
          lost: missing,
          discarded: 0,
        });
      }),
    );
  });

  it('keeps its sums with arbitrary sequence numbers, timestamps, arrivals and clock steps', () => {
    const hostile = fc.record({
      sequence: fc.oneof(fc.nat(0xffff), fc.nat(20)),
      timestamp: fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.nat(10_000)),
      waitMs: fc.oneof({ weight: 20, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(7000) }),
      event: fc.oneof(
        { weight: 30, arbitrary: fc.constant('') },
        { weight: 1, arbitrary: fc.constantFrom('restart', 'void') },
      ),
    });
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 500 }), fc.boolean(), (list, expectsAudio) => {
        let arrivalMs = 0;
        const packets: Packet[] = [];
        const events: { atMs: number; run: (meter: StreamMeter) => void }[] = [];
        for (const { sequence, timestamp, waitMs, event } of list) {
          arrivalMs += waitMs;
          packets.push({ sequence, timestamp, arrivalMs });
          const second = Math.floor(arrivalMs / 1000);
          if (event === 'restart') events.push({ atMs: arrivalMs, run: (meter) => meter.restart() });
          if (event === 'void') events.push({ atMs: (second + 1) * 1000, run: (meter) => meter.voidJitter(second) });
        }
        const run = play(packets, { endedMs: arrivalMs + 500, expectsAudio, events });
        expectBalanced(run, packets.length);
        for (const { expected, rFactor, jitterMs } of run.seconds) {
          expect(Number.isSafeInteger(expected)).toBe(true);
          expect(rFactor > 93.3 || jitterMs < 0).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('jumps of 2,999 in every packet neither throw nor take long', () => {
    const meter = new StreamMeter(METER_OPTIONS);
    meter.begin(0);
    for (let i = 0; i < 5000; i++) {
      meter.onPacket((i * 2999) & 0xffff, (i * 2999 * 160) >>> 0, i * 20);
      if (i % 50 === 0) meter.closeSecond(i / 50 - 3);
    }
    for (let second = 96; second < 100; second++) meter.closeSecond(second);
    // No two are in a row; one a minute is believed, when time can hold its gap. The slots of 100 s are all that is lost.
    expect(meter.totals.received).toBeGreaterThanOrEqual(1);
    expect(meter.totals.received + meter.totals.lost).toBe(meter.totals.expected);
    expect(meter.totals.expected).toBeLessThanOrEqual(100 * 50 + 50);
  });

  it('jumps of any width book no more loss than time allows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2999 }), fc.integer({ min: 0, max: 2 }), (jump, between) => {
        const packets: Packet[] = [];
        for (let i = 0, sequence = 0; i < COUNT; i++) {
          sequence += i % (between + 1) === 0 ? jump : 1;
          packets.push({ sequence: sequence & 0xffff, timestamp: (sequence * 160) >>> 0, arrivalMs: 10 + i * 20 });
        }
        const run = play(packets, { endedMs: 10 + COUNT * 20 });
        expectBalanced(run, COUNT);
        expect(run.meter.totals.lost).toBeLessThanOrEqual(2 * (COUNT + 50)); // the gaps, and the silence of what is not believed
      }),
    );
  });

  it('works at 10 and at 60 ms', () => {
    fc.assert(
      fc.property(fc.constantFrom(10, 30, 60), fc.uniqueArray(fc.integer({ min: 1, max: 198 })), (ptimeMs, lost) => {
        const packets = Array.from({ length: 200 }, (_, i) => ({
          sequence: i,
          timestamp: i * ptimeMs * 8,
          arrivalMs: 4 + i * ptimeMs,
        })).filter(({ sequence }) => !lost.includes(sequence));
        const run = play(packets, { endedMs: 4 + 200 * ptimeMs, options: { ptimeMs } });
        expectBalanced(run, packets.length);
        expect(run.meter.totals).toMatchObject({ expected: 200, lost: lost.length });
      }),
    );
  });
});
