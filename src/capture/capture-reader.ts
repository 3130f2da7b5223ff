/**
 * Reads captures piece by piece, however large: classic pcap (µs and ns, both byte orders) and pcapng (sections of either byte
 * order, several interfaces). The bytes are hostile: every length is bounded before it is believed, and what cannot be is a
 * `CaptureError`, after which the packets before it stand.
 */
import { CaptureError } from './capture-error.js';
import { MICROSECONDS, setTicks, ticksOf, type CaptureTime } from './capture-time.js';
import { BLOCK, BYTE_ORDER_MAGIC, DIRECTION_FLAG, OPTION } from './pcapng-writer.js';

/** A packet as it was captured; reused, so it holds good during the call only. */
export interface CapturedPacket {
  /** Registry of link types of tcpdump.org. */
  linkType: number;
  /** Null: the block tells none. */
  time: CaptureTime | null;
  /** What was captured of it. */
  data: Uint8Array;
  /** Bytes on the wire. */
  length: number;
  /** By `epb_flags`; false where they do not say so. */
  isInbound: boolean;
}

/** The largest snap length that tools write. */
const MAX_PACKET_BYTES = 262_144;
/** A block that must be kept whole, with its options. */
const MAX_BLOCK_BYTES = MAX_PACKET_BYTES + 65_536;
const MAX_INTERFACES = 4096;
const PCAP_HEADER_BYTES = 24;
const PCAP_RECORD_BYTES = 16;
const MIN_BLOCK_BYTES = 12;
/** By the first four bytes as a big-endian number. */
const PCAP_MAGICS: ReadonlyMap<number, { readonly isLittle: boolean; readonly ticks: number }> = new Map([
  [0xa1b2c3d4, { isLittle: false, ticks: MICROSECONDS }],
  [0xd4c3b2a1, { isLittle: true, ticks: MICROSECONDS }],
  [0xa1b23c4d, { isLittle: false, ticks: 1e9 }],
  [0x4d3cb2a1, { isLittle: true, ticks: 1e9 }],
]);
/** Other files that people have at hand. */
const OTHER_FILES: ReadonlyMap<number, string> = new Map([
  [0x1f8b, 'a gzip file: unpack it first'],
  [0x504b, 'a zip file: unpack it first'],
  [0x4649, 'a RIFF file'],
]);

const TEXT_SPACES: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d]);

interface Interface {
  readonly linkType: number;
  readonly ticks: number;
  /** Added to the times of its packets. */
  readonly offsetSeconds: number;
}

export class CaptureReader {
  /** Null until enough of the file is known. */
  format: 'pcap' | 'pcapng' | null = null;
  private rest = new Uint8Array(0);
  private view = new DataView(this.rest.buffer);
  /** Where the part of the file that is not read yet begins in `rest`, and in the file. */
  private at = 0;
  private consumed = 0;
  /** Bytes of a block that is passed over. */
  private toSkip = 0;
  private isLittle = true;
  private ticks = MICROSECONDS;
  private linkType = 0;
  private interfaces: Interface[] = [];
  private readonly time: CaptureTime = { seconds: 0, ns: 0 };
  private readonly packet: CapturedPacket = { linkType: 0, time: null, data: this.rest, length: 0, isInbound: false };

  constructor(private readonly onPacket: (packet: Readonly<CapturedPacket>) => void) {}

  /** The next bytes of the file. @throws CaptureError where it is no capture, or damaged: nothing more of it can be read */
  push(bytes: Uint8Array): void {
    const skipped = Math.min(this.toSkip, bytes.length);
    this.toSkip -= skipped;
    this.consumed += skipped;
    this.keep(bytes.subarray(skipped));
    while (this.toSkip === 0 && this.step());
  }

  /** The file is over. @throws CaptureError where it ends within a packet, or before it has begun */
  end(): void {
    if (this.format === null) {
      const found = this.left === 0 ? 'an empty file' : this.startInWords();
      throw new CaptureError('not-a-capture', `expected a pcap or pcapng file, got ${found}`);
    }
    if (this.left > 0 || this.toSkip > 0) {
      throw this.damage('the file ends within a packet');
    }
  }

  private get left(): number {
    return this.rest.length - this.at;
  }

