import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/call/outcome.js';
import { buildSchedule } from '../../../src/schedule/schedule.js';
import { createUri } from '../../../src/sip/message/uri.js';
import type { IncomingCall } from '../../../src/sip/ua/call-events.js';
import { CallerDriver } from '../../../src/worker/caller-driver.js';
import type { CallerRole } from '../../../src/worker/messages.js';
import { Network, Recorder, SDP, agentOn } from '../sip/ua/network.js';

const STEP_MS = 10;

interface BenchOptions {
  readonly load?: Partial<CallerRole['load']>;
  readonly role?: Partial<Omit<CallerRole, 'load'>>;
  readonly index?: number;
  readonly workers?: number;
  readonly slots?: number;
  readonly answer?: (call: IncomingCall, n: number) => void;
}

function pickUp(call: IncomingCall): void {
  call.listener = new Recorder();
  call.ring();
  call.answer(SDP);
}

function expectPossible({ counts, liveCalls }: CallerDriver): void {
  const { started, intended, answered, failed, active, peakActive } = counts;
  expect(Math.min(started, intended, answered, failed, active)).toBeGreaterThanOrEqual(0);
  expect(active).toBeLessThanOrEqual(Math.min(liveCalls, peakActive));
  expect(started).toBeLessThanOrEqual(intended);
}

/** A driver with a real user agent, a far side, and a clock that is stepped as the signalling thread does. */
class Bench {
  readonly network = new Network();
  readonly driver: CallerDriver;
  readonly records: CallRecord[] = [];
  readonly asked: [count: number, status: number | null][] = [];
  slots: number;
  mostLive = 0;
  private calls = 0;

  constructor({ load, role, index = 0, workers = 1, slots = Number.POSITIVE_INFINITY, answer = pickUp }: BenchOptions) {
    this.slots = slots;
    const { agent: userAgent } = agentOn(this.network, '10.0.0.1', 1);
    const far = agentOn(this.network, '10.0.0.2', 2).agent;
    far.onInvite = (call) => answer(call, this.calls++);
    this.driver = new CallerDriver({
      role: {
        type: 'caller',
        endpoints: [],
        holdMs: 1000,
        ringTimeoutMs: 60_000,
        expect: 'answered',
        stopAfterRefusals: 1000,
        maxRate: 100_000,
        figures: false,
        optionsIntervalMs: null,
        ...role,
        load: {
          calls: null,
          concurrency: null,
          stages: [{ kind: 'hold', rate: 10, durationMs: 1000 }],
          ...load,
        },
      },
      index,
      workers,
      runToken: 'run',
      sipAddress: () => ({ address: '10.0.0.1', port: 5060 }),
      context: {
        userAgent,
        timers: this.network.wheel,
        slots: { measured: true, take: () => this.takeSlot() },
        endpoints: [null, 'b'].map((user) => ({
          uri: createUri({ user, host: '10.0.0.2' }),
          nextHop: { host: '10.0.0.2', port: 5060 },
          credentials: null,
        })),
        media: { codecs: ['PCMU'], ptimeMs: 20, mayReach: () => true },
        holdMs: role?.holdMs ?? 1000,
        ringTimeoutMs: role?.ringTimeoutMs ?? 60_000,
        expect: role?.expect ?? 'answered',
        epochNs: 0,
        now: () => this.network.wheel.nowMs * 1e6,
        callIdOf: (call) => `call-${call}`,
      },
      onTooManyRefusals: (count, last) => void this.asked.push([count, last.sipStatus]),
    });
  }

  /** Turns of the loop up to this time, with what must hold at each of them. */
  runTo(untilMs: number): this {
    const { driver, network } = this;
    for (let nowMs = network.wheel.nowMs; nowMs <= untilMs; nowMs += STEP_MS) {
      network.wheel.advance(nowMs);
      driver.run(nowMs);
      this.records.push(...driver.takeRecords());
      expectPossible(driver);
      this.mostLive = Math.max(this.mostLive, driver.liveCalls);
    }
    return this;
  }

  get callNumbers(): number[] {
    return this.records.map(({ call }) => call).toSorted((a, b) => a - b);
  }

