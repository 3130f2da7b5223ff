/** Calls in a codec that is not built in, from a file of payloads to the report; and what far ends say by RTCP-XR. */
import { expect, test } from 'vitest';
import { readRows, run, temporaryFile } from './cli.js';

interface CallRow {
  readonly codec: string | null;
  readonly farEndXr: { readonly reports: number; readonly lossRatio: number | null } | null;
  readonly sent: { readonly basis: string | null; readonly mosLq: number | null } | null;
}

const SCENARIO = `version: 1
name: g729
target: loopback
codec: g729
replay:
  - { file: talk.g729, packetBytes: 20, rtpmap: G729/8000, payloadType: 18, fmtp: annexb=no }
load: { calls: 2, stages: [{ rate: 4/s }] }
call: { hold: 4s }
gates: ["success_ratio == 100%"]
`;

test('G.729 by its captured payloads: agreed on, echoed, scored with its Ie and Bpl', async () => {
  const file = temporaryFile(
    'talk.g729',
    new Uint8Array(2000).map((_, i) => i),
  );
  const scenario = temporaryFile('g729.yaml', SCENARIO.replace('talk.g729', file));
  const { code, result, folder } = await run([scenario]);
  expect([code, result.verdict]).toEqual([0, 'pass']);
  expect(result.endpoints[0]?.codecs).toEqual([{ codec: 'G729', legs: 2 }]);
  expect(result.method.codecs).toMatchObject([{ codec: 'G729', ie: 11, bpl: 19, scale: 'narrowband' }]);
  expect(result.quality.received?.packets.received).toBeGreaterThan(2 * 4 * 50 * 0.5);
  expect(result.quality.received?.perCall.mosLq).toMatchObject({ count: 2, scale: 'MOS-LQEN' });
  // Without any loss R = 93.2 − 11 and MOS 4.105; never above.
  expect(result.quality.received?.perCall.mosLq?.max).toBeLessThanOrEqual(4.106);
  // Our answerer does not know the codec; its counts are scored here all the same.
  expect(result.quality.sent?.legs).toEqual({ rtcp: 0, answerer: 2 });
  expect(result.quality.sent?.perCall.mosLq?.count).toBe(2);
  // It has no score of its own to tell by RTCP-XR, but what it received.
  expect(result.quality.farEndXr).toMatchObject({ legs: 2, lossRatio: { count: 2 }, mosLq: null });
  for (const call of readRows<CallRow>(folder, 'calls')) {
    expect(call).toMatchObject({ codec: 'G729', sent: { basis: 'answerer' } });
    expect(call.farEndXr?.reports).toBeGreaterThan(0);
  }
});
