/** `callgauge run` against Asterisk: every ending that a PBX gives a call, and audio that a PBX has handled. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asteriskAvailable, BEHIND_ASTERISK_PORT, startAsterisk, type Asterisk } from './asterisk-peer.js';
import {
  checkEnd,
  receivedOf,
  responsesOf,
  runCallgauge,
  startAnswerer,
  type Answerer,
  type RunOutcome,
} from './callgauge.js';
import type { EndpointResult, Result } from '../../src/run/result.js';
import type { DirectionQuality } from '../../src/run/result-quality.js';

const PACKETS_PER_SECOND = 50;
/** From G.711's 4.409; a little less where this host was slow to read, so that packets came too late for the buffer. */
const MOS_LQ_GOOD = 4.3;
const ALL_GOOD = ['--gate', 'success_ratio == 100%'];

/** Calls that all completed, with audio that is whole. @param seconds of audio in each */
function checkGoodCalls(outcome: RunOutcome, calls: number, seconds: number): void {
  const { result } = outcome;
  checkEnd(outcome, 0, 'pass');
  expect(result.calls).toMatchObject({ attempted: calls, answered: calls, completed: calls, succeeded: calls });
  expect(result.calls).toMatchObject({ failed: 0, dropped: 0, oneWay: 0, noMedia: 0, causes: [] });
  checkAudio(result.quality.received, calls, seconds);
}

function checkAudio(received: DirectionQuality | null, calls: number, seconds: number): void {
  expect(received?.packets).toMatchObject({ lost: 0, duplicate: 0, reordered: 0, stray: 0, malformed: 0 });
  const packets = received?.packets.received;
  expect(packets).toBe(received?.packets.expected);
  // Asterisk sends for as long as the call is up, and takes up to half a second to begin.
  const most = calls * seconds * PACKETS_PER_SECOND;
  expect(packets).toBeGreaterThan(most - calls * (PACKETS_PER_SECOND / 2));
  expect(packets).toBeLessThanOrEqual(most + calls * 10);
  expect(received?.perCall.mosLq).toMatchObject({ count: calls, scale: 'MOS-LQEN' });
  expect(received?.perCall.mosLq?.min).toBeGreaterThanOrEqual(MOS_LQ_GOOD);
}

function endpointOf({ endpoints }: Result, wanted: string): EndpointResult | undefined {
  return endpoints.find(({ name }) => name === wanted);
}

