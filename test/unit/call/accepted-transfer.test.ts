/** A far side that transfers a call to us (RFC 3515): whom we call in its stead, what it is told, and how the call ends. */
import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/call/outcome.js';
import type { Transfer } from '../../../src/call/transfer-record.js';
import { headerBlock } from '../../../src/sip/message/builder.js';
import type { SipMessage } from '../../../src/sip/message/message.js';
import type { IncomingCall } from '../../../src/sip/ua/call-events.js';
import { Recorder, SDP, agentOn } from '../sip/ua/network.js';
import { TwoSides, type CallerSettings } from './two-sides.js';

const CAROL = '<sip:carol@10.0.0.3>';
const CAROL_SDP = SDP.replaceAll('10.0.0.1', '10.0.0.3').replace('4000', '6000');

interface Asks {
  /** Refer-To; a second one is asked for 500 ms after the first. */
  readonly to?: readonly string[];
  readonly headers?: readonly (readonly [string, string])[];
  readonly accepts?: boolean;
  readonly caller?: CallerSettings;
  /** The far side hangs up so long after its REFER. */
  readonly byeAfterMs?: number | null;
  /** What Carol does with the call. */
  readonly carol?: (call: IncomingCall) => void;
}

const mayReach = (host: string): boolean => host.startsWith('10.');

const ring = (call: IncomingCall): void => call.ring();

/** Bob refers the call to Carol 1 s after it has come to him. */
function referred({ to = [CAROL], headers = [], accepts = true, caller = {}, byeAfterMs = null, carol }: Asks = {}) {
  const settings = { holdMs: 10_000, ...caller, flow: { acceptTransfer: accepts, ...caller.flow } };
  const sides = new TwoSides(settings, {}, { caller: { mayReach, takesReferrals: accepts } });
  const { wheel } = sides.network;
  const third = agentOn(sides.network, '10.0.0.3', 3);
  const carolSide = new Recorder();
  const invites: SipMessage[] = [];
  const carolCalls: IncomingCall[] = [];
  third.agent.onInvite = (call) => {
    invites.push(call.request);
    carolCalls.push(call);
    call.listener = carolSide;
    if (carol === undefined) call.answer(CAROL_SDP);
    else carol(call);
  };
  const told: string[] = [];
  const statuses: (number | null)[] = [];
  const bob = sides.answerer.agent;
  const take = bob.onInvite;
  bob.onInvite = (incoming) => {
    take?.(incoming);
    const { listener } = incoming;
    if (listener !== null)
      listener.onTold = (request) =>
        void told.push(`${request.header('Subscription-State')} ${request.header('Event')} ${request.body.trim()}`);
    to.forEach((one, index) =>
      wheel.schedule(1_000 + 500 * index, () =>
        incoming.send({ method: 'REFER', headers: headerBlock([['Refer-To', one], ...headers]) }, ({ response }) =>
          statuses.push(response?.status ?? null),
        ),
      ),
    );
    if (byeAfterMs !== null) wheel.schedule(1_000 + byeAfterMs, () => incoming.bye());
  };
  sides.place();
  return { sides, third, carolSide, carolCalls, invites, told, statuses };
}

const transfersOf = (record: CallRecord | undefined): readonly Transfer[] => record?.transfers?.first ?? [];

