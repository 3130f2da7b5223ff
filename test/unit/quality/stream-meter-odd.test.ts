/** Streams that are more than audio: telephone events, comfort noise, holds, bursts, several sources. */
import { describe, expect, it } from 'vitest';
import { bookOf, play, rearrived, rFactorOf, stream, type Packet } from './meter-bench.js';

const AUDIO_CLEAN = { lost: 0, discarded: 0, jitterMaxMs: 0 };

/** Auxiliary packets one `stepMs` apart: the timestamp stays that of the first. */
function auxiliary(kind: Packet['kind'], first: Packet, count: number, stepMs = 20): Packet[] {
  return Array.from({ length: count }, (_, i) => ({
    sequence: (first.sequence + i) & 0xffff,
    timestamp: first.timestamp,
    arrivalMs: first.arrivalMs + i * stepMs,
    ...(kind === undefined ? {} : { kind }),
  }));
}

/** 2 s of audio, ten packets of an event in the place of audio, and audio again. */
function withEvent(kind: 'event' | undefined): Packet[] {
  return [
    ...stream(100, 10),
    ...auxiliary(kind, { sequence: 100, timestamp: 100 * 160, arrivalMs: 2010 }, 10),
    ...stream(190, 2210, { sequence: 110, timestamp: 110 * 160 }),
  ];
}

describe('a telephone event', () => {
  it('takes its sequence numbers and leaves jitter and buffer alone', () => {
    const { totals } = play(withEvent('event'), { endedMs: 6010 }).meter;
    expect(totals).toMatchObject({ expected: 300, received: 300, ...AUDIO_CLEAN });
  });

  it('would be jitter were it taken for audio, and loss were it left out', () => {
    const asAudio = play(withEvent(undefined), { endedMs: 6010 }).meter.totals;
    expect(asAudio.jitterMaxMs).toBeGreaterThan(5);
    const leftOut = withEvent('event').filter((packet) => packet.kind === undefined);
    expect(play(leftOut, { endedMs: 6010 }).meter.totals.lost).toBe(10);
  });

  it('of 5 s at 50 ms a packet, its end sent three times at once, beside the audio that goes on after it', () => {
    const event = auxiliary('event', { sequence: 100, timestamp: 16_000, arrivalMs: 2010 }, 100, 50);
    const end = auxiliary('event', { sequence: 200, timestamp: 16_000, arrivalMs: 7009 }, 3, 0);
    const after = stream(100, 7010, { sequence: 203, timestamp: 16_000 + 40_000 });
    const { totals } = play([...stream(100, 10), ...event, ...end, ...after], { endedMs: 9010 }).meter;
    expect(totals).toMatchObject({ expected: 303, received: 303, ...AUDIO_CLEAN });
  });

  it('whose packet is lost counts as loss, once, in its second', () => {
    const packets = withEvent('event').filter(({ sequence }) => sequence !== 105);
    const { seconds } = play(packets, { endedMs: 6010 });
    expect(seconds.map(({ lost }) => lost)).toEqual([0, 0, 1, 0, 0, 0]);
  });

  it('that comes twice is a duplicate, and one that was overtaken is reordered', () => {
    const packets = withEvent('event');
    const swapped = packets.map((packet, i) =>
      i === 103 ? { ...packet, sequence: 104 } : i === 104 ? { ...packet, sequence: 103 } : packet,
    );
    const twice = [...swapped, { ...packets[105]!, arrivalMs: 2131 }].toSorted((a, b) => a.arrivalMs - b.arrivalMs);
    const { totals } = play(twice, { endedMs: 6010 }).meter;
    expect(totals).toMatchObject({ expected: 300, received: 300, duplicate: 1, reordered: 1, ...AUDIO_CLEAN });
  });

  it('may begin a stream, and may stand at the wrap of the sequence', () => {
    const event = auxiliary('event', { sequence: 65_530, timestamp: 99, arrivalMs: 10 }, 10);
    const audio = stream(140, 210, { sequence: 65_540 & 0xffff, timestamp: 1699 });
    const { totals } = play([...event, ...audio], { endedMs: 3010 }).meter;
    expect(totals).toMatchObject({ expected: 150, received: 150, firstPacketDelayMs: 10, ...AUDIO_CLEAN });
  });

  it('that begins a second stream is due when it comes, whatever the first one had', () => {
    const event = auxiliary('event', { sequence: 7000, timestamp: 0, arrivalMs: 5010 }, 50);
    const { seconds } = play([...stream(250, 10), ...event], {
      endedMs: 6010,
      events: [{ atMs: 5010, run: (meter) => meter.restart() }],
    });
    expect(seconds.map(({ received }) => received)).toEqual([50, 50, 50, 50, 50, 50]);
  });

  it('that begins a stream is due when it comes', () => {
    const event = auxiliary('event', { sequence: 0, timestamp: 0, arrivalMs: 3510 }, 50);
    const audio = stream(50, 4510, { sequence: 50, timestamp: 8000 });
    const { seconds } = play([...event, ...audio], { beganMs: 3400, endedMs: 5510 });
    expect(bookOf(seconds)).toEqual([
      [3, 25, 25, 0],
      [4, 50, 50, 0],
      [5, 25, 25, 0],
    ]);
  });

  it('parts the audio before from the audio after: no jitter of their distance', () => {
    const packets = rearrived(withEvent('event'), ({ arrivalMs }, i) => arrivalMs + (i >= 110 ? 40 : 0));
    expect(play(packets, { endedMs: 6050 }).meter.totals).toMatchObject({ received: 300, ...AUDIO_CLEAN });
  });

  it('does not hide the jitter of the audio around it', () => {
    const packets = rearrived(withEvent('event'), (packet, i) => packet.arrivalMs + (i % 2) * 10);
    const { seconds } = play(packets, { endedMs: 6020 });
    expect(seconds[4]?.jitterMs).toBeCloseTo(10, 1);
  });
});

