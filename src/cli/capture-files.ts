/**
 * `evidence/call-<n>.pcapng` and `.wav`: the packets of sampled calls and the last headers of failed ones, with the SIP messages of the
 * call among them, so that Wireshark shows the call as a call. Written when a call is over, with the other files.
 */
import { join } from 'node:path';
import { CaptureReader } from '../capture/capture-reader.js';
import { DatagramReader } from '../capture/datagram-reader.js';
import type { UdpEnd } from '../capture/datagram-writer.js';
import { fileHeader, sortedFile, type WallTime } from '../capture/pcapng-writer.js';
import { parseIp } from '../lib/ip-address.js';
import { NS_PER_MS } from '../lib/clock.js';
import { ReceivedAudio } from '../media/received-audio.js';
import { wavFile } from '../media/wav-file.js';
import { RtpHeader } from '../rtp/packet.js';
import type { CaptureBook, CapturedCall, CaptureFact } from '../run/capture-book.js';
import type { EvidenceBook } from '../run/evidence-book.js';
import { audioPath, capturePath } from '../run/worst-call-block.js';
import type { CallLadder, CapturePart, SignallingSetup } from '../worker/messages.js';
import { PacketBlocks } from '../worker/packet-blocks.js';
import type { ProcessHost } from './host.js';

/** What a UDP datagram holds. */
const MAX_MESSAGE_BYTES = 65_000;

export interface CaptureFilesPlan {
  readonly version: string;
  readonly wallOffset: WallTime;
  readonly localAddress: string;
  /** Of the signalling workers. */
  readonly localPorts: () => readonly number[];
  readonly signalling: readonly SignallingSetup[];
  /** What must not be shown is taken out of SIP messages. */
  readonly redact: (text: string) => string;
}

export class CaptureFiles {
  /** Nothing more will come: whatever is left is written. */
  isLast = false;
  private hasFolder = false;

  constructor(
    private readonly host: Pick<ProcessHost, 'makeDirectory' | 'writeFile'>,
    private readonly directory: string,
    private readonly plan: CaptureFilesPlan,
  ) {}

  /** Writes what is ready. @throws the error of a disk that refuses; what is not written is tried again the next time */
  flush(captures: CaptureBook, evidence: EvidenceBook): void {
    for (const captured of captures.ready(this.isLast)) {
      this.write(captured, evidence);
      captures.done(captured);
    }
  }

  private write(captured: CapturedCall, evidence: EvidenceBook): void {
    const { fact, parts } = captured;
    if (!this.hasFolder) {
      this.host.makeDirectory(join(this.directory, 'evidence'));
      this.hasFolder = true;
    }
    const record = evidence.recordOf(fact.call);
    const ladder = record === null ? null : evidence.ladderOf(record);
    const messages = ladder === null ? [] : [this.messageBlocks(ladder, fact.call, record?.endpoint ?? 0)];
    const header = fileHeader(commentOf(fact), `callgauge ${this.plan.version}`);
    const file = sortedFile(header, [...messages, ...parts.map(({ bytes }) => bytes)]);
    this.host.writeFile(join(this.directory, capturePath(fact.call)), file);
    if (fact.hasAudio) {
      this.host.writeFile(join(this.directory, audioPath(fact.call)), audioOf(header, parts));
    }
  }

  /** As UDP between our socket and the first server of the endpoint, whatever carried them. */
  private messageBlocks(ladder: CallLadder, call: number, endpoint: number): Uint8Array {
    const { messages, called, startedAtNs } = ladder;
    const { plan } = this;
    const blocks = new PacketBlocks(plan.wallOffset);
    const worker = call % Math.max(1, plan.signalling.length);
    const local = endOf(plan.localAddress, plan.localPorts()[worker]);
    const remote = serverOf(plan.signalling[worker], endpoint);
    if (
      local === null ||
      remote === null ||
      startedAtNs === undefined ||
      local.address.family !== remote.address.family
    ) {
      return blocks.take();
    }
    for (const { atMs, isSent, text } of [...messages, ...(called?.messages ?? [])]) {
      const data = new TextEncoder().encode(plan.redact(text)).subarray(0, MAX_MESSAGE_BYTES);
      const atNs = startedAtNs + atMs * NS_PER_MS;
      blocks.add({ data, captured: data.length, length: data.length, atNs, isSent }, local, remote);
    }
    return blocks.take();
  }
}

function endOf(address: string, port: number | undefined): UdpEnd | null {
  const parsed = parseIp(address);
  return parsed === undefined || port === undefined ? null : { address: parsed, port };
}

function serverOf(setup: SignallingSetup | undefined, endpoint: number): UdpEnd | null {
  const endpoints = setup?.role.type === 'caller' ? setup.role.endpoints : [];
  // The groups of users are all at one endpoint.
  const server = (endpoints.length === 1 ? endpoints[0] : endpoints[endpoint])?.servers[0];
  return server === undefined ? null : endOf(server.addresses[0] ?? '', server.port);
}

/** What a reader of the file must know of it. */
function commentOf({ call, why, isWhole }: CaptureFact): string {
  const what =
    why === 'sample'
      ? `Packets of call ${call}${isWhole ? '' : ', up to the bound of a file'}.`
      : `Headers of the last 2 s of call ${call}, which failed or heard nothing.`;
  return (
    `${what} Times of received packets are the arrival times of the kernel where it tells them. IP and UDP headers are made up around ` +
    'what the sockets saw. SIP messages are as they were kept: without secrets, the longest cut, and as UDP to the first server whatever carried them.'
  );
}

/** What our socket received, as a sound. */
function audioOf(header: Uint8Array, parts: readonly CapturePart[]): Uint8Array {
  const audio = new ReceivedAudio();
  const datagrams = new DatagramReader();
  const rtp = new RtpHeader();
  for (const { bytes, opened, codec, payloadTypes, packets } of parts) {
    if (packets === 0 || codec === null) {
      continue;
    }
    const reader = new CaptureReader((packet) => {
      const { datagram } = datagrams;
      const isRtp =
        packet.isInbound &&
        datagrams.read(packet) === null &&
        datagram.payload.length === datagram.length &&
        rtp.parse(datagram.payload, datagram.length) === 'rtp';
      if (isRtp && payloadTypes.includes(rtp.payloadType)) {
        const payload = datagram.payload.slice(rtp.payloadOffset, rtp.payloadOffset + rtp.payloadLength);
        const atMs = (packet.time?.seconds ?? 0) * 1000 + (packet.time?.ns ?? 0) / 1e6;
        audio.add({ codec, ssrc: rtp.ssrc, timestamp: rtp.timestamp, atMs, payload });
      }
    });
    reader.push(header);
    reader.push(opened ?? bytes);
  }
  return wavFile(audio.samples(), audio.samplesPerSecond);
}
