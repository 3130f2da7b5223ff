/** Our figures of RTP streams beside tshark's of the same packets: counts must be equal, and jitter to the microsecond. */
import { afterEach, expect, it } from 'vitest';
import { asteriskAvailable, startAsterisk, type Asterisk } from './asterisk-peer.js';
import type { Analysis } from '../../src/analysis/analysis.js';
import { analyzeCapture, checkEnd, runCallgauge, type CallRow } from './callgauge.js';
import { startHostilePeer, type HostilePeer } from './hostile-peer.js';
import { sippAvailable, startSippUas, type SippUas } from './sipp-peer.js';
import { startCapture, streamsOf, tsharkAvailable, type Capture, type RtpStream } from './tshark.js';

const SIPP_PORT = 15_500;
const RTP_PORTS = [29_000, 29_199] as const;
const CALLS_EACH = 5;
/** Both peers end within the last 0.2 s of the call, in which no packet is expected: so our silence rule adds no loss. */
const HOLD = '5100ms';
const SIPP_PACKETS = 250;
const HOSTILE_PACKETS = 248;
const GAPS = 24;
/** tshark prints three decimals. */
const JITTER_ROUNDING_MS = 0.0011;

let asterisk: Asterisk | undefined;
let uas: SippUas | undefined;
let hostile: HostilePeer | undefined;
let capture: Capture | undefined;
afterEach(async () => {
  await Promise.all([asterisk?.stop(), uas?.stop(), hostile?.stop(), capture?.discard()]);
  asterisk = undefined;
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

/**
 * Both have the same arrival times: the kernel's stamp of the packet, which the socket and the capture share. The mean is over the
 * same estimates, but that of the first packet, always 0, is one of ours and none of tshark's.
 */
function checkJitter({ received }: CallRow, stream: RtpStream): void {
  const [mean, max] = [received?.jitterMs ?? Number.NaN, received?.jitterMaxMs ?? Number.NaN];
  expect(Math.abs((mean * stream.packets) / (stream.packets - 1) - stream.meanJitterMs)).toBeLessThan(
    JITTER_ROUNDING_MS,
  );
  expect(Math.abs(max - stream.maxJitterMs)).toBeLessThan(JITTER_ROUNDING_MS);
}

/** The capture of another program, by our measurement: what a live call has. */
function checkAnalysis(call: CallRow, analysis: Analysis, port: number): void {
  const own = analysis.streams.filter(
    ({ callId, destination }) => callId === call.callId && destination.endsWith(`:${port}`),
  );
  expect(own).toMatchObject([
    {
      expected: call.received?.expected,
      received: call.received?.received,
      lost: call.received?.lost,
      duplicate: call.received?.duplicate,
      reordered: call.received?.reordered,
    },
  ]);
  expect(own[0]?.jitterMs).toBeCloseTo(call.received?.jitterMs ?? Number.NaN, 3);
  expect(own[0]?.jitterMaxMs).toBeCloseTo(call.received?.jitterMaxMs ?? Number.NaN, 3);
}

/** Our own capture of the call, as tshark reads it: as many packets, and the same jitter. */
function checkOwnCapture(call: CallRow, capture: Uint8Array, stream: RtpStream): void {
  const found = streamsOf(capture, [SIPP_PORT, hostile?.port ?? 0]);
  const own = theOne(found, stream.destinationPort, 'destinationPort');
  expect(own).toMatchObject({ packets: stream.packets, lost: stream.lost, sourcePort: stream.sourcePort });
  checkJitter(call, own);
  expect(theOne(found, stream.destinationPort, 'sourcePort').packets).toBe(call.sent?.packets);
}

const isUnable = !sippAvailable() || !tsharkAvailable();

// Once more: on a host that others load the last packets may come after our BYE.
it.skipIf(isUnable)('counts the packets that tshark counts', { retry: 1 }, async () => {
  uas = await startSippUas({ port: SIPP_PORT, mediaPort: 27_000, behaviour: 'audio-5s' });
  hostile = await startHostilePeer({ rtp: 'gaps', packets: HOSTILE_PACKETS });
  capture = await startCapture([SIPP_PORT, hostile.port], RTP_PORTS);
  const outcome = await runCallgauge([], { scenario: scenario(hostile.port) });
  const { file, streams, offeredPorts } = await capture.stop();
  const analysis = analyzeCapture(file);
  checkEnd(outcome, 0, 'pass');
  expect(['io_uring', 'libc']).toContain(outcome.result.generator.netBackend);
  expect(outcome.calls).toHaveLength(2 * CALLS_EACH);
  expect(offeredPorts.size).toBe(2 * CALLS_EACH);
  expect([...outcome.captures.keys()]).toEqual([0, CALLS_EACH]); // one of each endpoint
  for (const call of outcome.calls) {
    const port = offeredPorts.get(call.callId) ?? 0;
    const stream = theOne(streams, port, 'destinationPort');
    const isSipp = call.endpoint === 'sipp';
    const counted = { received: stream.packets, lost: stream.lost };
    expect(counted).toEqual(
      isSipp ? { received: SIPP_PACKETS, lost: 0 } : { received: HOSTILE_PACKETS - GAPS, lost: GAPS },
    );
    expect(call.received).toMatchObject(counted);
    checkJitter(call, stream);
    expect(theOne(streams, port, 'sourcePort')).toMatchObject({ packets: call.sent?.packets, lost: 0 });
    checkAnalysis(call, analysis, port);
    const own = outcome.captures.get(call.call);
    if (own !== undefined) checkOwnCapture(call, own, stream);
  }
});

// Once more: on a host that others load a packet may be under way at our BYE, which the capture has and we have not.
it.skipIf(!asteriskAvailable() || !tsharkAvailable())(
  'counts and times what Asterisk echoes as tshark does',
  { retry: 1 },
  async () => {
    asterisk = await startAsterisk();
    capture = await startCapture([asterisk.port], RTP_PORTS);
    const load = ['--calls', `${CALLS_EACH}`, '--rate', '10/s', '--hold', '6s', '--gate', 'success_ratio == 100%'];
    const scenario = `version: 1\nname: echo\ntarget: "${asterisk.uri('echo')}"\nnetwork: { rtpPorts: ${RTP_PORTS.join('-')} }\n`;
    const outcome = await runCallgauge(load, { scenario });
    const { file, streams, offeredPorts } = await capture.stop();
    const analysis = analyzeCapture(file);
    checkEnd(outcome, 0, 'pass');
    expect(['io_uring', 'libc']).toContain(outcome.result.generator.netBackend);
    expect(outcome.calls).toHaveLength(CALLS_EACH);
    for (const call of outcome.calls) {
      const port = offeredPorts.get(call.callId) ?? 0;
      const stream = theOne(streams, port, 'destinationPort');
      expect(call.received).toMatchObject({ received: stream.packets, lost: stream.lost });
      checkJitter(call, stream);
      expect(theOne(streams, port, 'sourcePort')).toMatchObject({ packets: call.sent?.packets, lost: 0 });
      checkAnalysis(call, analysis, port);
    }
  },
);