// Again: on a host that others load Asterisk and we are late, and a run is rightly poorer or inconclusive.
describe.skipIf(!asteriskAvailable())('run against Asterisk', { retry: 1 }, () => {
  let asterisk: Asterisk | undefined;
  let answerer: Answerer | undefined;
  beforeAll(async () => {
    asterisk = await startAsterisk();
  });
  afterEach(async () => {
    await answerer?.stop();
    answerer = undefined;
  });
  afterAll(() => asterisk?.stop());

  const uri = (extension: string): string => asterisk?.uri(extension) ?? '';
  /** The head of a scenario that calls several extensions in turn. */
  const endpointsOf = (extensions: readonly string[]): string => {
    const endpoints = extensions.map((name) => `  - { name: ${name}, target: "${uri(name)}" }\n`);
    return `version: 1\nname: extensions\nendpoints:\n${endpoints.join('')}`;
  };
  const call = (extension: string, ...args: readonly string[]): Promise<RunOutcome> =>
    runCallgauge(['--target', uri(extension), ...args]);

  const digestCalls = (user: string, password: string): Promise<RunOutcome> => {
    const args = ['--user', user, '--password', password, ...ALL_GOOD];
    return call('echo', '--calls', '3', '--rate', '10/s', '--hold', '2s', ...args);
  };

  it('echo: 10 calls with audio both ways, under a sender of its own', async () => {
    const outcome = await call('echo', '--calls', '10', '--rate', '10/s', '--hold', '5s');
    checkGoodCalls(outcome, 10, 5);
    expect(responsesOf(outcome.result)).toMatchObject({ 'INVITE 200': 10, 'BYE 200': 10 });
    // Echo sends our audio under its own SSRC: these are not our packets.
    expect(outcome.result.calls).toMatchObject({ peakConcurrent: 10, roundTrip: 0 });
    const sent = outcome.calls.reduce((sum, row) => sum + (row.sent?.packets ?? 0), 0);
    expect(Math.abs(sent - receivedOf(outcome.result).packets.received)).toBeLessThanOrEqual(10 * 3);
  });

  it('RTCP: the round trip, and what Asterisk received of ours', async () => {
    const outcome = await call('echo', '--calls', '4', '--rate', '10/s', '--hold', '14s', ...ALL_GOOD);
    checkGoodCalls(outcome, 4, 14);
    const { received, sent } = outcome.result.quality;
    // Reports about every five seconds each way: each leg has some, and they agree that nothing was lost.
    expect(received?.perCall.rttMs?.count).toBe(4);
    expect(received?.rttMs?.min).toBeGreaterThanOrEqual(0);
    expect(received?.rttMs?.p50).toBeLessThan(200);
    expect(received?.perCall.mosCq).toMatchObject({ count: 4, scale: 'MOS-CQEN' });
    expect(received?.mouthToEarMs?.min).toBeGreaterThanOrEqual(80);
    expect(sent?.perCall.lossRatio).toMatchObject({ count: 4, max: 0 });
    expect(sent?.packets.lost).toBe(0);
    expect(sent?.packets.expected).toBeGreaterThan(4 * 5 * PACKETS_PER_SECOND);
    expect(sent?.perCall.mosLq?.min).toBeCloseTo(4.409, 3);
    expect(sent?.discardRatio).toBeNull();
  });

  it('refusals: 486, 404 and 503, each by its name', async () => {
    const extensions = ['busy', 'unallocated', 'congestion'];
    const outcome = await runCallgauge([], { scenario: `${endpointsOf(extensions)}load: { calls: 6 }\n` });
    const { result } = outcome;
    checkEnd(outcome, 3, 'fail');
    expect(result.calls).toMatchObject({ attempted: 6, answered: 0, failed: 6, succeeded: 0 });
    expect(Object.fromEntries(result.endpoints.map(({ name, calls }) => [name, calls.causes]))).toEqual({
      busy: [{ phase: 'setup', sipStatus: 486, cause: 'busy', count: 2 }],
      unallocated: [{ phase: 'setup', sipStatus: 404, cause: 'notFound', count: 2 }],
      congestion: [{ phase: 'setup', sipStatus: 503, cause: 'serviceUnavailable', count: 2 }],
    });
    expect(result.quality.received).toBeNull();
  });

  it('noanswer: CANCEL after the ring timeout', async () => {
    const scenario = 'version: 1\nname: no-answer\ntarget: loopback\ncall: { ringTimeout: 2s }\nload: { calls: 3 }\n';
    const outcome = await runCallgauge(['--target', uri('noanswer')], { scenario });
    const { result } = outcome;
    checkEnd(outcome, 3, 'fail');
    expect(result.calls).toMatchObject({ attempted: 3, answered: 0, failed: 3 });
    expect(result.calls.causes).toEqual([{ phase: 'setup', sipStatus: 487, cause: 'noAnswer', count: 3 }]);
    expect(responsesOf(result)).toMatchObject({ 'CANCEL 200': 3, 'INVITE 180': 3, 'INVITE 487': 3 });
  });

  it('tone, transcode, slow and early: each of four extensions by its figures', async () => {
    const extensions = ['tone', 'transcode', 'slow', 'early'];
    const gate = 'gates: ["success_ratio == 100%"]\n';
    const scenario = `${endpointsOf(extensions)}call: { hold: 3s }\nload: { calls: 12 }\n${gate}`;
    const outcome = await runCallgauge(['--rate', '20/s'], { scenario });
    const { result } = outcome;
    checkGoodCalls(outcome, 12, 3);
    const [tone, transcode, slow, early] = extensions.map((name) => endpointOf(result, name));
    // Made by Asterisk; and PCMU with us, G.722 inside, echoed and back.
    for (const endpoint of [tone, transcode, slow, early]) {
      expect(endpoint?.calls).toMatchObject({ attempted: 3, completed: 3 });
      checkAudio(endpoint?.quality.received ?? null, 3, 3);
    }
    // 180 at once and the answer after 3 s: setup delay ends with the one, answer delay with the other (RFC 6076 §4.3).
    expect(slow?.signalling.setupDelayMs?.max).toBeLessThan(2000);
    expect(slow?.signalling.answerDelayMs?.min).toBeGreaterThanOrEqual(3000);
    expect(slow?.signalling.answerDelayMs?.max).toBeLessThan(8000);
    // 183 with SDP and a tone for 2 s before the answer: the audio that counts begins with the answer.
    expect(early?.signalling.answerDelayMs?.min).toBeGreaterThanOrEqual(2000);
    expect(early?.signalling.answerDelayMs?.max).toBeLessThan(7000);
    expect(responsesOf(result)).toMatchObject({ 'INVITE 180': 3, 'INVITE 183': 3, 'INVITE 200': 12, 'BYE 200': 12 });
  });

  it('bye5: Asterisk hangs up after 5 s of 20', async () => {
    const outcome = await call('bye5', '--calls', '3', '--rate', '10/s', '--hold', '20s', ...ALL_GOOD);
    const { result } = outcome;
    checkEnd(outcome, 3, 'fail');
    expect(result.calls).toMatchObject({ answered: 3, completed: 0, dropped: 3, succeeded: 0, oneWay: 0 });
    expect(result.calls.causes).toEqual([{ phase: 'established', sipStatus: null, cause: 'remoteBye', count: 3 }]);
    expect(responsesOf(result)).not.toHaveProperty('BYE 200');
    checkAudio(result.quality.received, 3, 5);
  });

  it('bridge: both legs are ours, and what each says of the audio agrees', async () => {
    answerer = await startAnswerer(BEHIND_ASTERISK_PORT);
    const outcome = await call('bridge', '--calls', '5', '--rate', '10/s', '--hold', '4s', ...ALL_GOOD);
    checkGoodCalls(outcome, 5, 4);
    const { exitCode, counts } = await answerer.stop();
    expect(exitCode).toBe(0);
    expect(counts).toMatchObject({ calls: 5, answered: 5, failed: 0, legs: 5, packetsLost: 0 });
    expect(counts['packetsReceived']).toBe(counts['packetsExpected']);
    // What we sent came through, but for the first packets while Asterisk joins the legs and the last ones at the BYE.
    const sent = outcome.result.generator.sentPackets;
    expect(counts['packetsReceived']).toBeLessThanOrEqual(sent);
    expect(counts['packetsReceived']).toBeGreaterThan(sent - 5 * (PACKETS_PER_SECOND / 2));
    // The answerer's own figures came back to us past Asterisk, and stand as the sent direction of the calls.
    expect(counts).toMatchObject({ figuresReturned: 5 });
    expect(outcome.result.quality.sent?.packets).toMatchObject({
      expected: counts['packetsExpected'],
      received: counts['packetsReceived'],
      lost: 0,
      duplicate: 0,
    });
    expect(outcome.result.quality.sent?.perCall.discardRatio?.count).toBe(5);
  });

  describe('digest', () => {
    it.each([
      ['MD5', '1001'],
      ['SHA-256', 'sha256'],
    ])('%s: challenged once, answered once, and good calls', async (_, user) => {
      const outcome = await digestCalls(user, 'secret');
      checkGoodCalls(outcome, 3, 2);
      expect(responsesOf(outcome.result)).toMatchObject({ 'INVITE 401': 3, 'INVITE 200': 3, 'BYE 200': 3 });
    });

    it('a wrong password: the call fails by its second 401', async () => {
      const outcome = await digestCalls('1001', 'wrong');
      checkEnd(outcome, 3, 'fail');
      expect(outcome.result.calls).toMatchObject({ attempted: 3, answered: 0, failed: 3 });
      expect(outcome.result.calls.causes).toMatchObject([{ phase: 'setup', sipStatus: 401, count: 3 }]);
    });
  });
});
