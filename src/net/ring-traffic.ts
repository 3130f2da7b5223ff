/**
 * What a tick of a media worker sends and reads, by one submission ring: its packets wait here, and go to the kernel together with the
 * reads of the sockets whose turn it is. See receive-batch.ts for who keeps the memory that the kernel is told of.
 */
import { Buffer } from 'node:buffer';
import { MAX_DATAGRAM_BYTES, type PacketSender } from './datagram.js';
import type { Libc } from './libc.js';
import { ReceiveBatch } from './receive-batch.js';
import { RING_OPERATION, SubmissionRing } from './submission-ring.js';

/** Packets that leave together: few enough that the first one's time of leaving holds for the last, too. */
const SENDS = 64;
/** Datagrams that are read together. */
const READS = 256;
/** `struct msghdr` of 64-bit Linux, by byte. */
const MSGHDR = { name: 0, nameLength: 8, iov: 16, iovLength: 24, bytes: 56 } as const;
const IOV_BYTES = 16;
/** `sockaddr_in6`, rounded up. */
const SOCKADDR_STRIDE = 32;
const NO_PACKET = new Uint8Array(0);

const roomFor = (bytes: number): Buffer => Buffer.from(new ArrayBuffer(SENDS * bytes));

function bySlot(room: Buffer): readonly Buffer[] {
  const bytes = room.length / SENDS;
  return Array.from({ length: SENDS }, (_, slot) => room.subarray(slot * bytes, (slot + 1) * bytes));
}

export class RingTraffic {
  /** What was read. */
  readonly received: ReceiveBatch;
  private readonly senders: PacketSender[] = [];
  private sends = 0;
  private reads = 0;
  /** Sockets that are read, in their order, and the first slot of each; the one behind the last says where its slots end. */
  private readonly sockets = new Int32Array(READS);
  private readonly firstSlots = new Int32Array(READS + 1);
  private socketCount = 0;
  /** Of the last `submit`: how many sockets were read, and whose turn it is. */
  private fetched = 0;
  private nextFetched = 0;
  private readonly packets: readonly Buffer[];
  private readonly destinations: readonly Buffer[];
  private readonly headers: Uint32Array;
  private readonly iovs: Uint32Array;

  private constructor(
    libc: Libc,
    private readonly ring: SubmissionRing,
  ) {
    const addressOf = (memory: Uint8Array): number => Number(libc.address(memory)); // below 2^48: exact
    const data = roomFor(MAX_DATAGRAM_BYTES);
    const destinations = roomFor(SOCKADDR_STRIDE);
    const headers = roomFor(MSGHDR.bytes);
    const iovs = roomFor(IOV_BYTES);
    for (let slot = 0; slot < SENDS; slot++) {
      const header = slot * MSGHDR.bytes;
      iovs.writeBigUInt64LE(BigInt(addressOf(data) + slot * MAX_DATAGRAM_BYTES), slot * IOV_BYTES);
      headers.writeBigUInt64LE(BigInt(addressOf(destinations) + slot * SOCKADDR_STRIDE), header + MSGHDR.name);
      headers.writeBigUInt64LE(BigInt(addressOf(iovs) + slot * IOV_BYTES), header + MSGHDR.iov);
      headers.writeBigUInt64LE(1n, header + MSGHDR.iovLength);
      ring.prepare(slot, RING_OPERATION.sendmsg, addressOf(headers) + header);
    }
    this.packets = bySlot(data);
    this.destinations = bySlot(destinations);
    this.headers = new Uint32Array(headers.buffer);
    this.iovs = new Uint32Array(iovs.buffer);
    this.received = new ReceiveBatch(libc, READS, MAX_DATAGRAM_BYTES);
    for (let slot = 0; slot < READS; slot++) {
      ring.prepare(SENDS + slot, RING_OPERATION.recvmsg, this.received.headerAddress(slot));
    }
  }

  /** Null where the kernel gives no ring. */
  static open(libc: Libc): RingTraffic | null {
    const ring = SubmissionRing.open(libc, SENDS + READS);
    return ring === null ? null : new RingTraffic(libc, ring);
  }

  get isFull(): boolean {
    return this.sends === SENDS;
  }

  /** False: it failed in a run, and takes nothing any more. */
  get works(): boolean {
    return this.ring.works;
  }

  /** A packet that leaves with the next `submit`; false: it is too long. */
  queue(socket: number, packet: Uint8Array, sockaddr: Uint8Array, sender: PacketSender): boolean {
    const slot = this.sends;
    const place = this.packets[slot];
    if (place === undefined || packet.length > place.length || !this.works) {
      return false;
    }
    place.set(packet);
    this.destinations[slot]?.set(sockaddr);
    this.headers[(slot * MSGHDR.bytes + MSGHDR.nameLength) / 4] = sockaddr.length;
    this.iovs[(slot * IOV_BYTES) / 4 + 2] = packet.length;
    this.senders[slot] = sender;
    this.ring.push(slot, socket);
    this.sends = slot + 1;
    return true;
  }

  /** Up to `most` datagrams of a socket, read with the next `submit`; false: there is no room, and it is read when it is asked. */
  fetch(socket: number, most: number): boolean {
    const { reads, socketCount } = this;
    if (reads + most > READS || !this.works) {
      return false;
    }
    for (let slot = reads; slot < reads + most; slot++) {
      this.ring.push(SENDS + slot, socket);
    }
    this.sockets[socketCount] = socket;
    this.reads = this.firstSlots[socketCount + 1] = reads + most;
    this.socketCount = socketCount + 1;
    return true;
  }

  /** Sends and reads, and tells the senders. */
  submit(): void {
    const { ring, sends, reads } = this;
    ring.submit();
    for (let slot = 0; slot < reads; slot++) {
      this.received.setLength(slot, ring.results[SENDS + slot] ?? -1);
    }
    this.fetched = this.socketCount;
    this.nextFetched = this.socketCount = this.sends = this.reads = 0;
    for (let slot = 0; slot < sends; slot++) {
      const length = this.iovs[(slot * IOV_BYTES) / 4 + 2] ?? 0;
      this.senders[slot]?.onSent((ring.results[slot] ?? -1) >= 0, this.packets[slot] ?? NO_PACKET, length);
    }
  }

  /** The socket that was read and has not had its turn; −1: all had. */
  get nextSocket(): number {
    return this.nextFetched < this.fetched ? (this.sockets[this.nextFetched] ?? -1) : -1;
  }

  /** Its turn: gives the first of its slots. */
  turn(): number {
    return this.firstSlots[this.nextFetched++] ?? 0;
  }

  /** Of whom has the turn: where its slots end. */
  get endSlot(): number {
    return this.firstSlots[this.nextFetched] ?? 0;
  }

  close(): void {
    this.ring.close();
  }
}