/** 2 s of audio, comfort noise every `stepMs` for 5 s, 2 s of audio; timestamps as a sender with silence suppression sets them. */
function withNoise(count: number, stepMs: number, kind: 'noise' | 'event' = 'noise'): Packet[] {
  const noise = auxiliary(kind, { sequence: 100, timestamp: 0, arrivalMs: 2010 }, count, stepMs);
  const after = stream(100, 7010, { sequence: 100 + count, timestamp: 350 * 160 });
  return [...stream(100, 10), ...noise, ...after];
}

describe('comfort noise', () => {
  it('begins a silence that is no loss, until the next audio packet', () => {
    const { meter, seconds } = play(withNoise(2, 2000), { endedMs: 9010 });
    expect(meter.totals).toMatchObject({ expected: 202, received: 202, ...AUDIO_CLEAN });
    expect(meter.totals.longestSilenceMs).toBeLessThanOrEqual(20);
    expect(bookOf(seconds)).toEqual([
      [0, 50, 50, 0],
      [1, 50, 50, 0],
      [2, 1, 1, 0],
      [4, 1, 1, 0],
      [7, 50, 50, 0],
      [8, 50, 50, 0],
    ]);
  });

  it('without suppression the same silence is loss', () => {
    const { meter } = play(withNoise(2, 2000, 'event'), { endedMs: 9010 });
    expect(meter.totals.lost).toBeGreaterThan(240);
    expect(meter.totals.longestSilenceMs).toBe(3000);
  });

  it('a sequence number that is missing in the silence is still a loss', () => {
    const packets = withNoise(3, 1500).filter(({ sequence }) => sequence !== 101);
    expect(play(packets, { endedMs: 9010 }).meter.totals).toMatchObject({ expected: 203, received: 202, lost: 1 });
  });

  it('until the end of the call, or a new source: no loss', () => {
    const packets = withNoise(1, 0).slice(0, 101);
    const ended = play(packets, { endedMs: 9010 }).meter.totals;
    expect(ended).toMatchObject({ expected: 101, received: 101, lost: 0, longestSilenceMs: 20 });
    const other = stream(100, 7010, { sequence: 9, timestamp: 9 });
    const run = play([...packets, ...other], { endedMs: 9010, events: [{ atMs: 7010, run: (m) => m.restart() }] });
    expect(run.meter.totals).toMatchObject({ expected: 201, received: 201, lost: 0, longestSilenceMs: 20, streams: 2 });
  });

  it('after which audio came: a stream that stops then is lost again', () => {
    const { meter } = play(withNoise(1, 0), { endedMs: 12_010 }); // the last audio at 8.99 s
    expect(meter.totals).toMatchObject({ received: 201, lost: 140, longestSilenceMs: 3020 }); // 9.01 to 11.79 s
  });
});

