/** The registrations of a worker's users: their rate, their counts, their end. The registrar is a script. */
import { describe, expect, it } from 'vitest';
import { headerBlock } from '../../../src/sip/message/builder.js';
import { TimerWheel } from '../../../src/sip/transaction/timer-wheel.js';
import type { RegistrationFailure, RegistrationListener } from '../../../src/sip/ua/registration.js';
import { type KeptRegistration, UserRegistrations } from '../../../src/worker/user-registrations.js';

const REFUSED: RegistrationFailure = { status: 403, cause: 'response', detail: '', retryInMs: null };
const BUSY: RegistrationFailure = { status: 503, cause: 'response', detail: '', retryInMs: 1000 };
const SILENT: RegistrationFailure = { status: null, cause: 'timeout', detail: '', retryInMs: 1000 };

/** One user's registration, whose answers the test gives. */
class Kept implements KeptRegistration {
  readonly serviceRoutes = headerBlock([['Route', '<sip:edge;lr>']]);
  isUnderWay = true;
  refreshes = 0;
  removals = 0;
  isAbandoned = false;

  constructor(
    readonly startedMs: number,
    private readonly listener: RegistrationListener,
  ) {
    listener.onAttempt('register');
    listener.onRequest?.();
  }

  succeed(kind: 'register' | 'refresh' | 'remove' = 'register'): void {
    this.isUnderWay = false;
    this.listener.onSuccess(kind, kind === 'remove' ? 0 : 60);
  }

  /** A REGISTER with credentials. */
  askAgain(): void {
    this.listener.onRequest?.();
  }

  lose(): void {
    this.listener.onUnreached?.();
  }

  fail(failure: RegistrationFailure, kind: 'register' | 'refresh' | 'remove' = 'register'): void {
    this.isUnderWay = false;
    this.listener.onFailure(kind, failure);
  }

  refresh(): void {
    this.refreshes++;
  }

  remove(): void {
    this.removals++;
    this.isUnderWay = true;
  }

  abandon(): void {
    this.isAbandoned = true;
    this.isUnderWay = false;
  }
}

class Bench {
  readonly wheel = new TimerWheel();
  readonly kept: Kept[] = [];
  readonly bound: [user: number, isBound: boolean][] = [];
  readonly registrations: UserRegistrations;

  /** @param groups of the users, who are then told apart */
  constructor(users: number, ratePerSecond = 100, groups: readonly number[] = []) {
    this.registrations = new UserRegistrations({
      users: Array.from({ length: users }, (_, user) => ({
        user: `${user}`,
        credentials: null,
        ...(groups[user] !== undefined && { group: groups[user] }),
      })),
      groups: new Set(groups).size || 1,
      ratePerSecond,
      timers: this.wheel,
      now: () => this.wheel.nowMs * 1e6,
      register: (_, listener) => {
        const kept = new Kept(this.wheel.nowMs, listener);
        this.kept.push(kept);
        return kept;
      },
      onBound: (user, isBound) => void this.bound.push([user, isBound]),
    });
    this.registrations.start();
  }

  to(ms: number): this {
    while (this.wheel.nowMs < ms) this.wheel.advance(this.wheel.nowMs + 10);
    return this;
  }

  of(user: number): Kept {
    return this.kept[user] as Kept;
  }
}

describe('registrations', () => {
  it('begin at the chosen rate', () => {
    const bench = new Bench(30, 20).to(2000);
    expect(bench.kept).toHaveLength(30);
    expect(bench.kept.map(({ startedMs }) => startedMs)).toEqual(Array.from({ length: 30 }, (_, user) => user * 50));
  });

  it('tell who is registered, and how long the accepted REGISTER took', () => {
    const bench = new Bench(2).to(10);
    bench.to(40).of(0).askAgain();
    bench.to(60).of(0).succeed();
    bench.to(90).of(1).succeed();
    expect(bench.bound).toEqual([
      [0, true],
      [1, true],
    ]);
    const { delaysMs, ...figures } = bench.registrations.take();
    expect(Array.from(delaysMs)).toEqual([20, 80]);
    expect(figures).toEqual({
      users: 2,
      bound: 2,
      refused: 0,
      attempts: 2,
      ineffective: 0,
      bindingsLost: 0,
      failures: [],
      groups: [{ users: 2, bound: 2, refused: 0, attempts: 2, ineffective: 0 }],
      left: null,
    });
    expect(bench.registrations.take().delaysMs).toHaveLength(0);
    expect([bench.registrations.routesOf(1), bench.registrations.routesOf(2)]).toEqual([
      'Route: <sip:edge;lr>\r\n',
      '',
    ]);
  });

  it('count what came to nothing, by its cause, and whom there is no use to ask again', () => {
    const bench = new Bench(4).to(100);
    bench.of(0).fail(REFUSED);
    bench.of(1).fail(BUSY);
    bench.of(1).fail(BUSY);
    bench.of(1).succeed();
    bench.of(2).fail(SILENT);
    expect(bench.registrations.take()).toMatchObject({
      bound: 1,
      refused: 1,
      attempts: 5,
      ineffective: 4,
      failures: [
        { sipStatus: 403, cause: 'forbidden', count: 1 },
        { sipStatus: 503, cause: 'serviceUnavailable', count: 2 },
        { sipStatus: null, cause: 'timeout', count: 1 },
      ],
    });
    expect(bench.registrations.possible).toBe(3);
  });

  it('are counted for each group of users as for all', () => {
    const bench = new Bench(4, 100, [1, 0, 1, 1]).to(50);
    for (const user of [0, 1, 2]) bench.of(user).succeed();
    bench.of(3).fail(REFUSED);
    bench.of(2).fail(BUSY, 'refresh');
    const { groups, ...all } = bench.registrations.take();
    expect(groups).toEqual([
      { users: 1, bound: 1, refused: 0, attempts: 1, ineffective: 0 },
      { users: 3, bound: 1, refused: 1, attempts: 4, ineffective: 2 },
    ]);
    expect(all).toMatchObject({ users: 4, bound: 2, refused: 1, attempts: 5, ineffective: 2 });
  });

  it('are lost by a refusal of the refresh, and not by silence', () => {
    const bench = new Bench(1).to(10);
    bench.of(0).succeed();
    bench.of(0).fail(SILENT, 'refresh');
    expect(bench.bound).toEqual([[0, true]]);
    bench.of(0).fail(BUSY, 'refresh');
    bench.of(0).succeed();
    expect(bench.bound).toEqual([
      [0, true],
      [0, false],
      [0, true],
    ]);
  });

  it('of one user can be asked for anew', () => {
    const bench = new Bench(2).to(100);
    bench.registrations.refresh(1);
    expect(bench.kept.map(({ refreshes }) => refreshes)).toEqual([0, 1]);
  });
});

