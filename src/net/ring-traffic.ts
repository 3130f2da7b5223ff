/**
 * What a tick of a media worker sends and reads, by one submission ring: its packets wait here, and go to the kernel together with the
 * reads of the sockets whose turn it is. See receive-batch.ts for who keeps the memory that the kernel is told of.
 */
import { Buffer } from 'node:buffer';
import { MAX_DATAGRAM_BYTES, type PacketSender } from './datagram.js';
import type { Libc } from './libc.js';
import { ReceiveBatch } from './receive-batch.js';
import { SendHeaders } from './send-headers.js';
import { RING_OPERATION, SubmissionRing } from './submission-ring.js';

/** Packets that leave together: few enough that the first one's time of leaving holds for the last, too. */
const SENDS = 64;
/** Datagrams that are read together. */
const READS = 256;
const NO_PACKET = new Uint8Array(0);

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
  private readonly packetsAddress: number;
  private readonly headers: SendHeaders;

  private constructor(
    libc: Libc,
    private readonly ring: SubmissionRing,
  ) {
    const room = Buffer.from(new ArrayBuffer(SENDS * MAX_DATAGRAM_BYTES));
    this.packets = Array.from({ length: SENDS }, (_, slot) =>
      room.subarray(slot * MAX_DATAGRAM_BYTES, (slot + 1) * MAX_DATAGRAM_BYTES),
    );
    this.packetsAddress = Number(libc.address(room)); // below 2^48: exact
    this.headers = new SendHeaders(libc, SENDS);
    for (let slot = 0; slot < SENDS; slot++) {
      ring.prepare(slot, RING_OPERATION.sendmsg, this.headers.addressOf(slot));
    }
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
    this.headers.set(slot, this.packetsAddress + slot * MAX_DATAGRAM_BYTES, packet.length, sockaddr);
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
      const packet = this.packets[slot] ?? NO_PACKET;
      this.senders[slot]?.onSent((ring.results[slot] ?? -1) >= 0, packet, this.headers.lengthOf(slot));
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
