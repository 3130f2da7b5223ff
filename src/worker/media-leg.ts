/**
 * One slot of a media worker: an RTP and an RTCP socket, and the audio of the leg that uses them now. It is armed (drained)
 * from the offer on, live from the ACK, and after the BYE it drains until its last second has closed; then the slot is free.
 */
import { NS_PER_MS } from '../lib/clock.js';
import type { Tally } from '../lib/tally.js';
import type { DatagramSockets, Destination } from '../net/datagram.js';
import { parseIpv4 } from '../net/datagram.js';
import { StreamMeter, type StreamMeterOptions } from '../quality/stream-meter.js';
import { RTP_HEADER_BYTES, RtpHeader, writeRtpHeader } from '../rtp/packet.js';
import { SourceLatch } from '../rtp/source-latch.js';
import { EchoBuffer } from './echo-buffer.js';
import { LEG, ROW, type MediaSource } from './messages.js';
import type { Rows } from './rows.js';

/** Sums of the whole worker since its last batch. */
export interface MediaHealth {
  sent: number;
  missed: number;
  sendErrors: number;
  received: number;
  readonly latenessUs: Tally;
}

/** What all legs of a worker share. */
export interface LegContext {
  readonly sockets: DatagramSockets;
  /** +∞ before the run begins. */
  epochNs: number;
  readonly meter: StreamMeterOptions;
  readonly source: MediaSource;
  /** The clip as whole packets, each with room for its header: patched and sent in place, so nothing is copied. */
  readonly clipPackets: readonly Uint8Array[];
  readonly samplesPerPacket: number;
  readonly silence: number;
  readonly health: MediaHealth;
  now(): number;
  nextSsrc(): number;
}

/** The far side, by its SDP. */
export interface RemoteEnd {
  readonly address: string;
  readonly port: number;
  readonly payloadType: number;
  readonly sends: boolean;
  readonly receives: boolean;
  /** When the ACK went or came, ns. */
  readonly answeredAtNs: number;
}

/** So many datagrams at one service: a flood at one socket must not delay the others. */
const DRAIN_LIMIT = 64;
/** So many at most before a leg begins. */
const BACKLOG_LIMIT = 1024;

type LegState = 'idle' | 'armed' | 'live' | 'draining';

export class MediaLeg {
  state: LegState = 'idle';
  private call = -1;
  private endpoint = 0;
  private meter: StreamMeter;
  private destination: Destination | null = null;
  private expectedSource = 0;
  private payloadType = 0;
  private readonly header = new RtpHeader();
  private readonly latch = new SourceLatch();
  private readonly echo: EchoBuffer | null;
  /** The header of the packet that is sent next. */
  private readonly outgoing = new RtpHeader();
  private clipPosition = 0;
  private sends = true;
  private expectsAudio = true;
  private sent = 0;
  private missed = 0;
  private taken = 0;
  private stray = 0;
  private malformed = 0;
  private reflected = false;
  private otherSource = false;
  private answeredAtNs = 0;
  private firstSentNs = Number.NaN;
  private endedMs = 0;

  constructor(
    private readonly context: LegContext,
    private readonly rtpHandle: number,
    private readonly rtcpHandle: number,
  ) {
    this.meter = new StreamMeter(context.meter);
    this.echo = context.source === 'echo' ? new EchoBuffer(context.samplesPerPacket, context.silence) : null;
  }

  arm(call: number, endpoint: number): void {
    this.drainRested();
    this.state = 'armed';
    this.call = call;
    this.endpoint = endpoint;
    this.meter = new StreamMeter(this.context.meter);
    this.latch.reset();
    this.echo?.clear();
    this.sent = this.missed = this.taken = this.stray = this.malformed = 0;
    this.reflected = this.otherSource = false;
    this.firstSentNs = Number.NaN;
  }

  connect(remote: RemoteEnd): void {
    const { context, outgoing } = this;
    this.destination = context.sockets.destination(remote.address, remote.port);
    this.expectedSource = parseIpv4(remote.address) ?? 0;
    this.latch.expect(this.expectedSource, remote.port);
    this.payloadType = outgoing.payloadType = remote.payloadType;
    outgoing.marker = true;
    outgoing.ssrc = context.nextSsrc();
    outgoing.sequence = context.nextSsrc() & 0xffff;
    outgoing.timestamp = context.nextSsrc();
    this.clipPosition = (this.call * 37) % context.clipPackets.length; // not all calls say the same word at once
    this.answeredAtNs = remote.answeredAtNs;
    this.sends = remote.sends;
    this.expectsAudio = remote.receives;
    this.meter.begin((remote.answeredAtNs - context.epochNs) / NS_PER_MS, remote.receives);
    this.state = 'live';
  }

