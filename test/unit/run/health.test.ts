import { describe, expect, it } from 'vitest';
import { HealthBook } from '../../../src/run/health.js';
import type { SpoilCondition } from '../../../src/metrics/names.js';
import type { MediaBatch, SignallingBatch } from '../../../src/worker/messages.js';
import { failedRecord, legsOf, mediaBatch, notStartedRecord, recordOf, signallingBatch } from './batches.js';

function healthOf(
  media: readonly Partial<MediaBatch>[],
  signalling: readonly Partial<SignallingBatch>[] = [],
): HealthBook {
  const health = new HealthBook();
  media.forEach((batch) => health.addMedia(mediaBatch(batch)));
  signalling.forEach((batch) => health.addSignalling(signallingBatch(batch)));
  return health;
}

const pairs = (...values: readonly number[]): Float64Array => Float64Array.from(values);
const conditionsOf = (health: HealthBook, backend: 'libc' | 'dgram' = 'libc'): SpoilCondition[] =>
  Object.keys(health.conditions(backend)) as SpoilCondition[];
const started = (lagMs: number, count: number) =>
  Array.from({ length: count }, (_, call) => recordOf({ call, intendedMs: 1000, startedMs: 1000 + lagMs }));

const doubtOf = (sent: number, missed: number) => healthOf([{ sent, missed }]).skippedTrouble('; why');

describe('each condition at its limit and just beyond', () => {
  it('send lateness: p99 of 5 ms', () => {
    expect(conditionsOf(healthOf([{ latenessUs: pairs(100, 98, 5000, 2) }]))).toEqual([]);
    expect(conditionsOf(healthOf([{ latenessUs: pairs(100, 98, 5010, 2) }]))).toEqual(['sendLateness']);
    expect(conditionsOf(healthOf([{ latenessUs: pairs(100, 99, 50_000, 1) }]))).toEqual([]);
    const late = healthOf([{ latenessUs: pairs(6000, 1) }]);
    expect(late.conditions('libc').sendLateness).toBe('audio left late: send lateness p99 6.0 ms (limit 5 ms)');
  });

  it('on the portable back end lateness spoils arrival times as well', () => {
    const late = healthOf([{ latenessUs: pairs(6000, 1) }]);
    expect(conditionsOf(late, 'dgram').toSorted()).toEqual(['mediaClock', 'sendLateness']);
    expect(conditionsOf(healthOf([{ latenessUs: pairs(1000, 1) }]), 'dgram')).toEqual([]);
  });

  it('packets that were not sent: 0.1 % of those due', () => {
    expect(conditionsOf(healthOf([{ sent: 600 }, { sent: 399, missed: 1 }]))).toEqual([]);
    expect(conditionsOf(healthOf([{ sent: 998, missed: 1 }]))).toEqual(['sendLateness']);
    expect(conditionsOf(healthOf([{ missed: 1 }]))).toEqual(['sendLateness']);
  });

  it('packets that this host refused to send: 0.1 % of those tried', () => {
    expect(conditionsOf(healthOf([{ sent: 999, sendErrors: 1 }]))).toEqual([]);
    const refused = healthOf([{ sent: 998, sendErrors: 1 }]);
    expect(refused.conditions('libc').sendLateness).toBe(
      'this host refused to send 1 of 999 audio packets (limit 0.1 %)',
    );
  });

  it('says whether lateness comes from a host without CPU, or from a thread that was held up, where that is known', () => {
    const late = healthOf([{ latenessUs: pairs(6000, 1) }], [{ loopDelayUs: pairs(30_000, 1) }]);
    expect(late.conditions('libc', 0.95)).toEqual({
      sendLateness:
        'audio left late: send lateness p99 6.0 ms (limit 5 ms); the CPU of this host was used up (95 % busy in its busiest second)',
      eventLoopDelay:
        'signalling threads were late: event-loop delay p99 30.0 ms (limit 20 ms); the CPU of this host was used up (95 % busy in its busiest second)',
    });
    expect(late.conditions('libc', 0.4).sendLateness).toContain(
      'not used up (40 % busy in its busiest second): a thread was held up, or has too much to do',
    );
    const missed = healthOf([{ sent: 90, missed: 10 }]);
    expect(missed.conditions('libc', 1).sendLateness).toBe(
      '10 of 100 audio packets were more than a packet time late and not sent (limit 0.1 %); the CPU of this host was used up (100 % busy in its busiest second)',
    );
  });

  it('audio that was skipped casts doubt on the whole run beyond 5 % of what was due, and a second of one call', () => {
    expect([doubtOf(950, 50), doubtOf(49, 49), doubtOf(0, 0)]).toEqual([null, null, null]);
    expect(doubtOf(949, 51)).toBe(
      '51 of 1000 audio packets were more than a packet time late and not sent (limit 0.1 %); why',
    );
    expect(doubtOf(0, 50)).toContain('50 of 50 audio packets');
  });

  it('starts that found no socket of this host were not achieved, also where a cap had held them back', () => {
    const records = ['noFileHandle', 'noLocalPort', 'noSocketMemory'].map((cause, call) =>
      notStartedRecord({ call, cause, heldBack: true }),
    );
    const health = healthOf([], [{ records: [...started(0, 7), ...records] }]);
    expect(health.conditions('none').lateStarts).toContain('only 7 of 10 calls were started');
  });

  it('receive drops: 0.01 % of what reached us, by the last count of each worker', () => {
    const other = { worker: 1, received: 4999, drops: 0 };
    expect(conditionsOf(healthOf([{ received: 5000, drops: 1 }, other]))).toEqual([]);
    expect(conditionsOf(healthOf([{ received: 4999, drops: 1 }, other]))).toEqual(['receiveDrops']);
    const grown = healthOf([{ drops: 2 }, { drops: 5 }, { worker: 1, drops: 7 }, { drops: 6 }]);
    expect(grown.receiveDrops).toBe(13);
  });

  it('receive drops that were seen when their seconds had been told: any', () => {
    const health = healthOf([
      { received: 1_000_000, drops: 3, undatedDrops: 2 },
      { drops: 4, undatedDrops: 1 },
    ]);
    expect(health.conditions('libc')).toEqual({
      receiveDrops: 'this host dropped 3 datagrams in seconds that it had told of before it saw that',
    });
  });

  it('event-loop delay: p99 of 20 ms', () => {
    expect(conditionsOf(healthOf([], [{ loopDelayUs: pairs(100, 98, 20_000, 2) }]))).toEqual([]);
    expect(conditionsOf(healthOf([], [{ loopDelayUs: pairs(100, 98, 20_050, 2) }]))).toEqual(['eventLoopDelay']);
  });

  it('SIP messages dropped on our side: any', () => {
    const health = healthOf([]);
    health.signallingDrops = 0;
    expect(conditionsOf(health)).toEqual([]);
    health.signallingDrops = 1;
    expect(health.conditions('libc').eventLoopDelay).toBe(
      'this host dropped 1 SIP messages that had reached its sockets, as their receive buffers were full',
    );
  });

  it('late starts: 98 % within 500 ms', () => {
    expect(conditionsOf(healthOf([], [{ records: [...started(500, 98), ...started(501, 2)] }]))).toEqual([]);
    const late = healthOf([], [{ records: [...started(500, 97), ...started(500.1, 2)] }]);
    expect(late.conditions('libc').lateStarts).toBe(
      'only 97 of 99 calls were started within 500 ms of their time (limit 98 %)',
    );
  });
});

