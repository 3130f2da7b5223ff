/**
 * A bad link in front of the sockets of a worker: what is sent is lost, delayed, doubled or reordered before the kernel gets
 * it; what is received is untouched. What a socket sends to one destination is a stream of its own, and so is the RTCP in
 * between where both share a port (RFC 5761). The worker's loop calls `flush` for what was delayed.
 */
import { NS_PER_MS } from '../lib/clock.js';
import type { Impairment, ImpairmentCounts } from '../lib/impairment.js';
import { deriveSeed } from '../lib/random.js';
import type { DatagramSockets, Destination, PacketSender } from './datagram.js';
import { widthOfJitter } from './jitter-width.js';
import { LinkStream, type JitterTruth, type Link } from './link-stream.js';
import { ReleaseQueue, type Waiting } from './release-queue.js';
import { StreamFate } from './stream-fate.js';

/** A packet that is held back leaves after so long also without a follower, which then did not overtake it. */
const HOLD_NS = 100 * NS_PER_MS;
/** The loop is not woken more often: what falls due in between leaves together. */
const WAKE_GAP_NS = 0.25 * NS_PER_MS;

export interface ImpairedSocketsOptions {
  readonly impairment: Impairment;
  readonly seed: number;
  /** Time between the packets of a stream, ms; how far delays are spread follows from it. */
  readonly ptimeMs: number;
  now(): number;
  /** So many packets may wait; the rest is dropped and counted. */
  readonly maxWaiting?: number;
}

export class ImpairedSockets implements DatagramSockets {
  /** By handle: of the audio, and of its reports. */
  private readonly rtpLinks: (Link | undefined)[] = [];
  private readonly rtcpLinks: (Link | undefined)[] = [];
  private readonly delayed: ReleaseQueue<LinkStream>;
  private readonly widthMs: number;
  private opened = 0;
  private lastFlushNs = Number.NEGATIVE_INFINITY;
  private lateFailures = 0;
  /** Time of the packet in hand. */
  private nowNs = 0;
  private readonly sums = {
    offered: 0,
    lost: 0,
    lostUnseen: 0,
    duplicated: 0,
    reordered: 0,
    delayed: 0,
    overflowed: 0,
    unsent: 0,
    rtcpOffered: 0,
    rtcpLost: 0,
  };
  /** RTP packets in the queue. */
  private waitingRtp = 0;
  private readonly truth: { readonly rtp: JitterTruth; readonly rtcp: JitterTruth } = {
    rtp: { sumMs: 0, packets: 0 },
    rtcp: { sumMs: 0, packets: 0 },
  };

  constructor(
    private readonly plain: DatagramSockets,
    private readonly options: ImpairedSocketsOptions,
  ) {
    this.delayed = new ReleaseQueue<LinkStream>(options.maxWaiting);
    this.widthMs = widthOfJitter(options.impairment.jitterMs, options.ptimeMs);
  }

  get backend(): DatagramSockets['backend'] {
    return this.plain.backend;
  }
  get data(): Uint8Array {
    return this.plain.data;
  }

  get dscp(): number {
    return this.plain.dscp;
  }
  get arrivalNs(): number {
    return this.plain.arrivalNs;
  }
  get sourceAddress(): number {
    return this.plain.sourceAddress;
  }
  get sourcePort(): number {
    return this.plain.sourcePort;
  }

  async open(address: string, port: number): Promise<number> {
    const handle = await this.plain.open(address, port);
    const index = this.opened++;
    this.rtpLinks[handle] = { handle, index, isRtp: true, isOpen: true, streams: 0, stream: null };
    this.rtcpLinks[handle] = { handle, index: ~index >>> 0, isRtp: false, isOpen: true, streams: 0, stream: null };
    return handle;
  }

  close(handle: number): void {
    for (const links of [this.rtpLinks, this.rtcpLinks]) {
      const link = links[handle];
      if (link !== undefined) {
        this.endStream(link);
        link.isOpen = false;
        links[handle] = undefined;
      }
    }
    this.plain.close(handle);
  }

  destination(address: string, port: number): Destination {
    return this.plain.destination(address, port);
  }

  /** True also for a packet that the link loses: its sender cannot know. */
  send(handle: number, packet: Uint8Array, destination: Destination): boolean {
    const link = (isRtcp(packet) ? this.rtcpLinks : this.rtpLinks)[handle];
    if (link === undefined) {
      return this.plain.send(handle, packet, destination);
    }
    const stream = link.stream?.destination === destination ? link.stream : this.begin(link, destination);
    const { fate } = stream;
    fate.next(stream.held !== null);
    stream.book(fate.isLost);
    if (link.isRtp) {
      this.sums.offered++;
      this.sums.lost += fate.isLost ? 1 : 0;
    } else {
      this.sums.rtcpOffered++;
      this.sums.rtcpLost += fate.isLost ? 1 : 0;
    }
    return fate.isLost || this.pass(stream, packet);
  }

  /** The link decides packet by packet. */
  queue(handle: number, packet: Uint8Array, destination: Destination, sender: PacketSender): void {
    sender.onSent(this.send(handle, packet, destination), packet, packet.length);
  }

  fetch(handle: number, most: number): void {
    this.plain.fetch(handle, most);
  }

  submit(): void {
    this.plain.submit();
  }

  receive(handle: number): number {
    return this.plain.receive(handle);
  }

  drops(handle: number): number | null {
    return this.plain.drops(handle);
  }

  sendErrors(): number {
    return this.plain.sendErrors() + this.lateFailures;
  }

  sampleClock(beforeStep?: () => void): boolean {
    return this.plain.sampleClock(beforeStep);
  }

