/** `callgauge run` against SIPp as the called side: the figures of result.json, and SIPp's own counters beside them. */
import { afterEach, describe, expect, it } from 'vitest';
import { checkEnd, gateStates, receivedOf, responsesOf, runCallgauge } from './callgauge.js';
import { sippAvailable, startSippUas, type SippBehaviour, type SippUas } from './sipp-peer.js';

const PORT = 15_100;
const TARGET = ['--target', `sip:load@127.0.0.1:${PORT}`];
const MOS_LQ_CLEAN = 4.409;

// Once more: on a host that others load a run is rightly inconclusive, or loses a packet time.
describe.skipIf(!sippAvailable())('run against SIPp', { retry: 1 }, () => {
  let uas: SippUas | undefined;
  afterEach(async () => {
    await uas?.stop();
    uas = undefined;
  });

  async function called(behaviour: SippBehaviour): Promise<SippUas> {
    uas = await startSippUas({ port: PORT, mediaPort: 26_000, behaviour });
    return uas;
  }

  it('20 calls to an RTP echo: all complete, nothing is lost, the MOS is that of G.711', async () => {
    const peer = await called('echo');
    const outcome = await runCallgauge([...TARGET, '--calls', '20', '--rate', '10/s', '--hold', '5s']);
    const { result } = outcome;
    checkEnd(outcome, 0, 'pass');
    expect(result.calls).toMatchObject({ requested: 20, attempted: 20, answered: 20, completed: 20, succeeded: 20 });
    expect(result.calls).toMatchObject({ failed: 0, dropped: 0, cut: 0, oneWay: 0, noMedia: 0, peakConcurrent: 20 });
    expect(result.calls.causes).toEqual([]);
    expect(responsesOf(result)).toEqual({ 'BYE 200': 20, 'INVITE 180': 20, 'INVITE 200': 20 });
    const { packets, mosLq, perCall } = receivedOf(result);
    expect(packets).toMatchObject({ lost: 0, discarded: 0, duplicate: 0, reordered: 0, stray: 0, malformed: 0 });
    expect(packets.received).toBe(packets.expected);
    expect(Math.abs(packets.expected - 20 * 5 * 50)).toBeLessThanOrEqual(20);
    expect(mosLq?.p50).toBeCloseTo(MOS_LQ_CLEAN, 2);
    expect(perCall.mosLq).toMatchObject({ count: 20, scale: 'MOS-LQEN' });
    expect(perCall.mosLq?.min).toBeCloseTo(MOS_LQ_CLEAN, 2);
    expect(result.calls.roundTrip).toBe(20);
    expect(result.warnings.join('\n')).toContain('20 of 20 legs received their own packets back (RTP echo)');
    expect(outcome.calls).toHaveLength(20);
    expect(await peer.stop()).toMatchObject({ created: 20, successful: 20, failed: 0, retransmissions: 0 });
  });

  it('a peer that goes silent after 5 s: loss and MOS say so in the seconds in which it was silent', async () => {
    const peer = await called('audio-5s');
    const outcome = await runCallgauge([...TARGET, '--calls', '4', '--rate', '20/s', '--hold', '12s']);
    const { result } = outcome;
    checkEnd(outcome, 3, 'fail');
    expect(result.calls).toMatchObject({
      answered: 4,
      completed: 4,
      succeeded: 4,
      oneWay: 4,
      noMedia: 0,
      roundTrip: 0,
    });
    expect(gateStates(result)).toEqual({
      'success_ratio >= 99%': 'pass',
      'mos.p5 >= 3.6': 'fail',
      'one_way == 0': 'fail',
    });
    const { packets } = receivedOf(result);
    expect(packets.received).toBe(4 * 250);
    expect(Math.abs(packets.expected - (4 * (12_000 - 200)) / 20)).toBeLessThanOrEqual(12);
    const audio = result.seconds.map(({ received }) => received);
    for (const second of audio.slice(0, 5)) expect(second?.lossRatio).toBe(0);
    for (const second of audio.slice(1, 5)) expect(second?.mosLq?.p50).toBeCloseTo(MOS_LQ_CLEAN, 2);
    // Calls began within the first 0.2 s, so second 5 has both audio and silence.
    expect(audio[5]?.lossRatio).toBeGreaterThan(0.5);
    expect(audio[5]?.lossRatio).toBeLessThan(1);
    for (const second of audio.slice(6, 12)) {
      expect(second).toMatchObject({ legs: 4, lossRatio: 1, mosLq: { p50: 1, min: 1 }, jitterMs: null });
    }
    expect(result.gates.find(({ expr }) => expr.startsWith('mos'))?.firstFailedAtSecond).toBe(5);
    expect(await peer.stop()).toMatchObject({ successful: 4, failed: 0 });
  });

  it('a peer that answers and sends no audio: a MOS of 1, not an unknown one', async () => {
    const peer = await called('silent');
    const outcome = await runCallgauge([...TARGET, '--calls', '5', '--rate', '20/s', '--hold', '6s']);
    const { result } = outcome;
    checkEnd(outcome, 3, 'fail');
    expect(result.calls).toMatchObject({ answered: 5, completed: 5, oneWay: 5, noMedia: 5, roundTrip: 0 });
    expect(gateStates(result)).toEqual({
      'success_ratio >= 99%': 'pass',
      'mos.p5 >= 3.6': 'fail',
      'one_way == 0': 'fail',
    });
    const { packets, mosLq, lossRatio, jitterMs, perCall } = receivedOf(result);
    expect(packets).toMatchObject({ received: 0, lost: packets.expected });
    expect(packets.expected).toBeGreaterThanOrEqual(5 * 4 * 50);
    expect([mosLq?.min, mosLq?.max, perCall.mosLq?.max]).toEqual([1, 1, 1]);
    expect([lossRatio?.min, perCall.lossRatio?.min, jitterMs]).toEqual([1, 1, null]);
    expect(await peer.stop()).toMatchObject({ successful: 5, failed: 0 });
  });

  it('a peer that rings for ever: CANCEL, and no score where no call was answered', async () => {
    const peer = await called('no-answer');
    const scenario = 'version: 1\nname: no-answer\ntarget: loopback\ncall: { ringTimeout: 3s }\nload: { calls: 5 }\n';
    const outcome = await runCallgauge([...TARGET, '--hold', '2s'], { scenario });
    const { result } = outcome;
    checkEnd(outcome, 3, 'fail');
    expect(result.calls).toMatchObject({ attempted: 5, answered: 0, failed: 5, succeeded: 0 });
    expect(result.calls.causes).toEqual([{ phase: 'setup', sipStatus: 487, cause: 'noAnswer', count: 5 }]);
    expect(responsesOf(result)).toEqual({ 'CANCEL 200': 5, 'INVITE 180': 5, 'INVITE 487': 5 });
    expect(gateStates(result)['success_ratio >= 99%']).toBe('fail');
    expect(result.quality.received).toBeNull();
    expect(result.durationMs).toBeGreaterThan(3000);
    expect(result.durationMs).toBeLessThan(6000);
    // The scenario of this peer is complete only with a CANCEL and an ACK to the 487.
    expect(await peer.stop()).toMatchObject({ created: 5, successful: 5, failed: 0 });
  });

  it('a busy peer: failed with cause busy', async () => {
    const peer = await called('busy');
    const outcome = await runCallgauge([...TARGET, '--calls', '5']);
    const { result } = outcome;
    checkEnd(outcome, 3, 'fail');
    expect(result.calls).toMatchObject({ attempted: 5, answered: 0, failed: 5, succeeded: 0 });
    expect(result.calls.causes).toEqual([{ phase: 'setup', sipStatus: 486, cause: 'busy', count: 5 }]);
    expect(responsesOf(result)).toEqual({ 'INVITE 486': 5 });
    expect(result.signalling.successRatio).toBe(0);
    expect(await peer.stop()).toMatchObject({ successful: 5, failed: 0 });
  });

  it('a busy peer where busy is expected: a pass, judged by its signalling alone', async () => {
    const peer = await called('busy');
    const scenario = 'version: 1\nname: busy\ntarget: loopback\ncall: { expect: 486 }\nload: { calls: 5 }\n';
    const outcome = await runCallgauge(TARGET, { scenario });
    const { result } = outcome;
    checkEnd(outcome, 0, 'pass');
    expect(result.calls).toMatchObject({ attempted: 5, answered: 0, succeeded: 5 });
    expect(result.signalling.successRatio).toBe(1);
    expect(gateStates(result)).toEqual({ 'success_ratio >= 99%': 'pass' });
    expect(await peer.stop()).toMatchObject({ successful: 5, failed: 0 });
  });

  it('200 calls at 100/s without media: all complete, no RTP is sent', async () => {
    const peer = await called('echo');
    const outcome = await runCallgauge([...TARGET, '--no-media', '--calls', '200', '--rate', '100/s', '--hold', '1s']);
    const { result } = outcome;
    checkEnd(outcome, 0, 'pass');
    expect(result.calls).toMatchObject({ attempted: 200, answered: 200, completed: 200, succeeded: 200, roundTrip: 0 });
    expect(responsesOf(result)).toEqual({ 'BYE 200': 200, 'INVITE 180': 200, 'INVITE 200': 200 });
    expect(gateStates(result)).toEqual({ 'success_ratio >= 99%': 'pass' });
    expect(result.quality.received).toBeNull();
    expect(result.generator).toMatchObject({ sentPackets: 0, netBackend: 'none', sendLatenessMs: null });
    expect(result.signalling.disconnectDelayMs?.count).toBe(200);
    const { echoedRtpPackets, ...counters } = await peer.stop();
    expect(counters).toMatchObject({ created: 200, successful: 200, failed: 0 });
    expect(echoedRtpPackets ?? 0).toBe(0);
  });

  it('SDP that cannot be read: the call is hung up, and the cause says what was wrong', async () => {
    const peer = await called('bad-sdp');
    const outcome = await runCallgauge([...TARGET, '--calls', '3', '--hold', '2s']);
    const { result } = outcome;
    expect(outcome.exitCode).toBe(3);
    expect(result.calls).toMatchObject({ answered: 3, completed: 0, dropped: 3, succeeded: 0 });
    expect(result.calls.causes).toEqual([{ phase: 'setup', sipStatus: null, cause: 'sdp:bad-origin', count: 3 }]);
    expect(await peer.stop()).toMatchObject({ successful: 3, failed: 0 });
  });

  it('answers that are not SIP: counted, and the run ends after 10 s as one that could not be', async () => {
    await called('bad-sip');
    const outcome = await runCallgauge([...TARGET, '--calls', '2']);
    const { result } = outcome;
    expect(outcome.exitCode).toBe(5);
    expect(result.signalling.malformed).toBeGreaterThanOrEqual(2 * 3);
    expect(result.reasons[0]).toContain('nothing that is SIP');
    expect(outcome.wallMs).toBeLessThan(14_000);
  });
});