describe('a transfer that the scenario accepts', () => {
  it('is a dialog of its own with the same audio, and ends with the time of the call', () => {
    const { sides, invites, told, statuses, carolSide } = referred({ byeAfterMs: 200 });
    sides.advance(3_000);
    expect(statuses).toEqual([202]);
    expect(told).toEqual([
      expect.stringMatching(/^active;expires=180 refer;id=\d+ SIP\/2.0 100 Trying$/),
      expect.stringMatching(/^terminated;reason=noresource refer;id=\d+ SIP\/2.0 200 OK$/),
    ]);
    const [invite] = invites;
    expect([invite?.requestUri, invite?.callId]).toEqual(['sip:carol@10.0.0.3', 't1-call-0']);
    expect(invite?.body).toContain('m=audio 20000 RTP/AVP 0');
    expect(sides.callerSlots.updates.map(({ address, port, sends }) => ({ address, port, sends }))).toEqual([
      { address: '10.0.0.3', port: 6000, sends: true },
    ]);
    expect(sides.answererRecords).toHaveLength(1);
    expect(sides.callerRecords).toEqual([]);
    sides.advance(60_000);
    expect(carolSide.events).toEqual(['ack', 'ended remote bye 200']);
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'completed', succeeded: true, cause: null });
    // Answered at 320 ms: 10 s of hold, and a BYE that takes 20 ms.
    expect(caller.endedMs).toBe(10_340);
    // The call came at 10 ms, the REFER 1 s later; it takes 10 ms, INVITE and 200 as long each.
    expect(caller.transfers).toEqual({
      asked: 1,
      first: [
        {
          to: CAROL,
          outcome: 'answered',
          sipStatus: 200,
          cause: null,
          detail: null,
          askedMs: 1_020,
          answeredMs: 1_040,
        },
      ],
    });
  });

  it('goes on where the far side hangs up before there is an answer, and tells it all the same', () => {
    const { sides, told } = referred({
      byeAfterMs: 100,
      carol: (call) => {
        call.ring();
        setTimeoutOn(sides, 2_000, () => call.answer(CAROL_SDP));
      },
    });
    sides.advance(60_000);
    expect(told).toHaveLength(1);
    expect(sides.wordsOf('10.0.0.1').filter((word) => word === 'NOTIFY')).toHaveLength(2);
    expect(sides.settle().caller).toMatchObject({ outcome: 'completed', succeeded: true });
  });

  it('hangs up the far side that does not do so itself', () => {
    const { sides } = referred();
    sides.advance(5_500);
    expect(sides.answererRecords).toMatchObject([{ outcome: 'completed' }]);
    expect(sides.callerRecords).toEqual([]);
    sides.advance(60_000);
    expect(sides.settle().caller).toMatchObject({ outcome: 'completed' });
  });

  it('takes Replaces and Referred-By with it', () => {
    const { invites, sides } = referred({
      to: ['<sip:carol@10.0.0.3?Replaces=12345%40host%3Bto-tag%3Da%3Bfrom-tag%3Db&Require=replaces>'],
      headers: [['Referred-By', '<sip:bob@10.0.0.2>']],
    });
    sides.advance(3_000);
    const [invite] = invites;
    expect(invite).toBeUndefined(); // Carol knows no Replaces: 420, before anybody hears of it
    sides.advance(60_000);
    const { caller } = sides.settle();
    expect(transfersOf(caller)).toMatchObject([{ outcome: 'failed', sipStatus: 420, cause: 'badExtension' }]);
    expect(caller.outcome).toBe('completed');
  });

  it('that fails leaves the call as it was, and another one may be asked for', () => {
    let refusals = 0;
    const { sides, told, statuses } = referred({
      to: [CAROL, CAROL],
      carol: (call) => (refusals++ === 0 ? call.reject(486) : call.answer(CAROL_SDP)),
    });
    sides.advance(60_000);
    expect(statuses).toEqual([202, 202]);
    expect(told.map((text) => text.replace(/.* SIP/, 'SIP'))).toEqual([
      'SIP/2.0 100 Trying',
      'SIP/2.0 486 Busy Here',
      'SIP/2.0 100 Trying',
      'SIP/2.0 200 OK',
    ]);
    const { caller } = sides.settle();
    expect(transfersOf(caller)).toMatchObject([
      { outcome: 'failed', sipStatus: 486, cause: 'busy', answeredMs: null },
      { outcome: 'answered' },
    ]);
    expect(caller.outcome).toBe('completed');
  });

  it('that fails when the far side is gone ends the call', () => {
    const { sides } = referred({
      byeAfterMs: 100,
      carol: (call) => setTimeoutOn(sides, 1_000, () => call.reject(480)),
    });
    sides.advance(60_000);
    const { caller } = sides.settle();
    expect(caller).toMatchObject({
      outcome: 'dropped',
      succeeded: false,
      phase: 'established',
      sipStatus: 480,
      cause: 'transferFailed',
    });
    // REFER at 1,010 ms, INVITE 10 ms later, which is refused 1 s after it has come.
    expect(caller.endedMs).toBe(2_040);
  });

  it('rings no longer than a call does, and no longer than the call has', () => {
    const short = referred({ carol: ring, caller: { ringTimeoutMs: 2_000 } });
    short.sides.advance(60_000);
    expect(transfersOf(short.sides.settle().caller)).toMatchObject([{ outcome: 'failed', cause: 'noAnswer' }]);
    expect(short.told.at(-1)).toMatch(/ SIP\/2.0 487 Request Terminated$/);
    expect(short.carolSide.events).toEqual(['cancelled']);
    for (const byeAfterMs of [null, 500]) {
      const long = referred({ carol: ring, byeAfterMs });
      long.sides.advance(60_000);
      const { caller } = long.sides.settle();
      expect(caller).toMatchObject({ outcome: 'completed', succeeded: true });
      expect(transfersOf(caller)).toMatchObject([{ outcome: 'cut', cause: 'callEnded' }]);
      expect(long.carolSide.events).toEqual(['cancelled']);
    }
  });

  it('that is hung up by its target is a dropped call', () => {
    const { sides, carolCalls } = referred({ byeAfterMs: 200 });
    sides.advance(3_000);
    carolCalls[0]?.bye();
    sides.advance(60_000);
    expect(sides.settle().caller).toMatchObject({ outcome: 'dropped', cause: 'remoteBye' });
  });

  it('whose audio cannot be had is hung up, and is no end of the call', () => {
    const { sides, told, carolSide } = referred({
      carol: (call) =>
        call.answer(
          CAROL_SDP.replace('IP4 10.0.0.3', 'IP4 192.0.2.3').replaceAll('c=IN IP4 10.0.0.3', 'c=IN IP4 192.0.2.3'),
        ),
    });
    sides.advance(60_000);
    expect(told.at(-1)).toMatch(/ SIP\/2.0 488 Not Acceptable Here$/);
    expect(carolSide.events).toEqual(['ack', 'ended remote bye 200']);
    const { caller } = sides.settle();
    expect(transfersOf(caller)).toMatchObject([
      { outcome: 'failed', sipStatus: 200, cause: 'sdp:address-not-allowed' },
    ]);
    expect(caller.outcome).toBe('completed');
  });

  it('is cut with its call', () => {
    const { sides, carolSide } = referred({ byeAfterMs: 200 });
    const [call] = sides.calls;
    sides.advance(3_000);
    call?.cut('interrupted');
    sides.advance(60_000);
    expect(carolSide.events).toEqual(['ack', 'ended remote bye 200']);
    expect(sides.settle().caller).toMatchObject({ outcome: 'cut', cause: 'interrupted' });
  });
});

