/**
 * Users who call each other through a PBX that makes a call of its own of each: with another Call-ID, another From, and of our
 * tokens only what a test lets pass. All in memory, with real user agents.
 */
import { describe, expect, it } from 'vitest';
import type { DigitsToSend } from '../../../src/call/dtmf.js';
import type { DigitListener } from '../../../src/call/media-slots.js';
import type { CallRecord } from '../../../src/call/outcome.js';
import { TOKEN_HEADER } from '../../../src/call/call-token.js';
import { headerBlock, NO_HEADERS } from '../../../src/sip/message/builder.js';
import { createUri } from '../../../src/sip/message/uri.js';
import type { IncomingCall, OutgoingCall } from '../../../src/sip/ua/call-events.js';
import type { UserAgent } from '../../../src/sip/ua/user-agent.js';
import { CallerDriver } from '../../../src/worker/caller-driver.js';
import { UserCalls } from '../../../src/worker/user-calls.js';
import { UserPool } from '../../../src/worker/user-pool.js';
import { agentOn, Network, Recorder } from '../sip/ua/network.js';

type Passes = 'header' | 'name' | 'nothing';

interface BenchOptions {
  readonly users?: number;
  readonly calls?: number;
  readonly passes?: Passes;
  /** What the PBX does in place of a second call. */
  readonly refuse?: number;
  /** The PBX forgets the second leg when the first ends. */
  readonly forgetsBye?: boolean;
  readonly possible?: number;
  /** Group by user. */
  readonly groups?: readonly number[];
  /** What the called leg of each call hears of what the calling one presses; absent: calls have no marker. */
  readonly hears?: (digit: string, call: number) => string;
  readonly holdMs?: number;
  /** The PBX wants the called user to call somebody else, so often. */
  readonly refers?: number;
}

/** A PBX that answers the caller with the callee's answer, and passes the BYE of either on. */
class Pbx {
  readonly agent: UserAgent;
  readonly from: string[] = [];
  readonly routes: (string | null)[] = [];
  readonly called: string[] = [];
  /** Answers to its REFERs. */
  readonly refused: number[] = [];

  constructor(
    network: Network,
    private readonly options: BenchOptions,
  ) {
    this.agent = agentOn(network, '10.0.0.9', 9).agent;
    this.agent.onInvite = (call) => this.bridge(call);
  }

  private bridge(first: IncomingCall): void {
    const { passes = 'name', refuse } = this.options;
    const { request } = first;
    const user = /^sip:([^@]+)@/.exec(request.requestUri)?.[1] ?? '';
    this.from.push(request.from.uri);
    this.routes.push(request.header('Route'));
    this.called.push(user);
    if (refuse !== undefined) {
      first.reject(refuse);
      return;
    }
    const token = request.header(TOKEN_HEADER) ?? '';
    const second: OutgoingCall = this.agent.invite(
      {
        target: createUri({ user, host: '10.0.0.1' }),
        fromUser: 'pbx',
        ...(passes === 'name' && { displayName: request.from.displayName ?? '' }),
        ...(passes === 'header' && { headers: headerBlock([[TOKEN_HEADER, token]]) }),
        sdp: request.body,
      },
      {
        onProvisional: () => {},
        onAnswered: (response) => {
          first.answer(response.body);
          for (let asked = 0; asked < (this.options.refers ?? 0); asked++) {
            const headers = headerBlock([['Refer-To', `<sip:carol${asked}@10.0.0.3>`]]);
            second.send({ method: 'REFER', headers }, ({ response: got }) => void this.refused.push(got?.status ?? 0));
          }
        },
        onFailed: ({ status }) => first.reject(status ?? 503),
        onOffered: () => null,
        onReoffer: () => null,
        onOfferAsked: () => null,
        onOfferAnswered: () => {},
        onReanswerLost: () => {},
        onSessionExpired: () => {},
        onTold: () => {},
        onEnded: () => first.bye(),
      },
    );
    const recorder = new Recorder();
    first.ring();
    first.listener = Object.assign(recorder, {
      onCancelled: () => second.cancel(),
      onEnded: () => (this.options.forgetsBye === true ? undefined : second.bye()),
    });
  }
}