describe('starts', () => {
  it('held back by the cap of the user do not count, however late or never they came', () => {
    const held = [
      recordOf({ heldBack: true, intendedMs: 0, startedMs: 90_000 }),
      notStartedRecord({ heldBack: true, cause: 'concurrencyCap' }),
      notStartedRecord({ heldBack: true, cause: 'interrupted' }),
    ];
    const health = healthOf([], [{ records: held }]);
    expect(conditionsOf(health)).toEqual([]);
    expect(health.heldBack).toBe(3);
    expect(health.startLagMs.count).toBe(0);
  });

  it('that our own limits refused count, also after a wait for the cap', () => {
    for (const heldBack of [false, true]) {
      const health = healthOf([], [{ records: [...started(0, 40), notStartedRecord({ heldBack })] }]);
      expect(conditionsOf(health)).toEqual(['lateStarts']);
      expect(health.heldBack).toBe(heldBack ? 1 : 0);
    }
  });

  it('that the target refused were started', () => {
    expect(conditionsOf(healthOf([], [{ records: [failedRecord(), failedRecord()] }]))).toEqual([]);
  });

  it('are due in all by the last count of each worker', () => {
    const health = healthOf([], [{ intended: 3 }, { worker: 1, intended: 4 }, { intended: 9 }]);
    expect(health.intended).toBe(13);
  });
});

describe('the floor of this host', () => {
  it('is that of all probes together, in ms', () => {
    const floor = { jitterUs: pairs(100, 3, 4000, 1), transitUs: pairs(50, 4) };
    const health = healthOf([{ floor }, { worker: 1, floor: { jitterUs: pairs(200, 4), transitUs: pairs() } }]);
    expect([health.floorJitterMs.count, health.floorJitterMs.percentile(50), health.floorJitterMs.max]).toEqual([
      8, 0.2, 4,
    ]);
    expect([health.floorTransitMs.count, health.floorTransitMs.max]).toEqual([4, 0.05]);
  });

  it('is unknown without a probe', () => {
    expect(healthOf([{}]).floorJitterMs.summary()).toBeNull();
  });
});

describe('what is unknown', () => {
  it('of drops stays null: one worker that cannot know is enough, and so is none that has reported', () => {
    expect(healthOf([]).receiveDrops).toBeNull();
    const half = healthOf([
      { drops: 3, received: 10 },
      { worker: 1, drops: null },
    ]);
    expect([half.receiveDrops, half.receiveDropRatio]).toEqual([null, null]);
    expect(conditionsOf(half)).toEqual(['receiveDrops']); // 3 of 13 at least
    expect(healthOf([{ drops: 0 }]).receiveDrops).toBe(0);
    expect(healthOf([{ drops: 0 }]).receiveDropRatio).toBeNull();
  });

  it('makes no condition, and no value where nothing was sent', () => {
    const health = healthOf([{ legs: legsOf({ ackToRtpMs: Number.NaN }, { ackToRtpMs: 4 }) }], [{}]);
    expect(conditionsOf(health)).toEqual([]);
    expect([health.ackToRtpMs.count, health.ackToRtpMs.max]).toEqual([1, 4]);
    expect([health.sendLatenessMs.summary(), health.eventLoopDelayMs.summary()]).toEqual([null, null]);
  });
});