describe('users whose connection is lost', () => {
  it('count as not registered, and are asked for anew at the rate of the run, each 5 s after its last REGISTER at least', () => {
    const bench = new Bench(3, 10).to(300);
    bench.kept.forEach((kept) => kept.succeed());
    bench.to(60_000).kept.forEach((kept) => kept.lose());
    bench.of(0).lose(); // it is noted
    expect(bench.registrations.take()).toMatchObject({ bound: 0, bindingsLost: 3 });
    const refreshes = (): number[] => bench.kept.map((kept) => kept.refreshes);
    expect(bench.to(60_050) && refreshes()).toEqual([1, 0, 0]);
    expect(bench.to(60_150) && refreshes()).toEqual([1, 1, 0]);
    expect(bench.to(60_250) && refreshes()).toEqual([1, 1, 1]);
    bench.of(0).askAgain(); // REGISTERs at 60.25 s
    bench.of(0).succeed('refresh');
    expect(bench.bound.at(-1)).toEqual([0, true]);
    bench.to(61_000).of(0).lose();
    expect(bench.to(65_200) && refreshes()).toEqual([1, 1, 1]);
    expect(bench.to(65_300) && refreshes()).toEqual([2, 1, 1]);
  });

  it('are left alone where they are registered by then, or the run ends', () => {
    const bench = new Bench(2, 10).to(200);
    bench.kept.forEach((kept) => kept.succeed());
    bench.kept.forEach((kept) => kept.lose());
    bench.of(0).succeed('refresh');
    bench.to(5_050);
    bench.registrations.removeAll();
    bench.of(0).lose();
    bench.to(20_000);
    expect(bench.kept.map(({ refreshes }) => refreshes)).toEqual([0, 0]);
    expect(bench.registrations.take().bindingsLost).toBe(2);
  });
});

describe('calls may begin', () => {
  it('when everybody is registered or refused', () => {
    const bench = new Bench(3).to(100);
    bench.of(0).succeed();
    bench.of(1).fail(REFUSED);
    expect(bench.registrations.isSettled).toBe(false);
    bench.of(2).succeed();
    expect(bench.registrations.isSettled).toBe(true);
  });

  it('when those who are left have had their time, from the last start on', () => {
    const bench = new Bench(3, 1).to(2010);
    bench.of(0).succeed();
    bench.of(1).fail(BUSY);
    expect(bench.to(9_900).registrations.isSettled).toBe(false);
    expect(bench.to(10_100).registrations.isSettled).toBe(true);
  });

  it('when the registrar has said nothing for 10 s, however many are still to come', () => {
    const bench = new Bench(1000, 1).to(9_900);
    bench.of(0).fail(SILENT);
    expect(bench.registrations.isSettled).toBe(false);
    expect(bench.to(10_100).registrations.isSettled).toBe(true);
    const answered = new Bench(1000, 1).to(9_900);
    answered.of(0).fail(BUSY);
    expect(answered.to(10_100).registrations.isSettled).toBe(false);
  });
});

describe('the end', () => {
  it('removes everybody within about a second, and knows who stayed', () => {
    const bench = new Bench(300, 10_000).to(100);
    bench.kept.forEach((kept) => kept.succeed());
    bench.registrations.removeAll();
    expect(bench.kept.filter(({ removals }) => removals > 0)).toHaveLength(3);
    bench.to(1200);
    expect(bench.kept.every(({ removals }) => removals === 1)).toBe(true);
    expect([bench.registrations.isRemoved, bench.registrations.take().left]).toEqual([false, 300]);
    bench.kept.slice(1).forEach((kept) => kept.succeed('remove'));
    bench.of(0).fail({ ...SILENT, retryInMs: null }, 'remove');
    expect(bench.registrations.isRemoved).toBe(true);
    expect(bench.registrations.take()).toMatchObject({ left: 1, attempts: 300, ineffective: 0, refused: 0 });
  });

  it('comes before all have begun: nobody else does', () => {
    const bench = new Bench(10, 10).to(250);
    expect(bench.kept).toHaveLength(3);
    bench.registrations.removeAll();
    bench.to(2000);
    expect([bench.kept.length, bench.registrations.isSettled]).toEqual([3, true]);
    bench.registrations.abandon();
    expect(bench.kept.every(({ isAbandoned }) => isAbandoned)).toBe(true);
  });
});
