/** Payloads to replay out of a capture (pcap, pcapng): those of the longest RTP stream that has the payload type of the codec. */
import { CaptureError } from '../capture/capture-error.js';
import { CaptureReader } from '../capture/capture-reader.js';
import { DatagramReader, type Datagram } from '../capture/datagram-reader.js';
import { RtpHeader } from '../rtp/packet.js';
import {
  MAX_REPLAYED_PACKETS,
  ReplayError,
  replayOf,
  takePacket,
  type CapturedStream,
  type ReplayedPackets,
} from '../rtp/rtp-dump.js';

/** How files of pcap (µs and ns, either byte order) and pcapng begin. */
const MAGICS: ReadonlySet<number> = new Set([0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a]);
/** A capture of a busy host holds more; the longest is among the first, or the file is not meant for this. */
const MAX_STREAMS = 1000;
/** Fewer in a row of one source are taken for something else that looks like RTP. */
const FEWEST_PACKETS = 4;

export function isCapture(file: Uint8Array): boolean {
  return file.length >= 4 && MAGICS.has(new DataView(file.buffer, file.byteOffset).getUint32(0));
}

/**
 * In order of sequence, each once, at most the first 10,000.
 * @param unitsPerPacket what the timestamps must grow by @throws ReplayError
 */
export function readCapture(file: Uint8Array, payloadType: number, unitsPerPacket: number): ReplayedPackets {
  const streams = streamsIn(file);
  const [longest] = streams
    .filter((stream) => stream.payloadType === payloadType)
    .toSorted((one, other) => other.packets.length - one.packets.length);
  if (longest === undefined) {
    const found = [...new Set(streams.map((stream) => stream.payloadType))].toSorted((a, b) => a - b);
    const others = found.length === 0 ? 'no RTP' : `payload types ${found.join(', ')}`;
    throw new ReplayError(`expected an RTP stream of payload type ${payloadType}, found ${others}`);
  }
  return replayOf(longest, unitsPerPacket);
}

function streamsIn(file: Uint8Array): CapturedStream[] {
  const streams = new Map<string, CapturedStream>();
  const datagrams = new DatagramReader();
  const header = new RtpHeader();
  const reader = new CaptureReader((packet) => {
    const { datagram } = datagrams;
    if (datagrams.read(packet) !== null || header.parse(datagram.payload, datagram.payload.length) !== 'rtp') {
      return;
    }
    const stream = streamOf(streams, datagram, header);
    if (stream === null || stream.packets.length >= MAX_REPLAYED_PACKETS) {
      return;
    }
    if (datagram.payload.length < datagram.length) {
      throw new ReplayError(
        `expected whole packets, found one of ${datagram.length} bytes of which ${datagram.payload.length} were captured`,
      );
    }
    takePacket(stream, header, datagram.payload.slice());
  });
  try {
    reader.push(file);
  } catch (error) {
    // What stands before the damage is as good as ever.
    if (!(error instanceof CaptureError) || streams.size === 0) throw replayErrorOf(error);
  }
  return [...streams.values()].filter(({ packets }) => packets.length >= FEWEST_PACKETS);
}

/** Null where there are too many. */
function streamOf(streams: Map<string, CapturedStream>, from: Datagram, header: RtpHeader): CapturedStream | null {
  const { source, destination, sourcePort, destinationPort } = from;
  const { ssrc, payloadType } = header;
  const key = [...source, sourcePort, ...destination, destinationPort, ssrc, payloadType].join();
  const known = streams.get(key);
  if (known !== undefined || streams.size >= MAX_STREAMS) {
    return known ?? null;
  }
  const stream = { ssrc, payloadType, packets: [] };
  streams.set(key, stream);
  return stream;
}

const replayErrorOf = (error: unknown): unknown =>
  error instanceof CaptureError ? new ReplayError(error.message) : error;
