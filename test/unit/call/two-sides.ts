/** A caller and an answerer, each with its own user agent and slots, over a network in memory with a fake clock. */
import { expect } from 'vitest';
import { AnsweringCall, type AnswererContext, type AnswererFlow } from '../../../src/call/answering-call.js';
import { CallerCall, type CallerContext, type CallerFlow, type CallStart } from '../../../src/call/caller-call.js';
import { NOBODY } from '../../../src/call/invite-of.js';
import type { DigitsToSend } from '../../../src/call/dtmf.js';
import type { DigitListener, MediaSlot, MediaSlots, RemoteMedia } from '../../../src/call/media-slots.js';
import type { CallRecord } from '../../../src/call/outcome.js';
import type { Credentials } from '../../../src/sip/auth/authorizer.js';
import { NO_HEADERS } from '../../../src/sip/message/builder.js';
import { createUri } from '../../../src/sip/message/uri.js';
import type { UserAgentOptions } from '../../../src/sip/ua/user-agent.js';
import { Network, agentOn } from '../sip/ua/network.js';

/** Slots that note what is done with them, and refuse what may not be. */
export class WatchedSlots implements MediaSlots {
  shortage: string | null = null;
  measured = true;
  free = Number.POSITIVE_INFINITY;
  readonly log: string[] = [];
  readonly connections: RemoteMedia[] = [];
  readonly updates: RemoteMedia[] = [];
  inUse = 0;
  readonly released: MediaSlot[] = [];
  /** Who hears of keys, by call, and the keys that were pressed. */
  readonly listeners: DigitListener[] = [];
  readonly pressed: DigitsToSend[] = [];
  canPress = true;

  constructor(
    private readonly address: string,
    private readonly nowMs: () => number,
  ) {}

  take(call: number, endpoint: number): MediaSlot | null {
    if (this.free === 0) {
      return null;
    }
    this.free--;
    this.inUse++;
    this.note(`take ${call}/${endpoint}`);
    let state: 'armed' | 'early' | 'connected' | 'released' = 'armed';
    const slot: MediaSlot = {
      address: this.address,
      rtpPort: 20_000 + 2 * call,
      onMeasured: null,
      connect: (agreed, since) => {
        const remote = { ...agreed, ...since };
        const isEarly = remote.isEarly === true;
        mustHold(state === 'armed' || (state === 'early' && !isEarly), 'connected once, before the release');
        state = isEarly ? 'early' : 'connected';
        this.connections.push(remote);
        this.note(`connect ${call}`);
      },
      update: (remote) => {
        mustHold(state === 'connected', 'updated while connected');
        this.updates.push(remote);
        this.note(`update ${call}`);
      },
      listen: (listener) => void this.listeners.push(listener),
      release: (endedAtNs) => {
        mustHold(state !== 'released', 'released once');
        mustHold(endedAtNs === this.nowMs() * 1e6, 'released as of now');
        state = 'released';
        this.inUse--;
        this.note(`release ${call}`);
        this.released.push(slot);
      },
    };
    if (this.canPress) {
      slot.press = (keys) => void this.pressed.push(keys);
    }
    return slot;
  }

  private note(what: string): void {
    this.log.push(`${this.nowMs()} ${what}`);
  }
}

export type CallerSettings = Partial<
  Pick<CallerContext, 'holdMs' | 'ringTimeoutMs' | 'expect' | 'media' | 'srtp' | 'tokenOf' | 'packetTimes'>
> & { readonly credentials?: Credentials; readonly flow?: Partial<CallerFlow> };
export type AnswererSettings = Partial<
  Pick<AnswererContext, 'rejectStatus' | 'ringMs' | 'dropAfterMs' | 'media' | 'srtp' | 'onKey' | 'onMeasured'>
> & { readonly flow?: Partial<AnswererFlow> };
/** Of the user agents. */
export type AgentSettings = Partial<
  Pick<UserAgentOptions, 'reliableProvisional' | 'sessionTimer' | 'mayReach' | 'takesReferrals'>
>;

const CALLER_FLOW: CallerFlow = {
  identity: NOBODY,
  lateOffer: false,
  followRedirects: 0,
  acceptTransfer: false,
  steps: [],
  expect: null,
};
const ANSWERER_FLOW: AnswererFlow = { refusalHeaders: NO_HEADERS, earlyMedia: false, reliable: 'asked', steps: [] };

const MEDIA = {
  codecs: ['PCMU'],
  ptimeMs: 20,
  mayReach: (address: string) => address.startsWith('10.'),
} as const;

/** A packet takes 10 ms each way. */
export class TwoSides {
  readonly network = new Network();
  readonly caller: ReturnType<typeof agentOn>;
  readonly answerer: ReturnType<typeof agentOn>;
  readonly callerSlots = new WatchedSlots('10.0.0.1', () => this.nowMs);
  readonly answererSlots = new WatchedSlots('10.0.0.2', () => this.nowMs);
  readonly callerRecords: CallRecord[] = [];
  readonly answererRecords: CallRecord[] = [];
  readonly answeringCalls: AnsweringCall[] = [];
  readonly calls: CallerCall[] = [];
  /** Calls of onAnswered: of the caller, of the answerer. */
  readonly answered = [0, 0];
  /** What the far side called itself, by call. */
  readonly agents: [call: number, agent: string | null][] = [];
  private readonly context: CallerContext;

