/**
 * What is captured of the legs of a media worker: all packets of the sampled calls, second by second, and of every other leg a ring of
 * the last headers, which is written when its call has failed or no audio came. Audio itself is kept only where that was asked for.
 */
import type { AgreedMedia } from '../call/negotiation.js';
import type { UdpEnd } from '../capture/datagram-writer.js';
import { parseIp, type IpAddress } from '../lib/ip-address.js';
import { addressNumber, type DatagramSockets, type Destination } from '../net/datagram.js';
import { RTP_HEADER_BYTES } from '../rtp/packet.js';
import { HeaderRing } from './header-ring.js';
import { HEADERS_PER_RUN, type CapturePart, type CaptureSetup } from './messages.js';
import { PacketBlocks, type NotedPacket } from './packet-blocks.js';

/** Of IPv6: the address that the SDP names, or one of which only a hash is known. */
const EXPECTED = 0;
const STRANGER = 1;
const UNSPECIFIED: Readonly<Record<4 | 6, IpAddress>> = {
  4: { family: 4, bytes: [0, 0, 0, 0] },
  6: { family: 6, bytes: Array.from({ length: 16 }, () => 0) },
};

/** All that a worker captures. */
export class LegTaps {
  readonly sampled: ReadonlySet<number>;
  /** Of calls that have slots now or had them last. */
  private readonly taps: LegTap[] = [];
  private parts: CapturePart[] = [];
  private headersLeft = HEADERS_PER_RUN;

  constructor(
    readonly setup: CaptureSetup,
    readonly localAddress: string,
    readonly ptimeMs: number,
  ) {
    this.sampled = new Set(setup.calls);
  }

  /** For a slot whose RTP socket has this port. */
  open(rtpPort: number): LegTap {
    const tap = new LegTap(this, this.taps.length, rtpPort);
    this.taps.push(tap);
    return tap;
  }

  /** The calls failed: the headers of their legs are wanted, as far as nobody else has the slot by now. */
  keep(calls: readonly number[]): void {
    const failed = new Set(calls);
    for (const tap of this.taps) {
      if (failed.has(tap.call)) {
        tap.keep();
      }
    }
  }

  /** A leg has something to write. @returns false when there were too many */
  add(part: CapturePart): boolean {
    if (part.why === 'failed') {
      if (this.headersLeft === 0) {
        return false;
      }
      this.headersLeft--;
    }
    this.parts.push(part);
    return true;
  }

  /** Since the last time. */
  take(): CapturePart[] {
    for (const tap of this.taps) {
      tap.flush();
    }
    const { parts } = this;
    this.parts = [];
    return parts;
  }
}

export class LegTap {
  /** The last one that took the slot. */
  call = -1;
  private isSampled = false;
  private isFrozen = true;
  /** Its call has failed, or heard nothing. */
  private isWanted = false;
  private isClosed = true;
  private isWhole = true;
  private written = 0;
  private codec: string | null = null;
  private payloadTypes: readonly number[] = [];
  /** Of keys that are pressed, either way, where they are to be hidden. */
  private hiddenTypes: readonly number[] = [];
  private ring: HeaderRing | null = null;
  private blocks: PacketBlocks | null = null;
  /** What came sealed, as it is inside: the file shows the wire, the sound needs this. */
  private opened: PacketBlocks | null = null;
  private readonly local: UdpEnd;
  private readonly localRtcp: UdpEnd;
  /** Where the audio of the far side is expected from, as text and as the sockets name it. */
  private remote: IpAddress;
  private remoteNumber = Number.NaN;
  private lastDestination: Destination | null = null;
  private lastPeer = 0;

  constructor(
    private readonly taps: LegTaps,
    private readonly leg: number,
    rtpPort: number,
  ) {
    const address = parseIp(taps.localAddress) ?? UNSPECIFIED[4];
    this.local = { address, port: rtpPort };
    this.localRtcp = { address, port: rtpPort + 1 };
    this.remote = UNSPECIFIED[address.family];
  }

  /** The next call takes the slot. */
  arm(call: number): void {
    this.call = call;
    this.isSampled = this.taps.sampled.has(call);
    this.isFrozen = this.isWanted = this.isClosed = false;
    this.isWhole = true;
    this.written = 0;
    this.codec = null;
    this.opened = null;
    this.lastDestination = null;
    if (this.isSampled) {
      this.blocks ??= new PacketBlocks(this.taps.setup.wallOffset);
      this.blocks.take();
    } else {
      this.ring ??= new HeaderRing(this.taps.ptimeMs);
      this.ring.clear();
    }
  }

  agree(media: AgreedMedia): void {
    const { address, codec, receivePayloadTypes, srtp } = media;
    this.remote = parseIp(address) ?? this.remote;
    this.remoteNumber = addressNumber(address) ?? Number.NaN;
    this.codec = codec;
    if (srtp !== undefined && this.isSampled && this.taps.setup.audio) {
      this.opened ??= new PacketBlocks(this.taps.setup.wallOffset);
    }
    this.payloadTypes = receivePayloadTypes;
    this.hiddenTypes = this.taps.setup.hidesKeys ? keyTypesOf(media) : [];
  }

  /** The datagram that `sockets` hold: RTP, or whatever came to its port. */
  received(sockets: DatagramSockets, length: number): void {
    if (this.isFrozen) {
      return;
    }
    const { data, arrivalNs, sourcePort } = sockets;
    const peer = this.peerOf(sockets.sourceAddress);
    if (this.isSampled) {
      this.add(this.packetOf(data, length, arrivalNs, false), this.local, peer, sourcePort);
    } else {
      this.ring?.turnTo(peer, sourcePort);
      this.ring?.note(data, length, arrivalNs, false);
    }
  }

