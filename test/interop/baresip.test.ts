/** A soft phone: we call it, and it calls us; its own summary of the call beside our counts. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  baresipAvailable,
  callByBaresip,
  parseSummary,
  startBaresip,
  type Baresip,
  type BaresipSummary,
} from './baresip-peer.js';
import { checkEnd, receivedOf, responsesOf, runCallgauge, startAnswerer } from './callgauge.js';

const CALLS = 20;
/** Long enough for RTCP, of which the first report comes within 5 s. */
const CALLED_SECONDS = 8;

type Counts = Readonly<Record<string, number>>;
interface Called {
  readonly summary: BaresipSummary;
  readonly counts: Counts;
}

/** baresip calls our answerer. */
async function called(): Promise<Called> {
  const answerer = await startAnswerer(0);
  try {
    const summary = await callByBaresip(`sip:load@127.0.0.1:${answerer.port}`, CALLED_SECONDS);
    const { counts } = await answerer.stop();
    expect(counts).toMatchObject({ calls: 1, answered: 1, failed: 0, legs: 1 });
    return { summary, counts };
  } finally {
    await answerer.stop();
  }
}

// Again: on a host that others load the soft phone and we are late.
describe.skipIf(!baresipAvailable())('baresip', { retry: 1 }, () => {
  let baresip: Baresip | undefined;
  afterEach(async () => {
    await baresip?.stop();
    baresip = undefined;
  });

  it('20 calls at once to its echo: all good, audio both ways', async () => {
    baresip = await startBaresip();
    const args = ['--calls', `${CALLS}`, '--rate', '20/s', '--hold', '4s', '--gate', 'success_ratio == 100%'];
    const outcome = await runCallgauge(['--target', baresip.uri, ...args]);
    checkEnd(outcome, 0, 'pass');
    const { result } = outcome;
    expect(result.calls).toMatchObject({ answered: CALLS, completed: CALLS, peakConcurrent: CALLS });
    expect(result.calls).toMatchObject({ oneWay: 0, noMedia: 0, roundTrip: 0, causes: [] });
    expect(responsesOf(result)).toMatchObject({ 'INVITE 200': CALLS, 'BYE 200': CALLS });
    const { packets, perCall } = receivedOf(result);
    expect(packets).toMatchObject({ lost: 0, duplicate: 0, reordered: 0, stray: 0, malformed: 0 });
    expect(packets.received).toBeGreaterThan(CALLS * 4 * 50 * 0.9);
    expect(perCall.mosLq?.count).toBe(CALLS);
    expect(perCall.lossRatio?.max).toBe(0);
  });

  it('takes our Opus, encoded once, and sends Opus of its own back', async () => {
    baresip = await startBaresip();
    const args = ['--codec', 'OPUS', '--calls', '3', '--rate', '10/s', '--hold', '3s'];
    const outcome = await runCallgauge(['--target', baresip.uri, ...args, '--gate', 'success_ratio == 100%']);
    checkEnd(outcome, 0, 'pass');
    const { result } = outcome;
    expect(result.endpoints[0]?.codecs).toEqual([{ codec: 'OPUS', legs: 3 }]);
    expect(result.calls).toMatchObject({ answered: 3, completed: 3, oneWay: 0, noMedia: 0 });
    expect(receivedOf(result).packets).toMatchObject({ lost: 0, stray: 0, malformed: 0 });
    expect(receivedOf(result).packets.received).toBeGreaterThan(3 * 3 * 50 * 0.8);
    // On its 48 kHz clock: with a wrong one the jitter would be in the hundreds of ms.
    expect(receivedOf(result).perCall.jitterMs?.max).toBeLessThan(50);
    expect(receivedOf(result).perCall).toMatchObject({ mosLq: null, mosLqWb: null });
  });

  describe('calls our answerer', () => {
    it('counts what it says that it sent and received', async () => {
      const { summary, counts } = await called();
      expect(summary.sent).toBeGreaterThan((CALLED_SECONDS - 2) * 50);
      expect(counts['packetsLost']).toBe(0);
      // The last packets may be under way at its BYE.
      expect(Math.abs(summary.sent - (counts['packetsReceived'] ?? 0))).toBeLessThanOrEqual(2);
      // Our echo skips a packet that is more than one packet time late, which a busy host makes happen.
      expect(summary.received).toBeLessThanOrEqual((counts['packetsReceived'] ?? 0) + 2);
      expect(summary.received).toBeGreaterThan(summary.sent / 2);
    });

    it('hears by RTCP what we received of it', async () => {
      const { summary, counts } = await called();
      expect(summary.rtcp).not.toBeNull();
      expect(summary.rtcp?.lost).toEqual({ sent: counts['packetsLost'], received: 0 });
      // Both directions run over the same loopback at the same time: neither end's jitter is far from the other's.
      const { sent = Number.NaN, received = Number.NaN } = summary.rtcp?.jitterMs ?? {};
      expect(Math.abs(sent - received)).toBeLessThan(5);
    });
  });
});

it('reads the summary of baresip', () => {
  const text = `audio           Transmit:     Receive:
packets:            399          398
errors:               0            0
pkt.report:         251          250
lost:                 3            1
jitter:             1.8          2.0  (ms)
`;
  expect(parseSummary(text)).toEqual({
    sent: 399,
    received: 398,
    rtcp: { lost: { sent: 3, received: 1 }, jitterMs: { sent: 1.8, received: 2 } },
  });
  expect(parseSummary('packets:   1  2\n').rtcp).toBeNull();
  expect(() => parseSummary('')).toThrow('expected the summary');
});