  private keep(bytes: Uint8Array): void {
    const old = this.rest.subarray(this.at);
    this.rest = new Uint8Array(old.length + bytes.length);
    this.rest.set(old);
    this.rest.set(bytes, old.length);
    this.view = new DataView(this.rest.buffer);
    this.at = 0;
  }

  /** Reads the next record or block; false when it is not all there. */
  private step(): boolean {
    if (this.format === null) {
      return this.begin();
    }
    return this.format === 'pcap' ? this.readRecord() : this.readBlock();
  }

  private begin(): boolean {
    if (this.left < 4) {
      return false;
    }
    const magic = this.view.getUint32(this.at);
    if (magic === BLOCK.section) {
      this.format = 'pcapng';
      return true;
    }
    const kind = PCAP_MAGICS.get(magic);
    if (kind === undefined) {
      throw new CaptureError('not-a-capture', `expected a pcap or pcapng file, got ${this.startInWords()}`);
    }
    if (this.left < PCAP_HEADER_BYTES) {
      return false;
    }
    this.format = 'pcap';
    this.isLittle = kind.isLittle;
    this.ticks = kind.ticks;
    this.linkType = this.uint32(20) & 0xffff; // above it are bits about a checksum
    this.consume(PCAP_HEADER_BYTES);
    return true;
  }

  private readRecord(): boolean {
    if (this.left < PCAP_RECORD_BYTES) {
      return false;
    }
    const captured = this.uint32(8);
    if (captured > MAX_PACKET_BYTES) {
      throw this.damage(`a packet of ${captured} bytes, at most ${MAX_PACKET_BYTES} can be`);
    }
    if (this.left < PCAP_RECORD_BYTES + captured) {
      return false;
    }
    const { packet, time } = this;
    time.seconds = this.uint32(0);
    time.ns = (this.uint32(4) * 1e9) / this.ticks;
    packet.linkType = this.linkType;
    packet.time = time;
    this.tell(PCAP_RECORD_BYTES, captured, this.uint32(12));
    this.consume(PCAP_RECORD_BYTES + captured);
    return true;
  }

  private readBlock(): boolean {
    if (this.left < MIN_BLOCK_BYTES) {
      return false;
    }
    if (this.view.getUint32(this.at) === BLOCK.section) {
      this.takeByteOrder();
    }
    const type = this.uint32(0);
    const length = this.uint32(4);
    if (length < MIN_BLOCK_BYTES || length % 4 !== 0) {
      throw this.damage(`a block of ${length} bytes`);
    }
    if (!isRead(type)) {
      this.pass(length);
      return true;
    }
    if (length > MAX_BLOCK_BYTES) {
      throw this.damage(`a block of ${length} bytes, at most ${MAX_BLOCK_BYTES} can be`);
    }
    if (this.left < length) {
      return false;
    }
    this.takeBlock(type, length);
    this.consume(length);
    return true;
  }

  /** Each section has its own: the magic of its header stands behind type and length. */
  private takeByteOrder(): void {
    const magic = this.view.getUint32(this.at + 8);
    if (magic !== BYTE_ORDER_MAGIC && magic !== 0x4d3c2b1a) {
      throw this.damage('a section header without its byte order');
    }
    this.isLittle = magic !== BYTE_ORDER_MAGIC;
  }

  private takeBlock(type: number, length: number): void {
    switch (type) {
      case BLOCK.section:
        this.interfaces = [];
        break;
      case BLOCK.interface:
        this.addInterface(length);
        break;
      case BLOCK.simplePacket:
        this.takeSimplePacket(length);
        break;
      default:
        this.takePacket(type, length);
    }
  }

  private addInterface(length: number): void {
    if (length < 20) {
      throw this.damage(`an interface description of ${length} bytes`);
    }
    if (this.interfaces.length >= MAX_INTERFACES) {
      throw this.damage(`more than ${MAX_INTERFACES} interfaces`);
    }
    let ticks = MICROSECONDS;
    let offsetSeconds = 0;
    const end = length - 4;
    for (let at = 16; at + 4 <= end;) {
      const [code, size] = [this.uint16(at), this.uint16(at + 2)];
      if (code === OPTION.end || at + 4 + size > end) {
        break;
      }
      if (code === OPTION.resolution && size === 1) {
        ticks = this.ticksOf(this.rest[this.at + at + 4] ?? 0);
      } else if (code === OPTION.timeOffset && size === 8) {
        offsetSeconds = Number(this.view.getBigInt64(this.at + at + 4, this.isLittle));
      }
      at += 4 + ((size + 3) & ~3);
    }
    this.interfaces.push({ linkType: this.uint16(8), ticks, offsetSeconds });
  }