describe('a transfer that is refused', () => {
  it.each<[string, string, number, RegExp]>([
    ['an emergency number', '<sip:112@10.0.0.3>', 603, /emergency number/],
    ['an emergency number in disguise', '<sip:0%39%311@10.0.0.2>', 603, /emergency number/],
    ['a host that may not be reached', '<sip:carol@192.0.2.7>', 603, /may not be called/],
    ['a name that nobody looked up', '<sip:carol@evil.example>', 603, /may not be called/],
    ['another transport', '<sip:carol@10.0.0.3;transport=tcp>', 603, /away from UDP/],
    ['a telephone number', '<tel:+4930123456>', 400, /cannot be followed/],
    ['another method', '<sip:carol@10.0.0.3;method=BYE>', 400, /cannot be followed/],
    ['a header of a stranger', '<sip:carol@10.0.0.3?Subject=x>', 400, /cannot be followed/],
    ['a Replaces that is none', '<sip:carol@10.0.0.3?Replaces=%0d%0aX%3A%20y>', 400, /cannot be followed/],
    ['half an escape', '<sip:carol@10.0.0.3?Replaces=%4>', 400, /cannot be followed/],
    ['no address', '<', 400, /cannot be followed/],
  ])('%s', (_, to, status, detail) => {
    const { sides, invites, told, statuses } = referred({ to: [to] });
    sides.advance(60_000);
    expect([statuses, invites, told]).toEqual([[status], [], []]);
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'completed', succeeded: true });
    expect(transfersOf(caller)).toMatchObject([
      { outcome: 'refused', sipStatus: status, cause: 'transferTarget', detail: expect.stringMatching(detail) },
    ]);
  });

  it('is every one where the scenario says nothing, and is noted without its password', () => {
    const { sides, invites, statuses } = referred({ accepts: false, to: ['<sip:carol:secret@10.0.0.3?Subject=x>'] });
    sides.advance(60_000);
    expect([statuses, invites]).toEqual([[603], []]);
    expect(transfersOf(sides.settle().caller)).toMatchObject([
      { to: '<sip:carol@10.0.0.3>', outcome: 'refused', sipStatus: 603, cause: 'transferNotAccepted' },
    ]);
  });

  it('is a second one while the first is under way, and the ninth of a far side that goes on asking', () => {
    const ringing = referred({ to: [CAROL, CAROL], carol: ring });
    ringing.sides.advance(60_000);
    expect(transfersOf(ringing.sides.settle().caller).map(({ cause }) => cause)).toEqual([
      'transferUnderWay',
      'callEnded',
    ]);
    const asking = referred({ to: Array.from({ length: 10 }, () => CAROL), carol: (call) => call.reject(486) });
    asking.sides.advance(60_000);
    expect(asking.invites).toHaveLength(8);
    expect(asking.statuses.slice(-2)).toEqual([603, 603]);
    const { transfers } = asking.sides.settle().caller;
    expect([transfers?.asked, transfers?.first.length]).toEqual([10, 8]);
  });

  it('is one with no Refer-To, or with two', () => {
    const twice = referred({ headers: [['r', CAROL]] });
    twice.sides.advance(60_000);
    expect(twice.statuses).toEqual([400]);
    expect(transfersOf(twice.sides.settle().caller)).toMatchObject([{ detail: 'not exactly one Refer-To' }]);
  });
});

function setTimeoutOn(sides: TwoSides, ms: number, fire: () => void): void {
  sides.network.wheel.schedule(ms, fire);
}