type Meter = ReturnType<typeof play>['meter'];

const hold = (fromMs: number, untilMs: number) => [
  { atMs: fromMs, run: (meter: Meter) => meter.pause(fromMs) },
  { atMs: untilMs, run: (meter: Meter) => meter.resume(untilMs) },
];

describe('a hold', () => {
  const before = stream(250, 10); // until 4.99 s

  it.each([
    ['goes on where it was', 250, 250 * 160],
    ['has advanced', 250, 750 * 160],
    ['is set anew', 250, 1_234_567_890],
  ])('nothing is lost in it; the timestamp %s', (_, sequence, timestamp) => {
    const after = stream(150, 15_050, { sequence, timestamp });
    const { meter, seconds } = play([...before, ...after], { endedMs: 18_050, events: hold(5020, 15_000) });
    expect(meter.totals).toMatchObject({ expected: 400, received: 400, ...AUDIO_CLEAN });
    expect(meter.totals.longestSilenceMs).toBeLessThanOrEqual(50);
    expect(seconds.map(({ second }) => second)).toEqual([0, 1, 2, 3, 4, 15, 16, 17, 18]);
  });

  it('with another source after it', () => {
    const after = stream(150, 15_050, { sequence: 9, timestamp: 9 });
    const events = [...hold(5020, 15_000), { atMs: 15_050, run: (m: Meter) => m.restart() }];
    const { meter } = play([...before, ...after], { endedMs: 18_050, events });
    expect(meter.totals).toMatchObject({ expected: 400, received: 400, streams: 2, ...AUDIO_CLEAN });
  });

  it('music in it is not booked', () => {
    const { meter } = play(stream(900, 10), { endedMs: 18_010, events: hold(5020, 15_000) });
    expect(meter.totals).toMatchObject({ expected: 900 - 499, received: 900 - 499, ...AUDIO_CLEAN }); // due 5.03 to 14.99 s
  });

  it('silence before it is lost, and so is silence after it when it lasts', () => {
    const stopped = play(before, { endedMs: 18_010, events: hold(7010, 15_000) });
    // 5.01 to 6.79 s before (the last 200 ms are excused), 15.00 to 17.80 s after.
    expect(stopped.meter.totals).toMatchObject({ received: 250, lost: 90 + 141 });
  });

  it('a call that ends soon after it lost nothing that we know', () => {
    const { meter } = play(before, { endedMs: 15_500, events: hold(5020, 15_000) });
    expect(meter.totals).toMatchObject({ expected: 250, lost: 0 });
  });

  it('a call that ends in it lost nothing', () => {
    const events = hold(5020, 99_999).slice(0, 1);
    const { meter } = play(before, { endedMs: 12_010, events });
    expect(meter.totals).toMatchObject({ expected: 250, lost: 0, longestSilenceMs: 30 });
  });

  it('before the first packet: only the seconds outside of it', () => {
    const { seconds } = play([], { endedMs: 8000, events: hold(2500, 5500) });
    expect(bookOf(seconds)).toEqual([
      [0, 50, 0, 50],
      [1, 50, 0, 50],
      [6, 50, 0, 50],
      [7, 50, 0, 50],
    ]);
  });

  it('is begun and ended once, however often it is told', () => {
    const again = [hold(5020, 15_000), hold(6000, 16_000)].flat();
    const after = stream(100, 15_020, { sequence: 250, timestamp: 0 });
    const { meter } = play([...before, ...after], { endedMs: 17_020, events: again });
    expect(meter.totals).toMatchObject({ expected: 350, received: 350, lost: 0 });
  });

  it('old loss does not come back into the score after it', () => {
    const lossy = before.filter(({ sequence }) => sequence < 200 || sequence % 5 > 0);
    const after = stream(150, 15_010, { sequence: 250, timestamp: 250 * 160 });
    const { seconds } = play([...lossy, ...after], { endedMs: 18_010, events: hold(5020, 15_000) });
    expect(seconds.find(({ second }) => second === 15)?.rFactor).toBeNaN();
    expect(seconds.find(({ second }) => second === 16)?.rFactor).toBe(rFactorOf(0));
  });
});

