/**
 * Datagrams of one socket that go to the kernel together, by one `sendmmsg`: a system call for each would cost as much as all
 * else that is done for a message, and would wake the far end for each of them.
 */
import { Buffer } from 'node:buffer';
import { type Libc, MSG_DONTWAIT } from './libc.js';

/** Byte offsets in `struct msghdr` of 64-bit Linux; see receive-batch.ts for who keeps the memory. */
const MSGHDR = { name: 0, nameLength: 8, iov: 16, iovLength: 24, bytes: 64 } as const;
const IOV_BYTES = 16;
const SOCKADDR_STRIDE = 32;
const TWO_32 = 0x1_0000_0000;

export class SendBatch {
  /** Datagrams that wait. */
  count = 0;
  private readonly data: Buffer;
  private readonly headers: Buffer;
  private readonly headerWords: Uint32Array;
  private readonly iovWords: Uint32Array;
  private readonly iovs: Buffer;
  private readonly destinations: Buffer;
  private readonly dataAddress: number;
  private used = 0;

  /** @param dataBytes room for all of them together */
  constructor(
    private readonly libc: Libc,
    private readonly slots: number,
    dataBytes: number,
  ) {
    this.data = Buffer.from(new ArrayBuffer(dataBytes));
    const headers = new ArrayBuffer(slots * MSGHDR.bytes);
    const iovs = new ArrayBuffer(slots * IOV_BYTES);
    [this.headers, this.headerWords] = [Buffer.from(headers), new Uint32Array(headers)];
    [this.iovs, this.iovWords] = [Buffer.from(iovs), new Uint32Array(iovs)];
    this.destinations = Buffer.from(new ArrayBuffer(slots * SOCKADDR_STRIDE));
    this.dataAddress = Number(libc.address(this.data)); // below 2^48: exact
    for (let slot = 0; slot < slots; slot++) {
      const header = slot * MSGHDR.bytes;
      const destination = libc.address(this.destinations) + BigInt(slot * SOCKADDR_STRIDE);
      this.headers.writeBigUInt64LE(destination, header + MSGHDR.name);
      this.headers.writeBigUInt64LE(libc.address(this.iovs) + BigInt(slot * IOV_BYTES), header + MSGHDR.iov);
      this.headers.writeBigUInt64LE(1n, header + MSGHDR.iovLength);
    }
  }

  /** Adds wire text (one character a byte); false: there is no room before a `flush`. */
  add(text: string, sockaddr: Uint8Array): boolean {
    const { count, used } = this;
    if (count === this.slots || used + text.length > this.data.length) {
      return false;
    }
    const bytes = this.data.write(text, used, 'latin1');
    const address = this.dataAddress + used;
    const iov = (count * IOV_BYTES) / 4;
    this.iovWords[iov] = address % TWO_32;
    this.iovWords[iov + 1] = Math.floor(address / TWO_32);
    this.iovWords[iov + 2] = bytes;
    this.destinations.set(sockaddr, count * SOCKADDR_STRIDE);
    this.headerWords[(count * MSGHDR.bytes + MSGHDR.nameLength) / 4] = sockaddr.length;
    this.used = used + bytes;
    this.count++;
    return true;
  }

  /** Hands all to the kernel. @param onRefused told of each that it did not take: which one it was, in the order of `add` */
  flush(handle: number, onRefused: (index: number) => void): void {
    const { count, headers, libc } = this;
    this.count = this.used = 0;
    for (let done = 0; done < count;) {
      const rest = done === 0 ? headers : headers.subarray(done * MSGHDR.bytes);
      const taken = libc.sendmmsg(handle, rest, count - done, MSG_DONTWAIT);
      if (taken > 0) {
        done += taken;
      } else {
        onRefused(done++);
      }
    }
  }
}
