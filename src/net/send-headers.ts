/**
 * The `struct msghdr` of each datagram that goes out together with others (64-bit Linux). See receive-batch.ts for who keeps the
 * memory that the kernel is told of.
 */
import { Buffer } from 'node:buffer';
import type { Libc } from './libc.js';

/** Byte offsets; `struct mmsghdr` has a count behind it. */
const MSGHDR = { name: 0, nameLength: 8, iov: 16, iovLength: 24 } as const;
const MMSGHDR_BYTES = 64;
const IOV_BYTES = 16;
/** `sockaddr_in6`, rounded up. */
const SOCKADDR_STRIDE = 32;
const TWO_32 = 0x1_0000_0000;

export class SendHeaders {
  private readonly headers: Buffer;
  private readonly headerWords: Uint32Array;
  private readonly iovWords: Uint32Array;
  private readonly destinations: Buffer;

  constructor(
    private readonly libc: Libc,
    slots: number,
  ) {
    const [headers, iovs] = [new ArrayBuffer(slots * MMSGHDR_BYTES), new ArrayBuffer(slots * IOV_BYTES)];
    this.headers = Buffer.from(headers);
    this.headerWords = new Uint32Array(headers);
    this.iovWords = new Uint32Array(iovs);
    this.destinations = Buffer.from(new ArrayBuffer(slots * SOCKADDR_STRIDE));
    const [iov, destination] = [libc.address(Buffer.from(iovs)), libc.address(this.destinations)];
    for (let slot = 0; slot < slots; slot++) {
      const header = slot * MMSGHDR_BYTES;
      this.headers.writeBigUInt64LE(destination + BigInt(slot * SOCKADDR_STRIDE), header + MSGHDR.name);
      this.headers.writeBigUInt64LE(iov + BigInt(slot * IOV_BYTES), header + MSGHDR.iov);
      this.headers.writeBigUInt64LE(1n, header + MSGHDR.iovLength);
    }
  }

  /** @param address of its bytes: below 2^48, so exact */
  set(slot: number, address: number, bytes: number, sockaddr: Uint8Array): void {
    const iov = (slot * IOV_BYTES) / 4;
    this.iovWords[iov] = address % TWO_32;
    this.iovWords[iov + 1] = Math.floor(address / TWO_32);
    this.iovWords[iov + 2] = bytes;
    this.destinations.set(sockaddr, slot * SOCKADDR_STRIDE);
    this.headerWords[(slot * MMSGHDR_BYTES + MSGHDR.nameLength) / 4] = sockaddr.length;
  }

  /** As `set` was told. */
  lengthOf(slot: number): number {
    return this.iovWords[(slot * IOV_BYTES) / 4 + 2] ?? 0;
  }

  /** The array of `struct mmsghdr` from this one on. */
  from(slot: number): Buffer {
    return slot === 0 ? this.headers : this.headers.subarray(slot * MMSGHDR_BYTES);
  }

  /** Of a `struct msghdr`. */
  addressOf(slot: number): number {
    return Number(this.libc.address(this.headers)) + slot * MMSGHDR_BYTES;
  }
}