class Bench {
  readonly network = new Network();
  readonly pool: UserPool;
  readonly calls: UserCalls;
  readonly driver: CallerDriver;
  readonly pbx: Pbx;
  readonly records: CallRecord[] = [];
  readonly forgotten: number[] = [];
  readonly secondLegs: [call: number, callId: string][] = [];
  readonly taken: [call: number, side: string][] = [];
  readonly takenFor: [call: number, side: string, group: number][] = [];
  private readonly hears: BenchOptions['hears'];
  private readonly listeners = new Map<number, DigitListener>();

  constructor(options: BenchOptions = {}) {
    const { users = 4, calls = 6, possible = users, groups, hears, holdMs = 1000 } = options;
    this.hears = hears;
    const { agent } = agentOn(this.network, '10.0.0.1', 1);
    this.pbx = new Pbx(this.network, options);
    this.pool = new UserPool(users, true);
    const target = {
      uri: createUri({ host: '10.0.0.9' }),
      nextHop: { host: '10.0.0.9', port: 5060 },
      credentials: null,
    };
    const list = Array.from({ length: users }, (_, user) => ({
      user: `${1001 + user}`,
      credentials: null,
      ...(groups !== undefined && { group: groups[user] ?? 0 }),
    }));
    const ofThird = agentOn(this.network, '10.0.0.3', 3).agent;
    this.calls = new UserCalls({
      users: list,
      agentOf: (user) => (user === 2 ? ofThird : undefined),
      pool: this.pool,
      target,
      arePaired: true,
      ...(groups !== undefined && { groups: new Set(groups).size }),
      marksLegs: hears !== undefined,
      runToken: 'run',
      timers: this.network.wheel,
      possible: () => possible,
      routesOf: (user) => (user === 0 ? headerBlock([['Route', '<sip:orig@scscf.test;lr>']]) : NO_HEADERS),
      onSecondLeg: (call, { callId }) => void this.secondLegs.push([call, callId]),
      onForgotten: (user) => void this.forgotten.push(user),
    });
    const shared = {
      timers: this.network.wheel,
      media: { codecs: ['PCMU'], ptimeMs: 20, mayReach: () => true },
      epochNs: 0,
      now: () => this.network.wheel.nowMs * 1e6,
    };
    agent.onInvite = (incoming) => this.calls.receive(incoming, { ...shared, slots: this.slots('callee') });
    this.driver = new CallerDriver({
      role: {
        type: 'caller',
        endpoints: [],
        load: { calls, concurrency: null, stages: [{ kind: 'hold', rate: 10, durationMs: null }] },
        holdMs: 1000,
        ringTimeoutMs: 5000,
        expect: 'answered',
        stopAfterRefusals: 1000,
        maxRate: 1000,
        figures: true,
        optionsIntervalMs: null,
        users: { list, arePaired: true, ratePerSecond: 100, expiresSeconds: 60 },
      },
      users: this.calls,
      index: 0,
      workers: 1,
      runToken: 'run',
      sipAddress: () => ({ address: '10.0.0.1', port: 5060 }),
      context: {
        ...shared,
        slots: this.slots('caller'),
        userAgent: agent,
        endpoints: [target],
        holdMs,
        ringTimeoutMs: 5000,
        expect: 'answered',
        ...(this.calls.markers && { markers: this.calls.markers }),
        calledLegTransfers: (call) => this.calls.transfersOf(call),
        callIdOf: (call) => `call-${call}`,
      },
      onTooManyRefusals: () => {},
    });
  }

  bind(users: number): this {
    for (let user = 0; user < users; user++) this.pool.setBound(user, true);
    return this;
  }