  private takeSlot() {
    if (this.slots === 0) {
      return null;
    }
    this.slots--;
    return {
      address: '10.0.0.1',
      rtpPort: 4000,
      onMeasured: null,
      connect: () => {},
      update: () => {},
      release: () => void this.slots++,
    };
  }
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('starts', () => {
  it('happen at their intended times, whatever becomes of the calls before', () => {
    const stages = [
      { kind: 'ramp', rate: 20, durationMs: 1000 },
      { kind: 'hold', rate: 20, durationMs: 1000 },
    ] as const;
    const bench = new Bench({
      load: { stages },
      answer: (call, n) => (n % 3 === 0 ? call.reject(503) : n % 3 === 1 ? pickUp(call) : call.ring()),
      role: { ringTimeoutMs: 3000 },
    });
    bench.runTo(10_000);
    const schedule = buildSchedule({ calls: null, stages });
    expect(bench.callNumbers).toEqual(range(30));
    for (const { call, intendedMs, startedMs, heldBack } of bench.records) {
      expect(intendedMs).toBe(schedule.intendedStartMs(call));
      expect(startedMs! - intendedMs).toBeGreaterThanOrEqual(0);
      expect(startedMs! - intendedMs).toBeLessThan(STEP_MS);
      expect(heldBack).toBe(false);
    }
    expect(bench.driver.counts).toMatchObject({ intended: 30, started: 30, answered: 10, failed: 20, active: 0 });
  });

  it('that a late loop has missed are made up at once, and keep their intended times', () => {
    const bench = new Bench({});
    bench.network.wheel.advance(450);
    bench.driver.run(450);
    expect(bench.driver.liveCalls).toBe(5);
    bench.runTo(5000);
    const first = bench.records.filter(({ call }) => call < 5);
    expect(first.map(({ intendedMs, startedMs }) => [intendedMs, startedMs])).toEqual(
      range(5).map((n) => [n * 100, 450]),
    );
  });

  it('are announced: the next one, none while the cap is reached, none at the end', () => {
    const bench = new Bench({ load: { concurrency: 2 } });
    expect(bench.driver.nextMs).toBe(0);
    bench.driver.run(0);
    expect(bench.driver.nextMs).toBe(100);
    bench.runTo(100);
    expect(bench.driver.nextMs).toBeNull();
    const short = new Bench({ load: { calls: 1 } }).runTo(0);
    expect(short.driver.nextMs).toBeNull();
  });

  it('go to the endpoints in turn', () => {
    const bench = new Bench({}).runTo(5000);
    expect(bench.records.every(({ call, endpoint }) => endpoint === call % 2)).toBe(true);
  });
});

describe('shares', () => {
  it.each([1, 2, 3, 4])('of %i workers hold every call exactly once, at the time that the schedule says', (workers) => {
    for (const calls of [1, 3, 4, 11]) {
      const benches = range(workers).map((index) => new Bench({ load: { calls }, workers, index }));
      const records = benches.flatMap((bench) => bench.runTo(6000).records);
      const total = Math.min(10, calls);
      expect(records.map(({ call }) => call).toSorted((a, b) => a - b)).toEqual(range(total));
      expect(records.every(({ call, intendedMs }) => intendedMs === call * 100)).toBe(true);
      expect(benches.every(({ driver }) => driver.finished)).toBe(true);
    }
  });

  it('of the cap add up to it; a worker without any is refused, for it would wait for ever', () => {
    const load = { concurrency: 5, stages: [{ kind: 'hold', rate: 100, durationMs: 1000 }] } as const;
    const role = { holdMs: 900 };
    for (const shares of [[5], [3, 2], [2, 1, 1, 1]]) {
      const workers = shares.length;
      const most = shares.map((_, index) => new Bench({ load, workers, index, role }).runTo(5000).mostLive);
      expect(most).toEqual(shares);
    }
    expect(() => new Bench({ load: { concurrency: 2 }, workers: 3, index: 2 })).toThrow(RangeError);
    expect(() => new Bench({ load: { concurrency: 2 }, workers: 3, index: 1 })).not.toThrow();
  });
});

describe('the concurrency cap', () => {
  it('holds starts back until there is room, and says of which', () => {
    const bench = new Bench({ load: { concurrency: 3, calls: 8 }, role: { holdMs: 500 } }).runTo(5000);
    expect(bench.mostLive).toBe(3);
    expect(bench.callNumbers).toEqual(range(8));
    expect(bench.driver.finished).toBe(true);
    for (const { startedMs, intendedMs, heldBack, outcome } of bench.records) {
      expect(outcome).toBe('completed');
      expect(heldBack).toBe(startedMs! - intendedMs >= STEP_MS);
    }
    expect(bench.records.filter(({ heldBack }) => heldBack)).toHaveLength(5);
    expect(bench.driver.counts).toMatchObject({ intended: 8, started: 8, peakActive: 3 });
  });

  it('holds back none that finds room again', () => {
    const stages = [
      { kind: 'hold', rate: 10, durationMs: 500 },
      { kind: 'hold', rate: 0, durationMs: 3000 },
      { kind: 'hold', rate: 1, durationMs: 2000 },
    ] as const;
    const bench = new Bench({ load: { concurrency: 3, stages }, role: { holdMs: 300 } }).runTo(8000);
    const held = bench.records.toSorted((a, b) => a.call - b.call).map(({ heldBack }) => heldBack);
    expect(held).toEqual([false, false, false, true, true, false, false]);
    expect(bench.driver.counts).toMatchObject({ peakActive: 3, active: 0, answered: 7 });
  });

  it('without a total waits no longer than the stages last; what was due then is not lost', () => {
    const bench = new Bench({ load: { concurrency: 2 }, role: { holdMs: 60_000 } }).runTo(990);
    expect(bench.records).toEqual([]);
    bench.runTo(1000);
    expect(bench.callNumbers).toEqual(range(10).slice(2));
    for (const record of bench.records) {
      expect(record).toMatchObject({ outcome: 'notStarted', cause: 'concurrencyCap', heldBack: true, startedMs: null });
    }
    expect(bench.driver.finished).toBe(false);
    bench.runTo(61_100);
    expect(bench.driver.finished).toBe(true);
    expect(bench.driver.counts).toMatchObject({ intended: 10, started: 2, active: 0 });
  });
});

describe('the hard cap on the rate', () => {
  it('holds also when starts that were held back are made up for', () => {
    // One place is taken for 3 s by a call that rings; then everything that became due meanwhile wants to start at once.
    const bench = new Bench({
      load: { concurrency: 1, calls: 40, stages: [{ kind: 'hold', rate: 20, durationMs: null }] },
      answer: (call, n) => (n === 0 ? call.ring() : call.reject(486)),
      role: { ringTimeoutMs: 3000, maxRate: 20 },
    }).runTo(12_000);
    expect(bench.callNumbers).toEqual(range(40));
    const starts = bench.records.map(({ startedMs }) => startedMs!).toSorted((a, b) => a - b);
    for (const [index, startedMs] of starts.entries()) {
      const withinASecond = starts.slice(index).filter((other) => other < startedMs + 1000).length;
      expect(withinASecond).toBeLessThanOrEqual(22); // 20 and a tenth of a second's burst
    }
    // All of them are late for the caps' sake, and none for ours.
    const late = bench.records.filter(({ startedMs, intendedMs }) => startedMs! - intendedMs >= 100);
    expect(late.length).toBeGreaterThan(20);
    expect(late.every(({ heldBack }) => heldBack)).toBe(true);
  });
});

describe('draining', () => {
  it('makes records of the starts that were due and held, none of those to come, and ends what lives', () => {
    const bench = new Bench({ load: { concurrency: 2 }, role: { holdMs: 60_000 } }).runTo(450);
    bench.driver.drain('interrupted');
    bench.driver.drain('again');
    const held = bench.driver.takeRecords();
    expect(held.map(({ call, outcome, cause, heldBack }) => [call, outcome, cause, heldBack])).toEqual([
      [2, 'notStarted', 'interrupted', true],
      [3, 'notStarted', 'interrupted', true],
      [4, 'notStarted', 'interrupted', true],
    ]);
    expect([bench.driver.finished, bench.driver.nextMs]).toEqual([false, null]);
    bench.runTo(3000);
    expect(bench.records.map(({ call, outcome, cause }) => [call, outcome, cause])).toEqual([
      [0, 'cut', 'interrupted'],
      [1, 'cut', 'interrupted'],
    ]);
    expect(bench.driver.finished).toBe(true);
    expect(bench.driver.counts).toMatchObject({ intended: 5, started: 2, active: 0, failed: 0 });
  });

  it('gives up what the far side does not end, once', () => {
    const bench = new Bench({ answer: (call) => call.ring() }).runTo(250);
    bench.network.lose = () => true;
    bench.driver.drain('interrupted');
    bench.driver.abandon('stopped');
    expect(bench.driver.finished).toBe(true);
    bench.runTo(120_000);
    expect(bench.callNumbers).toEqual([0, 1, 2]);
    expect(bench.records.every(({ outcome, cause }) => outcome === 'cut' && cause === 'interrupted')).toBe(true);
    expect(bench.driver.takeRecords()).toEqual([]);
  });
});

describe('the limit of refusals in a row', () => {
  it('is told of once, when it is reached', () => {
    const bench = new Bench({
      load: { calls: 9 },
      role: { stopAfterRefusals: 3 },
      answer: (call, n) => (n === 5 ? pickUp(call) : call.reject(403)),
    });
    bench.runTo(210);
    expect(bench.asked).toEqual([]);
    bench.runTo(240);
    expect(bench.asked).toEqual([[3, 403]]);
    bench.runTo(5000);
    expect(bench.asked).toHaveLength(1);
  });

  it('starts anew after a call that went as expected', () => {
    const role = { stopAfterRefusals: 3 };
    const broken = new Bench({
      role: { ...role, holdMs: 30 },
      answer: (call, n) => (n % 3 === 2 ? pickUp(call) : call.reject(403)),
    }).runTo(10_000);
    expect(broken.records.map(({ outcome }) => outcome[0]).join('')).toBe('ffcffcffcf');
    expect(broken.asked).toEqual([]);
    const expected = new Bench({ role: { ...role, expect: 403 }, answer: (call) => call.reject(403) }).runTo(5000);
    expect(expected.asked).toEqual([]);
    expect(expected.records.every(({ succeeded }) => succeeded)).toBe(true);
  });

  it('is not moved by calls that never left: those say nothing of the target', () => {
    const bench = new Bench({ load: { calls: 6 }, role: { stopAfterRefusals: 3 }, answer: (call) => call.reject(403) });
    for (const [untilMs, slots] of [
      [150, 9],
      [250, 0],
      [350, 9],
    ] as const) {
      bench.slots = slots;
      bench.runTo(untilMs);
    }
    expect(bench.records.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'notStarted', 'failed']);
    expect(bench.asked).toEqual([[3, 403]]);
  });

  it('is shared by the workers, rounded up', () => {
    const load = { calls: 20, stages: [{ kind: 'hold', rate: 100, durationMs: 1000 }] } as const;
    const role = { stopAfterRefusals: 5 };
    const bench = new Bench({ load, role, workers: 2, index: 1, answer: (call) => call.reject(403) }).runTo(1000);
    expect(bench.asked).toEqual([[3, 403]]);
  });

  it('is silent while the run is drained', () => {
    const bench = new Bench({ role: { stopAfterRefusals: 1 }, answer: (call) => call.reject(403) });
    bench.driver.run(0);
    bench.driver.drain('interrupted');
    bench.runTo(1000);
    expect(bench.asked).toEqual([]);
  });
});