  constructor(
    { credentials, flow: callerFlow, ...callerSettings }: CallerSettings = {},
    { flow: answererFlow, ...answererSettings }: AnswererSettings = {},
    agents: { readonly caller?: AgentSettings; readonly answerer?: AgentSettings } = {},
  ) {
    this.caller = agentOn(this.network, '10.0.0.1', 1, agents.caller);
    this.answerer = agentOn(this.network, '10.0.0.2', 2, agents.answerer);
    const shared = { timers: this.network.wheel, media: MEDIA, epochNs: 0, now: () => this.nowMs * 1e6 };
    this.context = {
      ...shared,
      userAgent: this.caller.agent,
      slots: this.callerSlots,
      endpoints: [
        {
          uri: createUri({ user: 'bob', host: '10.0.0.2' }),
          nextHop: { host: '10.0.0.2', port: 5060 },
          credentials: credentials ?? null,
        },
      ],
      holdMs: 1000,
      ringTimeoutMs: 60_000,
      expect: 'answered',
      callIdOf: (call) => `call-${call}`,
      tokenOf: () => null,
      onAnswered: (call, agent) => {
        this.answered[0]!++;
        this.agents.push([call, agent]);
      },
      onEnd: (record) => void this.callerRecords.push(record),
      ...callerSettings,
      ...(callerFlow !== undefined && { flow: { ...CALLER_FLOW, ...callerFlow } }),
    };
    const answererContext: AnswererContext = {
      ...shared,
      slots: this.answererSlots,
      rejectStatus: null,
      ringMs: 300,
      dropAfterMs: null,
      onMeasured: null,
      onAnswered: () => void this.answered[1]!++,
      onEnd: (record) => void this.answererRecords.push(record),
      ...answererSettings,
      ...(answererFlow !== undefined && { flow: { ...ANSWERER_FLOW, ...answererFlow } }),
    };
    this.answerer.agent.onInvite = (incoming) => {
      const call = new AnsweringCall(answererContext, this.answeringCalls.length, incoming);
      this.answeringCalls.push(call);
      call.start();
    };
  }

  get nowMs(): number {
    return this.network.wheel.nowMs;
  }

  advance(toMs: number): void {
    this.network.wheel.advance(toMs);
  }

  /** Places a call; the second says whether it went out. */
  place(start: Partial<CallStart> = {}): { call: CallerCall; went: boolean } {
    const call = new CallerCall(this.context, { call: 0, intendedMs: this.nowMs, heldBack: false, ...start });
    this.calls.push(call);
    return { call, went: call.start() };
  }

  /** Long after everything: each side has one record a call, every slot is back, no timer waits. */
  settle(): { caller: CallRecord; answerer: CallRecord | undefined } {
    this.advance(this.nowMs + 300_000);
    expectNothingLeft(this);
    return { caller: this.callerRecords[0]!, answerer: this.answererRecords[0] };
  }

  /** Methods and statuses that a side has sent. */
  wordsOf(host: '10.0.0.1' | '10.0.0.2'): string[] {
    return this.network.sentBy(host).map((line) => line.replace('SIP/2.0 ', '').split(' ')[0]!);
  }
}

function mustHold(condition: boolean, what: string): void {
  expect(condition, `slot: ${what}`).toBe(true);
}

function expectNothingLeft(sides: TwoSides): void {
  expect(sides.callerRecords).toHaveLength(1);
  expect(sides.answererRecords).toHaveLength(sides.answeringCalls.length);
  expect([sides.callerSlots.inUse, sides.answererSlots.inUse]).toEqual([0, 0]);
  expect(sides.network.wheel.size).toBe(0);
  expect([sides.caller.agent.sessionCount, sides.answerer.agent.sessionCount]).toEqual([0, 0]);
  for (const record of [...sides.callerRecords, ...sides.answererRecords]) {
    expectConsistent(record);
  }
}

/** What no record may contradict, so that the sums of a run add up. */
function expectConsistent(record: CallRecord): void {
  const answered = record.establishedMs !== null;
  if (['completed', 'dropped'].includes(record.outcome)) {
    expect(answered).toBe(true);
  }
  if (['failed', 'notStarted'].includes(record.outcome)) {
    expect(answered).toBe(false);
  }
  expect(record.endedMs).toBeGreaterThanOrEqual(record.establishedMs ?? record.startedMs ?? 0);
  expect(record.answerDelayMs === null).toBe(!answered);
  expect(record.phase === null).toBe(record.cause === null);
  if (!record.succeeded && record.outcome !== 'notStarted') {
    expect(record.cause).toMatch(/^(sdp:)?[a-z][A-Za-z0-9-]*$/);
  }
}