  release(endedAtNs: number): void {
    this.endedMs = (endedAtNs - this.context.epochNs) / NS_PER_MS;
    if (this.state === 'live') {
      this.drain(true);
      this.meter.end(this.endedMs);
    }
    this.state = 'draining';
  }

  /** Once a ptime: sends what is due, then takes what has come. `skip`: the deadline is more than a ptime ago. */
  serve(dueNs: number, skip: boolean): void {
    if (this.state === 'idle') {
      return;
    }
    if (this.state === 'live' && this.sends) {
      if (skip) {
        this.skipPacket();
      } else {
        this.sendPacket(dueNs);
      }
    }
    this.drain(this.state !== 'armed');
  }

  /**
   * Once a second. RTCP is not evaluated yet; its socket is read so that nobody gets an ICMP error for using it. The RTP
   * socket of a slot at rest is read too: would a far side that sends on overflow it, its drops would pass for ours.
   */
  drainUnused(): void {
    for (let i = 0; i < DRAIN_LIMIT && this.context.sockets.receive(this.rtcpHandle) >= 0; i++);
    if (this.state === 'idle') {
      this.drain(false);
    }
  }

  /** Datagrams dropped at this slot's RTP socket so far. */
  drops(): number | null {
    return this.context.sockets.drops(this.rtpHandle);
  }

  voidJitter(second: number): void {
    this.meter.voidJitter(second);
  }

  /**
   * Closes a second: writes its row, and the leg's totals when it was the last one.
   * @returns true when the slot is free from now on
   */
  closeSecond(second: number, rows: Rows, legs: Rows): boolean {
    if (this.state !== 'live' && this.state !== 'draining') {
      return false;
    }
    const established = this.destination !== null;
    if (established && this.meter.closeSecond(second)) {
      this.writeRow(second, rows);
    }
    if (this.state === 'live' || second < Math.floor(this.endedMs / 1000)) {
      return false;
    }
    if (established) {
      this.writeTotals(legs);
    }
    this.destination = null;
    this.state = 'idle';
    return true;
  }

  close(): void {
    this.context.sockets.close(this.rtpHandle);
    this.context.sockets.close(this.rtcpHandle);
  }

  private sendPacket(dueNs: number): void {
    const { context, outgoing, destination } = this;
    const packet = this.nextPacket();
    writeRtpHeader(packet, outgoing);
    const nowNs = context.now();
    const taken = destination !== null && context.sockets.send(this.rtpHandle, packet, destination);
    context.health.latenessUs.record((nowNs - dueNs) / 1000);
    if (taken) {
      this.sent++;
      context.health.sent++;
      if (Number.isNaN(this.firstSentNs)) {
        this.firstSentNs = nowNs;
      }
      outgoing.marker = false;
      outgoing.sequence = (outgoing.sequence + 1) & 0xffff;
    } else {
      context.health.sendErrors++; // it never left this host: like one that is skipped, it takes no sequence number
    }
    this.advance();
  }

  /** Too late to be of use: time goes on, the sequence does not, so the far end books no loss for our fault. */
  private skipPacket(): void {
    this.missed++;
    this.context.health.missed++;
    this.nextPacket();
    this.advance();
  }

  private advance(): void {
    this.outgoing.timestamp = (this.outgoing.timestamp + this.context.samplesPerPacket) >>> 0;
  }

  private nextPacket(): Uint8Array {
    if (this.echo !== null) {
      return this.echo.nextPacket();
    }
    const packets = this.context.clipPackets;
    const packet = packets[this.clipPosition] as Uint8Array;
    this.clipPosition = (this.clipPosition + 1) % packets.length;
    return packet;
  }

  /** What came while nobody listened belongs to no leg; a full socket buffer holds a few hundred packets. */
  private drainRested(): void {
    for (let i = 0; i < BACKLOG_LIMIT && this.context.sockets.receive(this.rtpHandle) >= 0; i++);
  }

  private drain(measure: boolean): void {
    const { sockets } = this.context;
    for (let i = 0; i < DRAIN_LIMIT; i++) {
      const length = sockets.receive(this.rtpHandle);
      if (length < 0) {
        return;
      }
      if (measure) {
        this.takeDatagram(length);
      }
    }
  }

