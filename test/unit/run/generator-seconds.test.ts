import { describe, expect, it } from 'vitest';
import { GeneratorSeconds, GENERATOR_POINTS, pulseOf } from '../../../src/run/generator-seconds.js';
import type { MediaPulse } from '../../../src/worker/messages.js';
import { signallingBatch } from './batches.js';

const media = (changes: Partial<MediaPulse>): MediaPulse => ({
  second: 0,
  sent: 50,
  missed: 0,
  latenessP99Ms: 0.2,
  latenessMaxMs: 0.5,
  drops: 0,
  ...changes,
});

describe('the generator over time', () => {
  it('is empty while nothing was told', () => {
    const seconds = new GeneratorSeconds();
    expect([seconds.list(), seconds.binSeconds]).toEqual([[], 1]);
  });

  it('adds the packets of all media threads, and has the lateness of the latest', () => {
    const seconds = new GeneratorSeconds();
    seconds.addMedia(0, [media({ second: 3, missed: 1 })]);
    seconds.addMedia(1, [media({ second: 3, sent: 20, missed: 2, latenessP99Ms: 7, latenessMaxMs: 9 })]);
    expect(seconds.list()).toEqual([
      {
        second: 3,
        sendLatenessMs: { p99: 7, max: 9 },
        sentPackets: 70,
        missedPackets: 3,
        receiveDrops: 0,
        eventLoopDelayP99Ms: null,
        cpuRatio: null,
        hostCpuRatio: null,
        startsDue: null,
        startsMade: null,
      },
    ]);
  });

  it('tells drops by the second from counts since the start, and unknown ones as unknown', () => {
    const seconds = new GeneratorSeconds();
    seconds.addMedia(0, [media({ second: 0, drops: 2 }), media({ second: 1, drops: 2 })]);
    seconds.addMedia(0, [media({ second: 2, drops: 9 })]);
    seconds.addMedia(1, [media({ second: 2, drops: 1 }), media({ second: 3, drops: null })]);
    expect(seconds.list().map(({ receiveDrops }) => receiveDrops)).toEqual([2, 0, 8, null]);
  });

  it('without a packet that was due knows no lateness', () => {
    const seconds = new GeneratorSeconds();
    const none = { latenessP99Ms: Number.NaN, latenessMaxMs: Number.NaN };
    seconds.addMedia(0, [media({ sent: 0, ...none })]);
    expect(seconds.list()).toMatchObject([{ sendLatenessMs: null, sentPackets: 0 }]);
  });

  it('tells starts by the second, and the delay and CPU beside them', () => {
    const seconds = new GeneratorSeconds();
    seconds.addSignalling(0, [
      { second: 0, started: 4, intended: 5, loopDelayP99Ms: 1 },
      { second: 1, started: 10, intended: 10, loopDelayP99Ms: Number.NaN },
    ]);
    seconds.addSignalling(1, [{ second: 0, started: 1, intended: 1, loopDelayP99Ms: 25 }]);
    seconds.addCpu(1, 0.4);
    seconds.addCpu(-1, 0.9);
    expect(seconds.list()).toMatchObject([
      { second: 0, startsMade: 5, startsDue: 6, eventLoopDelayP99Ms: 25, cpuRatio: null },
      { second: 1, startsMade: 6, startsDue: 5, eventLoopDelayP99Ms: null, cpuRatio: 0.4 },
    ]);
  });

  it('a batch of a thread is told by its p99 at nearest rank', () => {
    const batch = signallingBatch({
      second: 7,
      started: 3,
      intended: 4,
      loopDelayUs: Float64Array.of(100, 99, 8000, 1),
    });
    expect(pulseOf(batch)).toEqual({ second: 7, started: 3, intended: 4, loopDelayP99Ms: 0.1 });
    const late = signallingBatch({ loopDelayUs: Float64Array.of(100, 98, 8000, 2) });
    expect(pulseOf(late).loopDelayP99Ms).toBe(8);
    expect(pulseOf(signallingBatch()).loopDelayP99Ms).toBeNaN();
  });
});

describe('a run of more than an hour', () => {
  it('has points of two seconds, then four: sums, and the highest', () => {
    const seconds = new GeneratorSeconds();
    for (let second = 0; second < GENERATOR_POINTS; second++) {
      seconds.addMedia(0, [media({ second, latenessP99Ms: second % 2, latenessMaxMs: 2, drops: second })]);
    }
    expect([seconds.binSeconds, seconds.list().length]).toEqual([1, 3600]);
    seconds.addMedia(0, [media({ second: 3600, drops: 3600 })]);
    expect([seconds.binSeconds, seconds.list().length]).toEqual([2, 1801]);
    expect(seconds.list().slice(0, 2)).toMatchObject([
      { second: 0, sentPackets: 100, receiveDrops: 1, sendLatenessMs: { p99: 1, max: 2 } },
      { second: 2, sentPackets: 100, receiveDrops: 2 },
    ]);
    expect(seconds.list().reduce((sum, { sentPackets }) => sum + (sentPackets ?? 0), 0)).toBe(3601 * 50);
    seconds.addCpu(86_399, 0.5);
    expect(seconds.binSeconds).toBe(32);
    expect(seconds.list().at(-1)).toMatchObject({ second: 86_368, cpuRatio: 0.5, sentPackets: null });
  });
});
