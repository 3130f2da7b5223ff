/** PCMA and G.722 with a PBX: echoed by it, and transcoded between a G.722 caller and an answerer that has PCMU alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asteriskAvailable, BEHIND_ASTERISK_PORT, startAsterisk, type Asterisk } from './asterisk-peer.js';
import type { DirectionQuality } from '../../src/run/result-quality.js';
import { checkEnd, runCallgauge, startAnswerer, type Answerer, type RunOutcome } from './callgauge.js';

const CALLS = 3;
const PACKETS = CALLS * 3 * 50;
const NEW_CODECS = ['PCMA', 'G722'] as const;

function checkAudio(received: DirectionQuality | null): void {
  expect(received?.packets).toMatchObject({ lost: 0, duplicate: 0, stray: 0, malformed: 0 });
  expect(received?.packets.received).toBeGreaterThan(PACKETS * 0.8);
  expect(received?.packets.received).toBeLessThanOrEqual(PACKETS + CALLS * 10);
}

// Again: on a host that others load Asterisk and we are late.
describe.skipIf(!asteriskAvailable())('codecs with Asterisk', { retry: 1 }, () => {
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

  async function run(extensions: readonly string[], codec: string): Promise<RunOutcome> {
    const endpoints = extensions
      .map((name) => `  - { name: ${name}, target: "${asterisk?.uri(name) ?? ''}" }\n`)
      .join('');
    const calls = extensions.length * CALLS;
    const load = `load: { calls: ${calls} }\ncall: { hold: 3s }\ngates: ["success_ratio == 100%"]\n`;
    const scenario = `version: 1\nname: codec\nendpoints:\n${endpoints}${load}`;
    const outcome = await runCallgauge(['--codec', codec, '--rate', '10/s'], { scenario });
    checkEnd(outcome, 0, 'pass');
    expect(outcome.result.calls).toMatchObject({ completed: calls, oneWay: 0, noMedia: 0, causes: [] });
    return outcome;
  }

  it.each(NEW_CODECS)('%s: echoed, and echoed behind a leg by G.722; whole, one packet every 20 ms', async (codec) => {
    const { result } = await run(['echo', 'transcode'], codec);
    expect(result.endpoints).toHaveLength(2);
    for (const endpoint of result.endpoints) {
      expect(endpoint.codec).toBe(codec);
      checkAudio(endpoint.quality.received);
    }
  });

  it('G.729 by its captured payloads: passed through, with a MOS by its Ie and Bpl', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'callgauge-g729-'));
    try {
      const file = join(folder, 'talk.g729');
      writeFileSync(file, new Uint8Array(2000).fill(0x55));
      const replay = `[{ file: ${file}, packetBytes: 20, rtpmap: G729/8000, payloadType: 18, fmtp: annexb=no }]`;
      const target = `target: "${asterisk?.uri('echo') ?? ''}"\n`;
      const scenario = `version: 1\nname: g729\n${target}codec: G729\nreplay: ${replay}\nload: { calls: ${CALLS} }\n`;
      const call = 'call: { hold: 3s }\ngates: ["success_ratio == 100%"]\n';
      const outcome = await runCallgauge(['--rate', '10/s'], { scenario: scenario + call });
      checkEnd(outcome, 0, 'pass');
      expect(outcome.result.endpoints[0]?.codec).toBe('G729');
      checkAudio(outcome.result.quality.received);
      // R = 93.2 − 11 at best.
      const mosLq = outcome.result.quality.received?.perCall.mosLq;
      expect(mosLq?.count).toBe(CALLS);
      expect(mosLq?.max).toBeLessThanOrEqual(4.106);
      expect(mosLq?.min).toBeGreaterThan(3.9);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('G722 with the caller, PCMU with the answerer: Asterisk transcodes both ways', async () => {
    answerer = await startAnswerer(BEHIND_ASTERISK_PORT);
    const { result } = await run(['bridge'], 'G722');
    checkAudio(result.quality.received);
    const { counts } = await answerer.stop();
    expect(counts).toMatchObject({ calls: CALLS, answered: CALLS, legs: CALLS, packetsLost: 0 });
    expect(counts['packetsReceived']).toBeGreaterThan(PACKETS * 0.8);
  });
});