  runTo(untilMs: number): this {
    for (let nowMs = this.network.wheel.nowMs; nowMs <= untilMs; nowMs += 10) {
      this.network.wheel.advance(nowMs);
      this.driver.run(nowMs);
      this.records.push(...this.driver.takeRecords());
    }
    return this;
  }

  get outcomes(): (string | null)[] {
    return this.records.map(({ outcome, cause }) => cause ?? outcome);
  }

  private slots(side: string) {
    return {
      measured: true,
      take: (call: number, group: number) => {
        this.taken.push([call, side]);
        this.takenFor.push([call, side, group]);
        return {
          address: '10.0.0.1',
          rtpPort: 4000,
          onMeasured: null,
          connect: () => {},
          update: () => {},
          release: () => {},
          listen: (listener: DigitListener) => {
            if (side === 'callee') this.listeners.set(call, listener);
          },
          press: ({ digits }: DigitsToSend) => {
            const heard = this.hears?.(digits, call) ?? '';
            for (const digit of heard) {
              const key = { digit, startMs: 0, durationMs: 80, method: 'inband' as const };
              this.listeners.get(call)?.onDigit(key);
            }
          },
        };
      },
    };
  }
}

const none = { header: 0, callerName: 0, number: 0, unmatched: 0 };

describe('calls between users', () => {
  it.each<[Passes, object]>([
    ['header', { ...none, header: 6 }],
    ['name', { ...none, callerName: 6 }],
    ['nothing', { ...none, number: 6 }],
  ])('whose second leg is known by what the PBX lets pass: %s', (passes, matches) => {
    const bench = new Bench({ passes }).bind(4).runTo(20_000);
    expect(bench.outcomes).toEqual(Array.from({ length: 6 }, () => 'completed'));
    expect(bench.calls.matches).toEqual(matches);
    expect([bench.driver.finished, bench.calls.live, bench.pool.hasRoom]).toEqual([true, 0, true]);
    // Both legs of a call have the number of the call.
    for (let call = 0; call < 6; call++) {
      expect(bench.taken.filter(([taken]) => taken === call).map(([, side]) => side)).toEqual(['caller', 'callee']);
    }
    expect(bench.driver.counts).toMatchObject({ started: 6, answered: 6, active: 0 });
    // Each is told of once, by a Call-ID of the PBX's own.
    expect(bench.secondLegs.map(([call]) => call)).toEqual([0, 1, 2, 3, 4, 5]);
    const callIds = new Set([
      ...bench.secondLegs.map(([, callId]) => callId),
      ...bench.records.map((one) => one.callId),
    ]);
    expect(callIds.size).toBe(12);
  });

  it('are placed by users who are free, and wait while nobody is', () => {
    const bench = new Bench({ calls: 6 }).bind(4).runTo(20_000);
    // 1003 has a line of its own.
    expect(bench.pbx.from.slice(0, 2)).toEqual(['sip:1001@10.0.0.1', 'sip:1003@10.0.0.3']);
    expect(bench.pbx.called.slice(0, 2)).toEqual(['1002', '1004']);
    // The next ones turn round who called whom.
    expect(bench.pbx.called.slice(2, 4)).toEqual(['1001', '1003']);
    // The registrar of 1001 wants its calls to come by its route.
    expect(bench.pbx.routes.slice(0, 2)).toEqual(['<sip:orig@scscf.test;lr>', null]);
    const held = bench.records.toSorted((a, b) => a.call - b.call).map(({ heldBack }) => heldBack);
    expect(held).toEqual([false, false, true, true, true, true]);
  });

  it('are not placed by who is not registered, and go on with who comes back', () => {
    const bench = new Bench({ calls: 2 }).bind(1).runTo(3000);
    expect([bench.records.length, bench.pbx.called.length]).toEqual([0, 0]);
    bench.bind(2).runTo(8000);
    expect(bench.outcomes).toEqual(['completed', 'completed']);
  });

  it('are given up where nobody can place them: at once, or after 40 s', () => {
    const hopeless = new Bench({ calls: 3, possible: 1 }).bind(1).runTo(1000);
    expect(hopeless.outcomes).toEqual(['noRegisteredUser', 'noRegisteredUser', 'noRegisteredUser']);
    expect(hopeless.driver.finished).toBe(true);
    const late = new Bench({ calls: 3 }).bind(1).runTo(39_000);
    expect(late.records).toEqual([]);
    late.runTo(41_000);
    expect(late.outcomes).toEqual(['noRegisteredUser', 'noRegisteredUser', 'noRegisteredUser']);
    expect(late.driver.finished).toBe(true);
  });

  it('that the PBX refuses because it knows the callee no more make the callee register anew', () => {
    const bench = new Bench({ calls: 2, refuse: 404 }).bind(4).runTo(3000);
    expect(bench.outcomes).toEqual(['notFound', 'notFound']);
    expect(bench.forgotten).toEqual([1, 3]);
    expect(new Bench({ calls: 1, refuse: 486 }).bind(4).runTo(3000).forgotten).toEqual([]);
  });

  it('end for both even where the PBX never ends the second leg', () => {
    const bench = new Bench({ calls: 1, forgetsBye: true }).bind(2).runTo(1500);
    expect([bench.outcomes, bench.calls.live, bench.driver.finished, bench.pool.hasRoom]).toEqual([
      ['completed'],
      1,
      false,
      false,
    ]);
    bench.runTo(7000);
    expect([bench.calls.live, bench.driver.finished, bench.pool.hasRoom]).toEqual([0, true, true]);
    expect(bench.network.sentBy('10.0.0.1').filter((line) => line.startsWith('BYE'))).toHaveLength(2);
  });

  it('that are drained take no second leg any more, and leave nothing behind', () => {
    const bench = new Bench().bind(4).runTo(60);
    bench.driver.drain('interrupted');
    bench.runTo(8000);
    expect(bench.records.every(({ outcome }) => outcome === 'cut' || outcome === 'notStarted')).toBe(true);
    expect([bench.driver.finished, bench.calls.live]).toEqual([true, 0]);
    const hung = new Bench({ forgetsBye: true }).bind(4).runTo(500);
    hung.driver.drain('stopped');
    hung.driver.abandon('stopped');
    expect([hung.driver.finished, hung.calls.live]).toEqual([true, 0]);
  });
});