  private ticksOf(resolution: number): number {
    const ticks = ticksOf(resolution);
    if (ticks === null) {
      throw new CaptureError('unsupported', `the times of an interface are finer than can be read (${resolution})`);
    }
    return ticks;
  }

  /** Enhanced packet block, and the packet block that it took the place of: the same fields but for the interface. */
  private takePacket(type: number, length: number): void {
    const captured = length >= 32 ? this.uint32(20) : Number.POSITIVE_INFINITY;
    if (28 + captured + 4 > length) {
      throw this.damage('a packet that is longer than its block');
    }
    const index = type === BLOCK.oldPacket ? this.uint16(8) : this.uint32(8);
    const { linkType, ticks, offsetSeconds } = this.interfaceAt(index);
    setTicks(this.time, this.uint32(12), this.uint32(16), ticks);
    this.time.seconds += offsetSeconds;
    this.packet.linkType = linkType;
    this.packet.time = this.time;
    this.packet.isInbound = type === BLOCK.enhancedPacket && this.isInbound(28 + ((captured + 3) & ~3), length - 4);
    this.tell(28, captured, this.uint32(24));
  }

  /** @param start of the options of a packet @param end behind them */
  private isInbound(start: number, end: number): boolean {
    for (let at = start; at + 8 <= end;) {
      const [code, size] = [this.uint16(at), this.uint16(at + 2)];
      if (code === OPTION.packetFlags && size === 4) {
        return (this.uint32(at + 4) & 3) === DIRECTION_FLAG.inbound;
      }
      if (code === OPTION.end) {
        return false;
      }
      at += 4 + ((size + 3) & ~3);
    }
    return false;
  }

  /** It has no time, and its captured length is what its block has room for. */
  private takeSimplePacket(length: number): void {
    if (length < 16) {
      throw this.damage('a packet without its length');
    }
    const { linkType } = this.interfaceAt(0);
    this.packet.linkType = linkType;
    this.packet.time = null;
    const onWire = this.uint32(8);
    this.tell(12, Math.min(onWire, length - 16), onWire);
  }

  private interfaceAt(index: number): Interface {
    const found = this.interfaces[index];
    if (found === undefined) {
      throw this.damage(`a packet of interface ${index}, which was not described`);
    }
    return found;
  }

  private tell(offset: number, captured: number, length: number): void {
    const { packet } = this;
    packet.data = this.rest.subarray(this.at + offset, this.at + offset + captured);
    packet.length = Math.max(length, captured);
    this.onPacket(packet);
  }

  private pass(length: number): void {
    const here = Math.min(length, this.left);
    this.toSkip = length - here;
    this.consume(here);
  }

  private consume(length: number): void {
    this.at += length;
    this.consumed += length;
  }

  private uint16(offset: number): number {
    return this.view.getUint16(this.at + offset, this.isLittle);
  }

  private uint32(offset: number): number {
    return this.view.getUint32(this.at + offset, this.isLittle);
  }

  private damage(found: string): CaptureError {
    return new CaptureError('damaged', `damaged at byte ${this.consumed}: ${found}`);
  }

  private startInWords(): string {
    const start = this.rest.subarray(this.at, this.at + 4);
    const known = OTHER_FILES.get(((start[0] ?? 0) << 8) | (start[1] ?? 0));
    const bytes = [...start].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const isText = start.length > 0 && start.every((byte) => TEXT_SPACES.has(byte) || (byte >= 0x20 && byte < 0x7f));
    return (
      known ??
      `${isText ? 'text' : 'one'} that begins with ${isText ? JSON.stringify(String.fromCharCode(...start)) : bytes}`
    );
  }
}

function isRead(type: number): boolean {
  return (
    type === BLOCK.section ||
    type === BLOCK.interface ||
    type === BLOCK.oldPacket ||
    type === BLOCK.simplePacket ||
    type === BLOCK.enhancedPacket
  );
}