describe('loss in bursts', () => {
  const CLEAN = 93.20620772327571;

  it('scores by the burst ratio of the window, of the call in the totals, and recovers', () => {
    const packets = stream(600, 10).filter(({ sequence }) => sequence < 145 || sequence > 154); // due 2.91 to 3.09 s
    const { meter, seconds } = play(packets, { endedMs: 12_010 });
    expect(seconds.map(({ lost }) => lost).slice(2, 4)).toEqual([5, 5]);
    // One run of 10 in 250: 10 · 0.96.
    expect(seconds[5]).toMatchObject({ badRatio: 0.04, burstR: 9.6 });
    expect(seconds[5]?.rFactor).toBeCloseTo(CLEAN - (95 * 4) / (4 / 9.6 + 25.1), 9);
    // The window cuts the run: 5 in 250 are left.
    expect(seconds[7]).toMatchObject({ badRatio: 0.02, burstR: 4.9 });
    // What is left of a run is a run beside others: 7 in two runs of 250.
    const other = play(
      packets.filter(({ sequence }) => sequence !== 200 && sequence !== 201),
      { endedMs: 12_010 },
    );
    expect(other.seconds[7]?.burstR).toBeCloseTo(3.402, 9);
    expect(seconds[8]).toMatchObject({ badRatio: 0, burstR: 1 });
    expect(seconds[8]?.rFactor).toBeCloseTo(CLEAN, 9);
    const ppl = 1000 / 600;
    expect(meter.totals.burstR).toBeCloseTo(10 * (1 - 1 / 60), 9);
    expect(meter.totals.rFactor).toBeCloseTo(CLEAN - (95 * ppl) / (ppl / meter.totals.burstR + 25.1), 9);
    expect(meter.totals).toMatchObject({ bursts: 1, burstDensity: 1, burstMs: 200, gapDensity: 0, gapMs: 5900 });
  });

  it('and silence is such a burst', () => {
    const after = stream(200, 6010, { sequence: 200, timestamp: 300 * 160 });
    const { totals } = play([...stream(200, 10), ...after], { endedMs: 10_010 }).meter; // 4.01 to 5.99 s are missing
    expect(totals).toMatchObject({ lost: 100, bursts: 1, burstMs: 2000, gapMs: 4000 });
    expect(totals.burstR).toBeCloseTo(80, 9); // 100 · (1 − 100/500)
  });

  it('a score without concealment is known of G.711', () => {
    const packets = stream(300, 10).filter(({ sequence }) => sequence % 50 !== 25);
    const { totals } = play(packets, { endedMs: 6010 }).meter;
    expect(totals.mosLq).toBeCloseTo(4.235, 3);
    expect(totals.mosLqNoPlc).toBeCloseTo(3.256, 3);
  });

  it('a call that is lost whole is MOS 1', () => {
    const { totals } = play([], { endedMs: 5000 }).meter;
    expect(totals).toMatchObject({ rFactor: 0, mosLq: 1, mosLqNoPlc: 1, burstDensity: 1, streams: 0 });
    expect(totals.firstPacketDelayMs).toBeNaN();
  });
});

describe('the beginning of a stream', () => {
  it('is measured from the answer', () => {
    const late = play(stream(50, 1730), { beganMs: 400, endedMs: 2730 });
    expect(late.meter.totals).toMatchObject({ firstPacketDelayMs: 1330, streams: 1 });
    const early = play(stream(50, 390), { beganMs: 400, endedMs: 1400 });
    expect(early.meter.totals.firstPacketDelayMs).toBe(0);
  });
});