it('whatever the network loses and the far side does, every due call has one record and the counters add up', () => {
  const behaviours = [pickUp, (call: IncomingCall) => call.reject(486), (call: IncomingCall) => call.ring()];
  const plan = fc.record({
    behaviour: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 8 }),
    lost: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
    concurrency: fc.option(fc.integer({ min: 1, max: 6 })),
    slots: fc.integer({ min: 0, max: 8 }),
    drainMs: fc.integer({ min: 0, max: 2500 }),
  });
  fc.assert(
    fc.property(plan, ({ behaviour, lost, concurrency, slots, drainMs }) => {
      const bench = new Bench({
        load: { concurrency },
        role: { ringTimeoutMs: 700, holdMs: 300 },
        slots,
        answer: (call, n) => behaviours[behaviour[n % behaviour.length]!]!(call),
      });
      bench.network.lose = (_, index) => lost[index % lost.length]!;
      bench.runTo(drainMs);
      bench.driver.drain('interrupted');
      bench.runTo(drainMs + 200);
      bench.driver.abandon('stopped');
      bench.runTo(drainMs + 400);
      const { counts, finished } = bench.driver;
      const outcomes = bench.records.map(({ outcome }) => outcome);
      expect(finished).toBe(true);
      expect(bench.callNumbers).toEqual(range(counts.intended));
      expect(counts.active).toBe(0);
      expect(counts.started).toBe(outcomes.filter((outcome) => outcome !== 'notStarted').length);
      expect(counts.failed).toBe(outcomes.filter((outcome) => outcome === 'failed').length);
      expect(counts.answered).toBe(bench.records.filter(({ establishedMs }) => establishedMs !== null).length);
      expect(bench.mostLive).toBeLessThanOrEqual(concurrency ?? 10);
      expect(bench.slots).toBe(slots);
    }),
    { numRuns: 60 },
  );
});

it('a call for which this host had no socket has not started after all, and is no refusal of the target', () => {
  const bench = new Bench({ role: { stopAfterRefusals: 1 } });
  bench.network.lose = () => true;
  bench.runTo(350);
  expect(bench.driver.counts.started).toBe(4);
  const failure = { cause: 'no-local-port', detail: 'connect EADDRNOTAVAIL' } as const;
  bench.network.nodes.get('10.0.0.1:5060')?.onError?.('10.0.0.2', 5060, failure);
  bench.runTo(360);
  expect(bench.records.map(({ outcome, cause }) => `${outcome} ${cause}`)).toEqual(
    range(4).map(() => 'notStarted noLocalPort'),
  );
  expect(bench.driver.counts).toMatchObject({ started: 0, intended: 4, active: 0, failed: 0 });
  expect([bench.driver.liveCalls, bench.asked]).toEqual([0, []]);
});