describe('a called user whom the PBX wants to transfer', () => {
  it('is not, and the record of the call tells', () => {
    const bench = new Bench({ users: 2, calls: 1, refers: 1 }).bind(2).runTo(8_000);
    expect(bench.pbx.refused).toEqual([603]);
    expect(bench.records[0]).toMatchObject({
      outcome: 'completed',
      succeeded: true,
      transfers: {
        asked: 1,
        first: [{ to: '<sip:carol0@10.0.0.3>', outcome: 'refused', sipStatus: 603, cause: 'transferOfCalledLeg' }],
      },
    });
  });

  it('as often as it likes: eight are kept, the rest is counted', () => {
    const bench = new Bench({ users: 2, calls: 1, refers: 12 }).bind(2).runTo(8_000);
    expect(bench.pbx.refused).toHaveLength(12);
    expect([bench.records[0]?.transfers?.asked, bench.records[0]?.transfers?.first.length]).toEqual([12, 8]);
    expect(new Bench({ users: 2, calls: 1 }).bind(2).runTo(8_000).records[0]?.transfers).toBeNull();
  });
});

const verdicts = (options: BenchOptions): (string | null | undefined)[] =>
  new Bench({ users: 2, calls: 2, ...options })
    .bind(2)
    .runTo(12_000)
    .records.map(({ marker }) => marker);