  /** The datagram that `sockets` hold was sealed, and has this length now that it is opened. */
  receivedOpened(sockets: DatagramSockets, length: number): void {
    const { opened } = this;
    if (opened === null || !this.isSampled || this.isFrozen || !this.isWhole) {
      return;
    }
    const { data, arrivalNs, sourcePort } = sockets;
    const packet = { data, captured: length, length, atNs: arrivalNs, isSent: false };
    opened.add(packet, this.local, { address: this.addressOf(this.peerOf(sockets.sourceAddress)), port: sourcePort });
  }

  /** @param data the packet is its first `length` bytes */
  sent(data: Uint8Array, length: number, atNs: number, destination: Destination): void {
    const peer = this.peerAt(destination);
    if (this.isSampled) {
      this.add(this.packetOf(data, length, atNs, true), this.local, peer, destination.port);
    } else {
      this.ring?.turnTo(peer, destination.port);
      this.ring?.note(data, length, atNs, true);
    }
  }

  /** A compound that left; over the port of the audio where both share it. */
  sentRtcp(compound: Uint8Array, atNs: number, destination: Destination, isMuxed: boolean): void {
    const peer = this.peerAt(destination);
    const packet = { data: compound, captured: compound.length, length: compound.length, atNs, isSent: true };
    this.add(packet, isMuxed ? this.local : this.localRtcp, peer, destination.port);
  }

  /** What came to the port of RTCP. */
  receivedRtcp(sockets: DatagramSockets, length: number): void {
    const packet = { data: sockets.data, captured: length, length, atNs: sockets.arrivalNs, isSent: false };
    this.add(packet, this.localRtcp, this.peerOf(sockets.sourceAddress), sockets.sourcePort);
  }

  /** The call is over: what comes from now on is not of it. */
  freeze(): void {
    this.isFrozen = true;
  }

  /** Its headers are wanted. */
  keep(): void {
    this.isWanted = true;
    if (this.isClosed) {
      this.writeRing();
    }
  }

  /** Its last second has closed. @param isSilent nothing came, although it was to */
  close(isSilent: boolean): void {
    this.isFrozen = this.isClosed = true;
    if (this.isSampled) {
      this.flush(true);
    } else if (isSilent || this.isWanted) {
      this.writeRing();
    }
  }

  /** Hands over what was captured since the last time. */
  flush(isLast = false): void {
    const { blocks } = this;
    if (!this.isSampled || blocks === null || (blocks.length === 0 && !isLast)) {
      return;
    }
    this.written += blocks.length;
    this.addPart(blocks, 'sample', isLast);
    this.isSampled = !isLast;
  }

  private packetOf(data: Uint8Array, length: number, atNs: number, isSent: boolean): NotedPacket {
    // RTCP that shares the port tells of packets and says nothing.
    const isRtcp = ((data[1] ?? 0) & 0xe0) === 0xc0;
    const isWhole = isRtcp || (this.taps.setup.audio && !this.hiddenTypes.includes((data[1] ?? 0) & 0x7f));
    const captured = isWhole ? length : Math.min(length, RTP_HEADER_BYTES);
    return { data, captured, length, atNs, isSent };
  }

  /** Of a sampled leg, while it lasts and as far as there is room. */
  private add(packet: NotedPacket, local: UdpEnd, peer: number, port: number): void {
    const { blocks, taps } = this;
    if (!this.isSampled || this.isFrozen || !this.isWhole || blocks === null) {
      return;
    }
    if (this.written + blocks.length > taps.setup.maxBytes) {
      this.isWhole = false;
      return;
    }
    blocks.add(packet, local, { address: this.addressOf(peer), port });
  }

  private writeRing(): void {
    const { ring, local } = this;
    const blocks = new PacketBlocks(this.taps.setup.wallOffset);
    ring?.read(({ bytes, length, atNs, peer, port, isSent }) => {
      const captured = Math.min(length, bytes.length);
      blocks.add({ data: bytes, captured, length, atNs, isSent }, local, { address: this.addressOf(peer), port });
    });
    ring?.clear(); // once
    if (blocks.packets > 0) {
      this.addPart(blocks, 'failed', true);
    }
  }

  private addPart(blocks: PacketBlocks, why: CapturePart['why'], isLast: boolean): void {
    const { call, leg, codec, payloadTypes, isWhole } = this;
    const { packets } = blocks;
    const opened = why === 'sample' && this.opened !== null ? this.opened.take() : null;
    this.taps.add({ call, leg, why, codec, payloadTypes, packets, bytes: blocks.take(), opened, isWhole, isLast });
  }

  private peerAt(destination: Destination): number {
    if (destination !== this.lastDestination) {
      this.lastDestination = destination;
      this.lastPeer = this.peerOf(addressNumber(destination.address) ?? 0);
    }
    return this.lastPeer;
  }

  /** An IPv4 address as its 32 bits; of IPv6, of which the sockets give a hash, EXPECTED or STRANGER. */
  private peerOf(address: number): number {
    if (this.local.address.family === 4) {
      return address;
    }
    return address === this.remoteNumber ? EXPECTED : STRANGER;
  }

  private addressOf(peer: number): IpAddress {
    if (this.local.address.family === 6) {
      return peer === EXPECTED && this.remote.family === 6 ? this.remote : UNSPECIFIED[6];
    }
    return { family: 4, bytes: [peer >>> 24, (peer >>> 16) & 255, (peer >>> 8) & 255, peer & 255] };
  }
}

const keyTypesOf = ({ eventPayloadTypes, eventSendPayloadType }: AgreedMedia): readonly number[] =>
  eventSendPayloadType === null ? eventPayloadTypes : [...eventPayloadTypes, eventSendPayloadType];
