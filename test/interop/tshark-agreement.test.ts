/** Our figures of RTP streams beside tshark's of the same packets: counts must be equal, jitter nearly so. */
import { afterEach, expect, it } from 'vitest';
import { checkEnd, runCallgauge, type CallRow } from './callgauge.js';
import { startHostilePeer, type HostilePeer } from './hostile-peer.js';
import { sippAvailable, startSippUas, type SippUas } from './sipp-peer.js';
import { startCapture, tsharkAvailable, type Capture, type RtpStream } from './tshark.js';

const SIPP_PORT = 15_500;
const RTP_PORTS = [29_000, 29_199] as const;
const CALLS_EACH = 5;
/** Both peers end within the last 0.2 s of the call, in which no packet is expected: so our silence rule adds no loss. */
const HOLD = '5100ms';
const SIPP_PACKETS = 250;
const HOSTILE_PACKETS = 248;
const GAPS = 24;
const JITTER_TOLERANCE_MS = 0.3;

let uas: SippUas | undefined;
let hostile: HostilePeer | undefined;
let capture: Capture | undefined;
afterEach(async () => {
  await Promise.all([uas?.stop(), hostile?.stop(), capture?.discard()]);
  uas = undefined;
  hostile = undefined;
  capture = undefined;
});

const scenario = (hostilePort: number): string => `version: 1
name: agreement
endpoints:
  - { name: sipp, target: "sip:load@127.0.0.1:${SIPP_PORT}" }
  - { name: gaps, target: "sip:load@127.0.0.1:${hostilePort}" }
call: { hold: ${HOLD} }
load: { calls: ${2 * CALLS_EACH} }
gates: [success_ratio == 100%]
network: { rtpPorts: ${RTP_PORTS.join('-')} }
`;

function theOne(streams: readonly RtpStream[], port: number, end: 'sourcePort' | 'destinationPort'): RtpStream {
  const found = streams.filter((stream) => stream[end] === port);
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`expected one stream with ${end} ${port}, found ${JSON.stringify(streams)}`);
  }
  return found[0];
}

function jitterLine({ received }: CallRow, stream: RtpStream): string {
  const ours = `${received?.jitterMs?.toFixed(3)} / ${received?.jitterMaxMs?.toFixed(3)}`;
  return `jitter mean / max, ms: callgauge ${ours}, tshark ${stream.meanJitterMs} / ${stream.maxJitterMs}`;
}

const isUnable = !sippAvailable() || !tsharkAvailable();

// Once more: on a host that others load the last packets may come after our BYE.
it.skipIf(isUnable)('counts the packets that tshark counts', { retry: 1 }, async () => {
  uas = await startSippUas({ port: SIPP_PORT, mediaPort: 27_000, behaviour: 'audio-5s' });
  hostile = await startHostilePeer({ rtp: 'gaps', packets: HOSTILE_PACKETS });
  capture = await startCapture([SIPP_PORT, hostile.port], RTP_PORTS);
  const outcome = await runCallgauge([], { scenario: scenario(hostile.port) });
  const { streams, offeredPorts } = await capture.stop();
  checkEnd(outcome, 0, 'pass');
  expect(outcome.calls).toHaveLength(2 * CALLS_EACH);
  expect(offeredPorts.size).toBe(2 * CALLS_EACH);
  for (const call of outcome.calls) {
    const port = offeredPorts.get(call.callId) ?? 0;
    const stream = theOne(streams, port, 'destinationPort');
    console.info(jitterLine(call, stream));
    const isSipp = call.endpoint === 'sipp';
    const counted = { received: stream.packets, lost: stream.lost };
    expect(counted).toEqual(
      isSipp ? { received: SIPP_PACKETS, lost: 0 } : { received: HOSTILE_PACKETS - GAPS, lost: GAPS },
    );
    expect(call.received).toMatchObject(counted);
    expect(Math.abs((call.received?.jitterMs ?? Number.NaN) - stream.meanJitterMs)).toBeLessThan(JITTER_TOLERANCE_MS);
    expect(Math.abs((call.received?.jitterMaxMs ?? Number.NaN) - stream.maxJitterMs)).toBeLessThan(JITTER_TOLERANCE_MS);
    expect(theOne(streams, port, 'sourcePort')).toMatchObject({ packets: call.sent?.packets, lost: 0 });
  }
});