describe('the marker of a call between users', () => {
  it('confirms that both legs are one call, where the called one hears it', () => {
    expect(verdicts({ hears: (digit) => digit, holdMs: 300 })).toEqual(['notHeard', 'notHeard']); // over before
    expect(verdicts({ hears: (digit) => digit, holdMs: 4_000 })).toEqual(['confirmed', 'confirmed']);
  });

  it('contradicts it where that of another call comes, and says nothing where none does', () => {
    const pressed = new Map<number, string>();
    const swapped = verdicts({
      holdMs: 4_000,
      hears: (digit, call) => {
        pressed.set(call, (pressed.get(call) ?? '') + digit);
        const own = pressed.get(call) ?? '';
        return call === 1 && own.length === 13 ? (pressed.get(0) ?? '') : '';
      },
    });
    expect(swapped).toEqual(['notHeard', 'contradicted']);
  });

  it('is not known where none was asked for, or the call has no second leg', () => {
    expect(verdicts({ holdMs: 4_000 })).toEqual([null, null]);
    expect(verdicts({ hears: (digit) => digit, refuse: 486 })).toEqual([null, null]);
  });
});

describe('a call to one of our users', () => {
  const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';

  it('that is none of this run is refused, and counted', () => {
    const bench = new Bench({ calls: 1 }).bind(2).runTo(100);
    const recorder = new Recorder();
    const stranger = (user: string, displayName?: string): void =>
      void bench.pbx.agent.invite(
        { target: createUri({ user, host: '10.0.0.1' }), sdp, ...(displayName !== undefined && { displayName }) },
        recorder,
      );
    stranger('1001'); // in a call, but as the caller
    stranger('nobody');
    stranger('1001', 'cg-aaaaaaaaaaaaaaaaaaaaaaaa');
    bench.runTo(500);
    expect(recorder.events.filter((event) => event.startsWith('failed'))).toEqual([
      'failed response 480',
      'failed response 480',
      'failed response 480',
    ]);
    expect(bench.calls.matches.unmatched).toBe(3);
  });

  it('that is a second second leg of the same call finds the user busy', () => {
    const bench = new Bench({ calls: 1 }).bind(2).runTo(500);
    const recorder = new Recorder();
    bench.pbx.agent.invite({ target: createUri({ user: '1002', host: '10.0.0.1' }), sdp }, recorder);
    bench.runTo(800);
    expect(recorder.events.at(-1)).toBe('failed response 486');
    expect(bench.calls.matches).toEqual({ ...none, callerName: 1, unmatched: 1 });
    expect(bench.runTo(4000).outcomes).toEqual(['completed']);
  });
});

describe('users with different labels', () => {
  it('place calls of their own group; whom they call has no part in it, but for its audio, which is what they sent', () => {
    const bench = new Bench({ users: 4, calls: 2, groups: [1, 0, 2, 0] }).bind(4).runTo(3000);
    // 1001 calls 1002, 1003 calls 1004.
    expect(bench.records.map(({ call, endpoint, calledGroup }) => [call, endpoint, calledGroup])).toEqual([
      [0, 1, 0],
      [1, 2, 0],
    ]);
    expect(bench.takenFor).toEqual([
      [0, 'caller', 1],
      [0, 'callee', 1],
      [1, 'caller', 2],
      [1, 'callee', 2],
    ]);
  });

  it('have no part in calls that nobody could place', () => {
    const bench = new Bench({ users: 2, calls: 2, possible: 0, groups: [0, 1] }).runTo(1000);
    expect(bench.records.map(({ outcome, endpoint }) => [outcome, endpoint])).toContainEqual(['notStarted', -1]);
    const alike = new Bench({ users: 2, calls: 2, possible: 0 }).runTo(1000);
    expect(alike.records.map(({ endpoint }) => endpoint)).not.toContain(-1);
    expect(alike.records.length).toBeGreaterThan(0);
  });
});
