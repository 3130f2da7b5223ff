/**
 * Payloads of one captured RTP stream, from a file of RTPtools (`rtpdump -F dump`, also what Wireshark's "Save RTP stream"
 * makes): a line of text, a file header, and records of an 8-byte header and a packet. RTCP and malformed packets are skipped.
 */
import { readUint32, RtpHeader } from './packet.js';

const MAGIC = '#!rtpplay1.0 ';
/** Longer than an address and a port. */
const MAX_LINE_BYTES = 200;
const FILE_HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 8;
/** A minute and more: the clip loops. */
export const MAX_REPLAYED_PACKETS = 10_000;
/** What fits into a datagram that is not cut into fragments. */
export const MAX_REPLAYED_BYTES = 1400;

/** What is wrong with the file: expected and found. */
export class ReplayError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReplayError';
  }
}

export interface ReplayedPackets {
  /** One after another. */
  readonly payloads: Uint8Array;
  readonly lengths: Uint16Array;
}

/** Packets of one source and payload type, in order of arrival. */
export interface CapturedStream {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly packets: { readonly position: number; readonly timestamp: number; readonly payload: Uint8Array }[];
}

/**
 * In order of sequence, each once. Packets of other payload types (key presses, comfort noise) are left out, and the pauses
 * that they stand for close up.
 * @param unitsPerPacket what the timestamps must grow by @throws ReplayError
 */
export function readRtpDump(file: Uint8Array, unitsPerPacket: number): ReplayedPackets {
  return replayOf(streamIn(file), unitsPerPacket);
}

/** As `readRtpDump` does with the stream of such a file. @throws ReplayError */
export function replayOf(stream: CapturedStream, unitsPerPacket: number): ReplayedPackets {
  const packets = stream.packets.toSorted((a, b) => a.position - b.position);
  const each = packets.filter(({ position }, index) => position !== packets[index - 1]?.position);
  checkTime(each, unitsPerPacket);
  return joinPackets(each.map(({ payload }) => payload));
}

/** A file that is packets of one size and nothing else. @throws ReplayError */
export function cutPackets(file: Uint8Array, packetBytes: number): ReplayedPackets {
  const count = file.length / packetBytes;
  if (!Number.isInteger(count) || count === 0) {
    throw new ReplayError(`expected packets of ${packetBytes} bytes and nothing else, found ${file.length} bytes`);
  }
  return joinPackets(Array.from({ length: count }, (_, i) => file.subarray(i * packetBytes, (i + 1) * packetBytes)));
}

function streamIn(file: Uint8Array): CapturedStream {
  const header = new RtpHeader();
  let stream: CapturedStream | null = null;
  for (let at = firstRecord(file); at < file.length;) {
    const length = word(file, at);
    const end = at + length;
    if (length < RECORD_HEADER_BYTES || end > file.length) {
      throw new ReplayError(`expected a whole record at byte ${at}, found the end of the file`);
    }
    const packet = file.subarray(at + RECORD_HEADER_BYTES, end);
    // A packet length of 0 is RTCP.
    if (word(file, at + 2) > 0 && header.parse(packet, packet.length) === 'rtp') {
      stream ??= { ssrc: header.ssrc, payloadType: header.payloadType, packets: [] };
      if (header.ssrc !== stream.ssrc) {
        throw new ReplayError('expected one RTP stream, found a second source (SSRC)');
      }
      takePacket(stream, header, packet);
    }
    at = end;
  }
  if (stream === null) {
    throw new ReplayError('expected RTP packets, found none');
  }
  return stream;
}

/** The packet that `header` was read of, where it is of this payload type and holds something. */
export function takePacket(stream: CapturedStream, header: RtpHeader, packet: Uint8Array): void {
  const { packets } = stream;
  if (header.payloadType !== stream.payloadType || header.payloadLength === 0) {
    return;
  }
  const before = packets.at(-1)?.position ?? header.sequence;
  const position = before + (((header.sequence - before) << 16) >> 16);
  const payload = packet.subarray(header.payloadOffset, header.payloadOffset + header.payloadLength);
  packets.push({ position, timestamp: header.timestamp, payload });
}

function firstRecord(file: Uint8Array): number {
  const line = String.fromCharCode(...file.subarray(0, MAX_LINE_BYTES));
  const end = line.indexOf('\n');
  if (!line.startsWith(MAGIC) || end < 0) {
    throw new ReplayError(
      'expected a capture (pcap, pcapng) or a file of rtpdump, which begins with "#!rtpplay1.0 ", found another beginning',
    );
  }
  return end + 1 + FILE_HEADER_BYTES;
}

/** Most steps between neighbours must be those of the packet time: a pause of the speaker makes a longer one here and there. */
function checkTime(packets: CapturedStream['packets'], unitsPerPacket: number): void {
  const counts = new Map<number, number>();
  for (const [index, { position, timestamp }] of packets.entries()) {
    const next = packets[index + 1];
    if (next !== undefined && next.position === position + 1) {
      const step = (next.timestamp - timestamp) >>> 0;
      counts.set(step, (counts.get(step) ?? 0) + 1);
    }
  }
  const [usual] = [...counts].toSorted(([, a], [, b]) => b - a);
  if (usual !== undefined && usual[0] !== unitsPerPacket) {
    throw new ReplayError(
      `expected timestamps that grow by ${unitsPerPacket} a packet, as rtpmap and ptime say, found ${usual[0]}`,
    );
  }
}

/** @throws ReplayError for too many, or too long ones */
export function joinPackets(packets: readonly Uint8Array[]): ReplayedPackets {
  if (packets.length > MAX_REPLAYED_PACKETS) {
    throw new ReplayError(`expected at most ${MAX_REPLAYED_PACKETS} packets (the clip loops), found ${packets.length}`);
  }
  const longest = packets.reduce((most, { length }) => Math.max(most, length), 0);
  if (longest > MAX_REPLAYED_BYTES) {
    throw new ReplayError(`expected payloads of at most ${MAX_REPLAYED_BYTES} bytes, found one of ${longest}`);
  }
  const payloads = new Uint8Array(packets.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const packet of packets) {
    payloads.set(packet, at);
    at += packet.length;
  }
  return { payloads, lengths: Uint16Array.from(packets, ({ length }) => length) };
}

function word(data: Uint8Array, at: number): number {
  return readUint32(data, at) >>> 16;
}