  /** When the loop should flush next, ns; +∞ when nothing waits. */
  get nextFlushNs(): number {
    return Math.max(this.delayed.nextDueNs, this.lastFlushNs + WAKE_GAP_NS);
  }

  /** Sends all that is due. */
  flush(nowNs: number): void {
    this.lastFlushNs = nowNs;
    for (let due = this.delayed.takeDue(nowNs); due !== null; due = this.delayed.takeDue(nowNs)) {
      this.leave(due);
      this.delayed.release(due);
    }
  }

  counts(): ImpairmentCounts {
    const { rtp } = this.truth;
    let { lostUnseen } = this.sums;
    for (const link of this.rtpLinks) {
      lostUnseen += link?.stream?.lostUnseen ?? 0;
    }
    return {
      ...this.sums,
      lostUnseen,
      unsent: this.sums.unsent + this.waitingRtp,
      jitterMs: rtp.packets === 0 ? null : rtp.sumMs / rtp.packets,
    };
  }

  private begin(link: Link, destination: Destination): LinkStream {
    const { impairment, seed } = this.options;
    this.endStream(link);
    const fate = new StreamFate(impairment, this.widthMs, deriveSeed(deriveSeed(seed, link.index), link.streams++));
    link.stream = new LinkStream(link, destination, fate, link.isRtp ? this.truth.rtp : this.truth.rtcp);
    return link.stream;
  }

  /** What it still has in the queue leaves in its time. */
  private endStream({ stream, isRtp }: Link): void {
    this.sums.lostUnseen += isRtp ? (stream?.lostUnseen ?? 0) : 0;
  }

  /** Sends or queues a packet that is not lost, and behind it the one that was held back. */
  private pass(stream: LinkStream, packet: Uint8Array): boolean {
    const { fate, held } = stream;
    this.nowNs = this.options.now();
    const dueNs = Math.max(stream.lastDueNs, this.nowNs + fate.delayMs * NS_PER_MS);
    if (fate.isHeldBack) {
      stream.held = this.enqueue(stream, packet, dueNs + HOLD_NS);
      return true;
    }
    stream.lastDueNs = dueNs;
    const leavesNow = dueNs <= this.nowNs && stream.waiting === 0;
    const isTaken = leavesNow ? this.sendNow(stream, packet) : this.delay(stream, packet, dueNs);
    if (fate.isDuplicated) {
      this.double(stream, packet, leavesNow);
    }
    if (held !== null) {
      this.letFollow(stream, held, leavesNow);
    }
    return isTaken;
  }

  private sendNow(stream: LinkStream, packet: Uint8Array): boolean {
    stream.left(0);
    return this.plain.send(stream.link.handle, packet, stream.destination);
  }

  private delay(stream: LinkStream, packet: Uint8Array, dueNs: number): boolean {
    if (this.enqueue(stream, packet, dueNs) !== null) {
      stream.waiting++;
      this.sums.delayed += stream.link.isRtp ? 1 : 0;
    }
    return true;
  }

  private double(stream: LinkStream, packet: Uint8Array, leavesNow: boolean): void {
    this.sums.duplicated += stream.link.isRtp ? 1 : 0;
    if (leavesNow) {
      this.plain.send(stream.link.handle, packet, stream.destination);
      return;
    }
    const copy = this.enqueue(stream, packet, stream.lastDueNs);
    if (copy !== null) {
      copy.isCopy = true;
      stream.waiting++;
    }
  }

  /** The held-back packet leaves right behind its follower, which was sent or queued a moment ago. */
  private letFollow(stream: LinkStream, held: Waiting<LinkStream>, leavesNow: boolean): void {
    stream.held = null;
    held.isCancelled = true; // it goes on standing in the queue, and comes out of it without effect
    this.waitingRtp -= stream.link.isRtp ? 1 : 0;
    this.sums.reordered += stream.link.isRtp ? 1 : 0;
    this.sums.delayed += stream.link.isRtp ? 1 : 0;
    if (leavesNow) {
      stream.left((this.nowNs - held.givenNs) / NS_PER_MS);
      this.lateFailures += this.plain.send(stream.link.handle, held.packet, stream.destination) ? 0 : 1;
      return;
    }
    const behind = this.enqueue(stream, held.packet, stream.lastDueNs);
    if (behind !== null) {
      behind.givenNs = held.givenNs;
      stream.waiting++;
    }
  }

  private enqueue(stream: LinkStream, packet: Uint8Array, dueNs: number): Waiting<LinkStream> | null {
    const waiting = this.delayed.add(packet, dueNs);
    if (waiting === null) {
      this.sums.overflowed += stream.link.isRtp ? 1 : 0;
      return null;
    }
    waiting.owner = stream;
    waiting.givenNs = this.nowNs;
    this.waitingRtp += stream.link.isRtp ? 1 : 0;
    return waiting;
  }

  private leave(due: Waiting<LinkStream>): void {
    const stream = due.owner;
    if (stream === null || due.isCancelled) {
      return;
    }
    const one = stream.link.isRtp ? 1 : 0;
    this.waitingRtp -= one;
    if (stream.held === due) {
      stream.held = null;
      this.sums.delayed += one;
    } else {
      stream.waiting--;
    }
    if (!stream.link.isOpen) {
      this.sums.unsent += one;
      return;
    }
    if (!due.isCopy) {
      stream.left((this.options.now() - due.givenNs) / NS_PER_MS);
    }
    this.lateFailures += this.plain.send(stream.link.handle, due.packet, stream.destination) ? 0 : 1;
  }
}

/** RFC 5761 §4: by the octet in which RTP has marker and payload type. */
function isRtcp(packet: Uint8Array): boolean {
  const second = packet[1] ?? 0;
  return second >= 192 && second <= 223;
}
