/** `callgauge run` against a peer that breaks the rules: never a crash, always a named outcome or a counter. */
import { afterAll, describe, expect, it } from 'vitest';
import { gateStates, receivedOf, runCallgauge, type RunOutcome } from './callgauge.js';
import { startHostilePeer, type HostilePeer, type HostilePeerOptions } from './hostile-peer.js';

/** Audio ends within the last 0.2 s of the 3 s call, in which no packet is expected any more. */
const PACKETS = 142;
const CALLS = 2;
const SENT = CALLS * PACKETS;
const GATES = ['--gate', 'success_ratio == 100%', '--gate', 'one_way == 0'];

/** The newest one; those of tests that run side by side are told apart by their ports. */
let peer: HostilePeer | undefined;
const peers: HostilePeer[] = [];
afterAll(async () => {
  await Promise.all(peers.map((each) => each.stop()));
});

async function runAgainst(options: HostilePeerOptions): Promise<RunOutcome> {
  const mine = await startHostilePeer({ packets: PACKETS, ...options });
  peer = mine;
  peers.push(mine);
  const target = `sip:load@127.0.0.1:${mine.port}`;
  const outcome = await runCallgauge(['--target', target, '--calls', String(CALLS), '--hold', '3s', ...GATES]);
  expect(outcome.stderr).not.toContain('internal error');
  expect(outcome.result.generator.lostWorkers).toEqual([]);
  return outcome;
}

it('a peer that behaves: measured in full', { retry: 1 }, async () => {
  const { exitCode, result } = await runAgainst({});
  expect(exitCode).toBe(0);
  expect(result.calls).toMatchObject({ completed: CALLS, oneWay: 0, noMedia: 0, roundTrip: 0 });
  expect(receivedOf(result).packets).toMatchObject({ expected: SENT, received: SENT, lost: 0, stray: 0, malformed: 0 });
  expect(result.warnings.join()).not.toContain('another address or port');
});

describe('SIP', () => {
  it.each(['truncated', 'garbage'] as const)('%s: counted as malformed; the run ends after 10 s', async (sip) => {
    const { exitCode, result, wallMs } = await runAgainst({ sip });
    expect(exitCode).toBe(5);
    expect(result.verdict).toBe('could-not-run');
    // An answer to each INVITE and to each of its retransmissions.
    expect(result.signalling.malformed).toBe(peer?.received.requests.get('INVITE'));
    expect(result.signalling.malformed).toBeGreaterThanOrEqual(CALLS * 4);
    expect(result.reasons[0]).toContain('the target has answered nothing that is SIP for 10 s');
    expect(result.calls.causes).toEqual([{ phase: 'setup', sipStatus: null, cause: 'silentTarget', count: CALLS }]);
    expect(result.signalling.responses).toEqual([]);
    expect(wallMs).toBeLessThan(13_000);
  });

  it('wrong CSeq number in the 200: matched by branch and method (RFC 3261 §17.1.3), so the call is good', async () => {
    const { exitCode, result } = await runAgainst({ sip: 'wrong-cseq' });
    expect(exitCode).toBe(0);
    expect(result.calls).toMatchObject({ answered: CALLS, completed: CALLS });
    expect(receivedOf(result).packets.received).toBeGreaterThan(SENT / 2);
    expect(Object.fromEntries(peer?.received.requests ?? [])).toEqual({ INVITE: CALLS, ACK: CALLS, BYE: CALLS });
  });
});

describe('SDP', () => {
  it.each([
    ['port-zero', 'sdp:rejected'],
    ['bad-connection', 'sdp:bad-address'],
    ['huge', 'sdp:too-large'],
  ] as const)('%s: acknowledged, hung up, cause %s', async (sdp, cause) => {
    const { exitCode, result, wallMs } = await runAgainst({ sdp });
    expect(exitCode).toBe(3);
    expect(result.calls).toMatchObject({ answered: CALLS, completed: 0, dropped: CALLS, succeeded: 0 });
    expect(result.calls.causes).toEqual([{ phase: 'setup', sipStatus: null, cause, count: CALLS }]);
    expect(result.quality.received).toBeNull();
    expect(Object.fromEntries(peer?.received.requests ?? [])).toEqual({ INVITE: CALLS, ACK: CALLS, BYE: CALLS });
    expect(peer?.received.rtpPackets).toBe(0);
    expect(wallMs).toBeLessThan(4000);
  });
});

// Once more: on a host that others load the last packets may come after our BYE.
describe.concurrent('RTP', { retry: 1 }, () => {
  it('from another port than the SDP says: measured, and a warning says so', async () => {
    const { exitCode, result, calls } = await runAgainst({ rtp: 'other-port' });
    expect(exitCode).toBe(0);
    expect(receivedOf(result).packets).toMatchObject({ expected: SENT, received: SENT, lost: 0, stray: 0 });
    expect(result.warnings[0]).toContain(`on ${CALLS} of ${CALLS} legs the audio came from another address or port`);
    expect(calls.map(({ received }) => received?.otherSource)).toEqual([true, true]);
  });

  it.each(['bad-version', 'too-short', 'huge-csrc-count'] as const)('%s: malformed, so no media came', async (rtp) => {
    const { exitCode, result } = await runAgainst({ rtp });
    expect(exitCode).toBe(3);
    expect(gateStates(result)).toEqual({ 'success_ratio == 100%': 'pass', 'one_way == 0': 'fail' });
    expect(result.calls).toMatchObject({ completed: CALLS, noMedia: CALLS, oneWay: CALLS });
    const { packets, perCall } = receivedOf(result);
    expect(packets).toMatchObject({ received: 0, lost: packets.expected, malformed: SENT, stray: 0 });
    expect(perCall.mosLq).toMatchObject({ count: CALLS, min: 1, max: 1 });
  });

  it('random octets: every datagram is counted once, and next to nothing passes for audio', async () => {
    const { result } = await runAgainst({ rtp: 'random-bytes' });
    expect(result.calls).toMatchObject({ completed: CALLS });
    const { packets, perCall } = receivedOf(result);
    expect(packets.malformed).toBeGreaterThan(SENT / 2);
    expect(packets.malformed + packets.stray + packets.received).toBeLessThanOrEqual(SENT);
    expect(packets.received).toBeLessThanOrEqual(4);
    expect(perCall.mosLq?.max).toBeLessThan(1.5);
  });

  it('a second SSRC in every other packet: stray; the gaps that it leaves are loss', async () => {
    const { result } = await runAgainst({ rtp: 'other-ssrcs' });
    expect(result.calls).toMatchObject({ completed: CALLS, oneWay: 0, noMedia: 0 });
    const { packets } = receivedOf(result);
    expect(packets).toMatchObject({ received: SENT / 2, stray: SENT / 2, malformed: 0 });
    // The last packet of a call is one of the others: nothing after it shows that it is missing.
    expect(packets.lost).toBe(SENT / 2 - CALLS);
  });

  it('gaps: what was not sent is lost, to the packet', async () => {
    const { result } = await runAgainst({ rtp: 'gaps' });
    const { packets } = receivedOf(result);
    expect(packets).toMatchObject({ expected: SENT, lost: 14 * CALLS, received: SENT - 14 * CALLS });
  });
});
