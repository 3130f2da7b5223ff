/** tshark as a second opinion: a capture on loopback, and what it says of the RTP streams in it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_MS = 10_000;
const READ_MS = 30_000;
/** What is still in the kernel's buffer when a run has ended. */
const SETTLE_MS = 1000;

/** One line of `-z rtp,streams`. */
export interface RtpStream {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly packets: number;
  readonly lost: number;
  readonly meanJitterMs: number;
  readonly maxJitterMs: number;
}

export interface CapturedCalls {
  /** pcapng, there until `discard`. */
  readonly file: string;
  readonly streams: readonly RtpStream[];
  /** Port for audio in the offer, by Call-ID. */
  readonly offeredPorts: ReadonlyMap<string, number>;
}

export interface Capture {
  /** Ends the capture and reads it. */
  stop(): Promise<CapturedCalls>;
  /** Ends it without a reading, and removes its file. */
  discard(): Promise<void>;
}

/**
 * True when tshark is installed.
 * @throws Error when it is missing and CALLGAUGE_CI=1, where a skipped suite must not look like a passed one.
 */
export function tsharkAvailable(): boolean {
  const { stdout } = spawnSync('tshark', ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const available = typeof stdout === 'string' && stdout.startsWith('TShark');
  if (!available && process.env['CALLGAUGE_CI'] === '1') {
    throw new Error('expected tshark, found none; run test/interop/peers/install.sh');
  }
  return available;
}

/**
 * Captures UDP on loopback. @param sipPorts ports of the called sides @param rtpPorts ours, first and last
 * @throws Error when the capture does not start, for one for lack of rights
 */
export async function startCapture(sipPorts: readonly number[], rtpPorts: readonly [number, number]): Promise<Capture> {
  const directory = mkdtempSync(join(tmpdir(), 'callgauge-capture-'));
  const file = join(directory, 'capture.pcapng');
  const filter = [...sipPorts.map((port) => `udp port ${port}`), `udp portrange ${rtpPorts.join('-')}`].join(' or ');
  const child = spawn('timeout', ['120', 'dumpcap', '-q', '-i', 'lo', '-f', filter, '-w', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'exit');
  const discard = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  const deadline = performance.now() + START_MS;
  while (!said.includes('File: ')) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await discard();
      throw new Error(`expected dumpcap to capture on lo, found: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const stop = async (): Promise<CapturedCalls> => {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    child.kill('SIGTERM');
    await ended;
    const asSip = sipPorts.flatMap((port) => ['-d', `udp.port==${port},sip`]);
    return { file, streams: readStreams(file, asSip), offeredPorts: readOffers(file, asSip) };
  };
  return { stop, discard };
}

/** What tshark says of a capture that somebody else wrote; its SIP tells it what is RTP. */
export function streamsOf(capture: Uint8Array, sipPorts: readonly number[]): RtpStream[] {
  const directory = mkdtempSync(join(tmpdir(), 'callgauge-capture-'));
  try {
    const file = join(directory, 'own.pcapng');
    writeFileSync(file, capture);
    const table = tshark(file, [
      ...sipPorts.flatMap((port) => ['-d', `udp.port==${port},sip`]),
      '-q',
      '-z',
      'rtp,streams',
    ]);
    return streamsIn(table);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function tshark(file: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync('tshark', ['-n', '-r', file, ...args], {
    encoding: 'utf8',
    timeout: READ_MS,
  });
  if (status !== 0) throw new Error(`expected tshark to read the capture, found: ${stderr}`);
  return stdout;
}

/** Columns: start, end, address and port of source and destination, SSRC, payload, packets, lost (%), delta × 3, jitter × 3. */
function readStreams(file: string, asSip: readonly string[]): RtpStream[] {
  return streamsIn(tshark(file, [...asSip, '--enable-heuristic', 'rtp_udp', '-q', '-z', 'rtp,streams']));
}

function streamsIn(table: string): RtpStream[] {
  const line =
    /^\s*[\d.]+\s+[\d.]+\s+[\d.]+\s+(\d+)\s+[\d.]+\s+(\d+)\s+0x[0-9A-F]+\s+\S+\s+(\d+)\s+(-?\d+) \([-\d.]+%\)\s+[\d.]+\s+[\d.]+\s+[\d.]+\s+[\d.]+\s+([\d.]+)\s+([\d.]+)/gm;
  return [...table.matchAll(line)].map(([, ...fields]) => {
    const [sourcePort = 0, destinationPort = 0, packets = 0, lost = 0, meanJitterMs = 0, maxJitterMs = 0] =
      fields.map(Number);
    return { sourcePort, destinationPort, packets, lost, meanJitterMs, maxJitterMs };
  });
}

function readOffers(file: string, asSip: readonly string[]): Map<string, number> {
  const fields = ['-Y', 'sip.Method == "INVITE" && sdp', '-T', 'fields', '-e', 'sip.Call-ID', '-e', 'sdp.media.port'];
  const lines = tshark(file, [...asSip, ...fields])
    .split('\n')
    .filter((line) => line !== '');
  return new Map(lines.map((line) => line.split('\t')).map(([callId = '', port]) => [callId, Number(port)]));
}
