/**
 * Room for several datagrams that one `recvmmsg` takes: a count below what there was room for says that the socket is empty, so
 * that nobody has to ask once more. A system call costs more than what is done with the datagram.
 */
import { Buffer } from 'node:buffer';
import type { Libc } from './libc.js';

/** Byte offsets in `struct msghdr` of 64-bit Linux; `struct mmsghdr` has the length of the datagram behind it. */
const MSGHDR = {
  name: 0,
  nameLength: 8,
  iov: 16,
  iovLength: 24,
  control: 32,
  controlLength: 40,
  received: 56,
} as const;
const MMSGHDR_BYTES = 64;
const IOV_BYTES = 16;
/** `sockaddr_in6`, the longer one. */
const SOURCE_BYTES = 28;
/** Apart by whole 8 bytes. */
const SOURCE_STRIDE = 32;
const CONTROL_BYTES = 128;

/** Length of a slot into which nothing came. */
export const NO_DATAGRAM = 0xffff_ffff;

/** A part of a batch, as 32-bit words and as bytes. */
class Region {
  readonly bytes: Buffer;
  readonly words: Uint32Array;

  constructor(size: number) {
    const memory = new ArrayBuffer(size);
    this.bytes = Buffer.from(memory);
    this.words = new Uint32Array(memory);
  }
}

/**
 * The kernel is given the addresses of these buffers inside structs, where the garbage collector does not see them: would one of
 * the fields go, its memory would be reused under the kernel's feet and the heap corrupted minutes later. So they live as
 * long as the batch, and the batch as long as its sockets.
 */
export class ReceiveBatch {
  readonly data: Buffer;
  /** `data`, by slot. */
  readonly datagrams: readonly Uint8Array[];
  private readonly headers: Region;
  private readonly iovs: Region;
  private readonly sources: Region;
  private readonly controls: Region;

  /** @param slotBytes longest datagram kept; a longer one is cut */
  constructor(
    private readonly libc: Libc,
    readonly slots: number,
    readonly slotBytes: number,
  ) {
    this.data = Buffer.alloc(slots * slotBytes);
    this.datagrams = Array.from({ length: slots }, (_, slot) =>
      this.data.subarray(this.offset(slot), this.offset(slot + 1)),
    );
    this.headers = new Region(slots * MMSGHDR_BYTES);
    this.iovs = new Region(slots * IOV_BYTES);
    this.sources = new Region(slots * SOURCE_STRIDE);
    this.controls = new Region(slots * CONTROL_BYTES);
    for (let slot = 0; slot < slots; slot++) {
      this.layOut(slot);
    }
  }

  /** Takes what waits, at most `slots` datagrams; gives how many. 0: nothing, or a pending error of an earlier send, which is gone with that. */
  fill(handle: number): number {
    const count = this.libc.recvmmsg(handle, this.headers.bytes, this.slots, 0, null);
    return Math.max(0, count);
  }

  /** Where a datagram begins in `data`. */
  offset(slot: number): number {
    return slot * this.slotBytes;
  }

  lengthOf(slot: number): number {
    return this.headers.words[(slot * MMSGHDR_BYTES + MSGHDR.received) / 4] ?? 0;
  }

  /** For whoever reads by another call than `fill`. @param bytes below 0: nothing came */
  setLength(slot: number, bytes: number): void {
    this.headers.words[(slot * MMSGHDR_BYTES + MSGHDR.received) / 4] = bytes < 0 ? NO_DATAGRAM : bytes;
  }

  /** Of its `struct msghdr`. */
  headerAddress(slot: number): number {
    return Number(this.libc.address(this.headers.bytes)) + slot * MMSGHDR_BYTES; // below 2^48: exact
  }

  /** Its source, a `sockaddr`: valid until the next `fill`. */
  get sourceBytes(): Uint8Array {
    return this.sources.bytes;
  }

  sourceOffset(slot: number): number {
    return slot * SOURCE_STRIDE;
  }

  /** Its ancillary data: 32-bit words, so that no bigint is made per packet. */
  get controlWords(): Uint32Array {
    return this.controls.words;
  }

  /** Where that begins, in words. */
  controlStart(slot: number): number {
    return (slot * CONTROL_BYTES) / 4;
  }

  /** How much there is of it, in bytes; whoever has read it makes room for the next datagram with `renew`. */
  controlLength(slot: number): number {
    return this.headers.words[(slot * MMSGHDR_BYTES + MSGHDR.controlLength) / 4] ?? 0;
  }

  /** The kernel has written how much it used of each; the next datagram in this slot has all of it again. */
  renew(slot: number): void {
    const { words } = this.headers;
    const word = (slot * MMSGHDR_BYTES) / 4;
    words[word + MSGHDR.nameLength / 4] = SOURCE_BYTES;
    words[word + MSGHDR.controlLength / 4] = CONTROL_BYTES;
  }

  private layOut(slot: number): void {
    const { libc, headers, iovs } = this;
    const iov = slot * IOV_BYTES;
    iovs.bytes.writeBigUInt64LE(libc.address(this.data) + BigInt(this.offset(slot)), iov);
    iovs.bytes.writeBigUInt64LE(BigInt(this.slotBytes), iov + 8);
    const header = slot * MMSGHDR_BYTES;
    const at = (region: Region, offset: number): bigint => libc.address(region.bytes) + BigInt(offset);
    headers.bytes.writeBigUInt64LE(at(this.sources, this.sourceOffset(slot)), header + MSGHDR.name);
    headers.bytes.writeBigUInt64LE(at(iovs, iov), header + MSGHDR.iov);
    headers.bytes.writeBigUInt64LE(1n, header + MSGHDR.iovLength);
    headers.bytes.writeBigUInt64LE(at(this.controls, slot * CONTROL_BYTES), header + MSGHDR.control);
    this.renew(slot);
  }
}
