/** PCMA and G.722 with a PBX: echoed by it, and transcoded between a G.722 caller and an answerer that has PCMU alone. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asteriskAvailable, BEHIND_ASTERISK_PORT, startAsterisk, type Asterisk } from './asterisk-peer.js';
import { checkEnd, receivedOf, runCallgauge, startAnswerer, type Answerer, type RunOutcome } from './callgauge.js';
import { hasCodec } from './features.js';

const CALLS = 3;
const PACKETS = CALLS * 3 * 50;
const NEW_CODECS = ['PCMA', 'G722'] as const;
const isUnable = !asteriskAvailable() || !NEW_CODECS.every(hasCodec);

// Again: on a host that others load Asterisk and we are late.
describe.skipIf(isUnable)('codecs with Asterisk', { retry: 1 }, () => {
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

  const run = (extension: string, codec: string): Promise<RunOutcome> => {
    const target = ['--target', asterisk?.uri(extension) ?? '', '--codec', codec];
    const load = ['--calls', `${CALLS}`, '--rate', '10/s', '--hold', '3s', '--gate', 'success_ratio == 100%'];
    return runCallgauge([...target, ...load]);
  };

  function checkGood(outcome: RunOutcome): void {
    checkEnd(outcome, 0, 'pass');
    expect(outcome.result.calls).toMatchObject({ completed: CALLS, oneWay: 0, noMedia: 0, causes: [] });
    const { packets } = receivedOf(outcome.result);
    expect(packets).toMatchObject({ lost: 0, duplicate: 0, stray: 0, malformed: 0 });
    expect(packets.received).toBeGreaterThan(PACKETS * 0.8);
    expect(packets.received).toBeLessThanOrEqual(PACKETS + CALLS * 10);
  }

  it.each(NEW_CODECS)('%s: echoed whole, one packet every 20 ms', async (codec) => {
    const outcome = await run('echo', codec);
    checkGood(outcome);
    expect(outcome.result.endpoints[0]?.codec).toBe(codec);
  });

  it.each(NEW_CODECS)('%s with us, G.722 inside', async (codec) => {
    checkGood(await run('transcode', codec));
  });

  it('G722 with the caller, PCMU with the answerer: Asterisk transcodes both ways', async () => {
    answerer = await startAnswerer(BEHIND_ASTERISK_PORT);
    const outcome = await run('bridge', 'G722');
    checkGood(outcome);
    const { counts } = await answerer.stop();
    expect(counts).toMatchObject({ calls: CALLS, answered: CALLS, legs: CALLS, packetsLost: 0 });
    expect(counts['packetsReceived']).toBeGreaterThan(PACKETS * 0.8);
  });
});