  private takeDatagram(length: number): void {
    const { sockets, health, epochNs } = this.context;
    const { header } = this;
    health.received++;
    const kind = header.parse(sockets.data, length);
    if (kind !== 'rtp') {
      this.malformed += kind === 'malformed' ? 1 : 0;
      return;
    }
    const decision =
      header.payloadType === this.payloadType
        ? this.latch.decide(sockets.sourceAddress, sockets.sourcePort, header.ssrc)
        : 'stray';
    if (decision === 'stray') {
      this.stray++;
      return;
    }
    if (decision === 'new') {
      this.takeSource();
    }
    this.taken++;
    this.meter.onPacket(header.sequence, header.timestamp, (sockets.arrivalNs - epochNs) / NS_PER_MS);
    this.echo?.push(sockets.data, header.payloadOffset, header.payloadLength);
  }

  private takeSource(): void {
    if (this.taken > 0) {
      this.meter.restart();
    }
    this.reflected = this.header.ssrc === this.outgoing.ssrc;
    const { sockets } = this.context;
    if (sockets.sourceAddress !== this.expectedSource || sockets.sourcePort !== this.destination?.port) {
      this.otherSource = true;
    }
  }

  private writeRow(second: number, rows: Rows): void {
    const figures = this.meter.second;
    const { table, offset } = rows.next();
    table[offset + ROW.call] = this.call;
    table[offset + ROW.leg] = 0;
    table[offset + ROW.endpoint] = this.endpoint;
    table[offset + ROW.second] = second;
    table[offset + ROW.expected] = figures.expected;
    table[offset + ROW.received] = figures.received;
    table[offset + ROW.lost] = figures.lost;
    table[offset + ROW.discarded] = figures.discarded;
    table[offset + ROW.duplicate] = figures.duplicate;
    table[offset + ROW.reordered] = figures.reordered;
    table[offset + ROW.jitterMs] = figures.jitterMs;
    table[offset + ROW.rFactor] = figures.rFactor;
    table[offset + ROW.mosLq] = figures.mosLq;
  }

  private writeTotals(legs: Rows): void {
    const { totals } = this.meter;
    const { table, offset } = legs.next();
    table[offset + LEG.call] = this.call;
    table[offset + LEG.endpoint] = this.endpoint;
    table[offset + LEG.expected] = totals.expected;
    table[offset + LEG.received] = totals.received;
    table[offset + LEG.lost] = totals.lost;
    table[offset + LEG.discarded] = totals.discarded;
    table[offset + LEG.duplicate] = totals.duplicate;
    table[offset + LEG.reordered] = totals.reordered;
    table[offset + LEG.stray] = this.stray;
    table[offset + LEG.malformed] = this.malformed;
    table[offset + LEG.taken] = this.taken;
    table[offset + LEG.jitterMs] = totals.jitterMs;
    table[offset + LEG.jitterMaxMs] = totals.jitterMaxMs;
    table[offset + LEG.rFactor] = totals.rFactor;
    table[offset + LEG.mosLq] = totals.mosLq;
    table[offset + LEG.longestSilenceMs] = totals.longestSilenceMs;
    table[offset + LEG.sent] = this.sent;
    table[offset + LEG.missed] = this.missed;
    table[offset + LEG.ackToRtpMs] = (this.firstSentNs - this.answeredAtNs) / NS_PER_MS;
    table[offset + LEG.reflected] = this.reflected ? 1 : 0;
    table[offset + LEG.otherSource] = this.otherSource ? 1 : 0;
    table[offset + LEG.expectsAudio] = this.expectsAudio ? 1 : 0;
    const answeredMs = (this.answeredAtNs - this.context.epochNs) / NS_PER_MS;
    table[offset + LEG.answeredMs] = answeredMs;
    table[offset + LEG.establishedForMs] = this.endedMs - answeredMs;
  }
}

/** A packet of the clip with room for its RTP header in front. */
export function packetsWithHeader(payloads: Uint8Array, bytesPerPacket: number): Uint8Array[] {
  const count = payloads.length / bytesPerPacket;
  return Array.from({ length: count }, (_, i) => {
    const packet = new Uint8Array(RTP_HEADER_BYTES + bytesPerPacket);
    packet.set(payloads.subarray(i * bytesPerPacket, (i + 1) * bytesPerPacket), RTP_HEADER_BYTES);
    return packet;
  });
}
