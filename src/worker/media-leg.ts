/**
 * One slot of a media worker: an RTP and an RTCP socket, and the audio of the leg that uses them now. It is armed (drained)
 * from the offer on, live from the ACK, and after the BYE it drains until its last second has closed; then the slot is free.
 */
import type { AgreedMedia } from '../call/negotiation.js';
import type { RemoteMedia } from '../call/media-slots.js';
import { NS_PER_MS, NS_PER_SECOND } from '../lib/clock.js';
import type { Tally } from '../lib/tally.js';
import type { DatagramSockets, Destination } from '../net/datagram.js';
import { parseIpv4 } from '../net/datagram.js';
import type { CodecImpairment } from '../quality/codec-impairment.js';
import { JITTER_BUFFER_MS } from '../quality/jitter-buffer.js';
import { mouthToEarMs } from '../quality/mouth-to-ear.js';
import { emptyScore, scoreInto } from '../quality/score.js';
import { StreamMeter } from '../quality/stream-meter.js';
import { RtpHeader, RTP_HEADER_BYTES } from '../rtp/packet.js';
import { RtcpSession, type RtcpContext } from '../rtp/rtcp/session.js';
import { SourceLatch } from '../rtp/source-latch.js';
import type { CodecContext } from './codec-context.js';
import { FarSeconds } from './far-seconds.js';
import {
  writeReceivedRow,
  writeReceivedTotals,
  writeSentRow,
  writeSentTotals,
  type Conversation,
  type LegFacts,
  type LegKey,
} from './leg-rows.js';
import type { MediaSource } from './messages.js';
import { OutgoingAudio } from './outgoing-audio.js';
import { PAYLOAD, PayloadKinds } from './payload-kinds.js';
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
  readonly ptimeMs: number;
  readonly source: MediaSource;
  /** By name; the first one is for legs that have not agreed on any. */
  readonly codecs: ReadonlyMap<string, CodecContext>;
  readonly rtcp: RtcpContext;
  /** Of a call, for RTCP: the same for all streams of one end (RFC 3550 §6.5.1). */
  cnameOf(call: number): string;
  readonly health: MediaHealth;
  now(): number;
  nextUint32(): number;
}

/** So many datagrams at one service: a flood at one socket must not delay the others. */
const DRAIN_LIMIT = 64;
/** So many at most before a leg begins. */
const BACKLOG_LIMIT = 1024;
/** Between our own ends; others get the interval of RFC 3550. */
const OWN_RTCP_INTERVAL_MS = 1000;
/** G.711 and G.722 at 20 ms with IP and UDP. */
const SESSION_BITS_PER_SECOND = 80_000;

type LegState = 'idle' | 'armed' | 'live' | 'draining';

export class MediaLeg {
  state: LegState = 'idle';
  private readonly key: LegKey = { call: -1, endpoint: 0, codec: 0 };
  private codec: CodecContext | null = null;
  private meter: StreamMeter | null = null;
  private destination: Destination | null = null;
  private rtcpDestination: Destination | null = null;
  private isMuxed = false;
  private expectedSource = 0;
  private sends = true;
  private receives = true;
  private readonly kinds = new PayloadKinds();
  private readonly header = new RtpHeader();
  private readonly latch = new SourceLatch();
  private readonly outgoing: OutgoingAudio;
  private readonly rtcp: RtcpSession;
  private readonly far = new FarSeconds();
  private readonly facts = emptyFacts();
  private readonly scratch = emptyScore();
  private readonly conversation: Conversation = {
    rttMs: Number.NaN,
    mouthToEarMs: Number.NaN,
    mosCq: Number.NaN,
  };
  private roundTripsSeen = 0;
  private nextSampleNs = 0;
  private answeredAtNs = 0;
  private endedMs = 0;

  constructor(
    private readonly context: LegContext,
    private readonly rtpHandle: number,
    private readonly rtcpHandle: number,
  ) {
    this.outgoing = new OutgoingAudio(context.source);
    this.rtcp = new RtcpSession(context.rtcp);
  }

  arm(call: number, endpoint: number): void {
    this.drainRested();
    this.state = 'armed';
    this.key.call = call;
    this.key.endpoint = endpoint;
    this.meter = null;
    this.latch.reset();
    this.far.clear();
    Object.assign(this.facts, emptyFacts());
    this.roundTripsSeen = 0;
    this.nextSampleNs = 0;
  }

  /** Answered: audio flows from now on, as their SDP says. */
  connect(media: RemoteMedia): void {
    const { context, key } = this;
    const codec = context.codecs.get(media.codec);
    if (codec === undefined) {
      throw new Error(`expected a codec of this worker, got ${media.codec}`);
    }
    this.codec = codec;
    key.codec = codec.index;
    this.aim(media);
    this.answeredAtNs = media.answeredAtNs;
    this.facts.answeredMs = this.msOf(media.answeredAtNs);
    this.facts.expectsAudio = media.receives;
    this.outgoing.start(codec, {
      ssrc: context.nextUint32(),
      sequence: context.nextUint32() & 0xffff,
      timestamp: context.nextUint32(),
      payloadType: media.payloadType,
      clipOffset: key.call * 37,
    });
    this.startRtcp(codec, media);
    this.meter = new StreamMeter({
      clockRate: codec.codec.clockRate,
      ptimeMs: context.ptimeMs,
      jitterBufferMs: JITTER_BUFFER_MS,
      codec: codec.impairment,
    });
    this.meter.begin(this.msOf(media.answeredAtNs), media.receives);
    this.state = 'live';
  }

  /** Agreed anew within the call: another address, hold, resume. The codec stays. */
  update(media: RemoteMedia): void {
    if (this.state !== 'live') {
      return;
    }
    const wasOpen = this.sends && this.receives;
    this.facts.holds += this.sends && !media.sends ? 1 : 0;
    this.aim(media);
    this.outgoing.header.payloadType = media.payloadType;
    const isOpen = this.sends && this.receives;
    // On hold a far side may play music and may not: neither that nor its silence is measured.
    if (wasOpen && !isOpen) {
      this.meter?.pause(this.msOf(media.answeredAtNs));
    } else if (!wasOpen && isOpen) {
      this.meter?.resume(this.msOf(media.answeredAtNs));
    }
  }

  release(endedAtNs: number): void {
    this.endedMs = this.msOf(endedAtNs);
    if (this.state === 'live') {
      this.drain();
      this.drainRtcp();
      this.sendRtcp(this.rtcp.writeBye(this.context.now(), ''));
      this.meter?.end(this.endedMs);
    }
    this.state = 'draining';
  }

  /** Once a ptime: sends what is due, then takes what has come. `skip`: the deadline is more than a ptime ago. */
  serve(dueNs: number, skip: boolean): void {
    if (this.state === 'idle') {
      return;
    }
    if (this.state === 'live') {
      if (this.sends) {
        this.sendOrSkip(dueNs, skip);
      }
      if (dueNs >= this.rtcp.dueAtNs) {
        this.drainRtcp(); // so that the report answers what has come
        this.sendRtcp(this.rtcp.write(this.context.now()));
      }
    }
    this.drain();
  }

  /**
   * Once a second: what waits at the RTCP socket, whose kernel times lose nothing by waiting. The RTP socket of a slot at
   * rest is read too: would a far side that sends on overflow it, its drops would pass for ours.
   */
  serveSecond(): void {
    this.drainRtcp();
    if (this.state === 'idle') {
      this.drain();
    }
  }

  /** Datagrams dropped at this slot's RTP socket so far. */
  drops(): number | null {
    return this.context.sockets.drops(this.rtpHandle);
  }

  voidJitter(second: number): void {
    this.meter?.voidJitter(second);
  }

  /**
   * Closes a second: writes its rows, and the leg's totals when it was the last one.
   * @returns true when the slot is free from now on
   */
  closeSecond(second: number, rows: Rows, legs: Rows): boolean {
    if (this.state !== 'live' && this.state !== 'draining') {
      return false;
    }
    this.writeRows(second, rows);
    if (this.state === 'live' || second < Math.floor(this.endedMs / 1000)) {
      return false;
    }
    this.writeTotals(legs);
    this.meter = null;
    this.destination = this.rtcpDestination = null;
    this.state = 'idle';
    return true;
  }

  close(): void {
    this.context.sockets.close(this.rtpHandle);
    this.context.sockets.close(this.rtcpHandle);
  }

  /** Where audio and reports go, and what may come. */
  private aim(media: AgreedMedia): void {
    const { sockets } = this.context;
    this.destination = sockets.destination(media.address, media.port);
    const { rtcpAddress, rtcpPort } = media;
    const hasRtcp = rtcpAddress !== null && rtcpPort !== null;
    this.rtcpDestination = hasRtcp ? sockets.destination(rtcpAddress, rtcpPort) : null;
    this.isMuxed = media.rtcpMux;
    this.expectedSource = parseIpv4(media.address) ?? 0;
    this.latch.expect(this.expectedSource, media.port);
    this.kinds.agree(media);
    this.sends = media.sends;
    this.receives = media.receives;
  }

  private startRtcp({ codec }: CodecContext, media: RemoteMedia): void {
    const { header } = this.outgoing;
    this.rtcp.start({
      ssrc: header.ssrc,
      firstSequence: header.sequence,
      clockRate: codec.clockRate,
      cname: this.context.cnameOf(this.key.call),
      startedAtNs: media.answeredAtNs,
      fixedIntervalMs: media.isOurs ? OWN_RTCP_INTERVAL_MS : null,
      sessionBitsPerSecond: SESSION_BITS_PER_SECOND,
    });
  }

  private msOf(atNs: number): number {
    return (atNs - this.context.epochNs) / NS_PER_MS;
  }

  private sendOrSkip(dueNs: number, skip: boolean): void {
    const { context, outgoing, facts } = this;
    if (skip) {
      facts.missed++;
      context.health.missed++;
      outgoing.skip();
      return;
    }
    const packet = outgoing.next();
    const nowNs = context.now();
    const taken = this.destination !== null && context.sockets.send(this.rtpHandle, packet, this.destination);
    context.health.latenessUs.record((nowNs - dueNs) / 1000);
    if (!taken) {
      context.health.sendErrors++; // it never left this host: like one that is skipped, it takes no sequence number
      outgoing.passTime();
      return;
    }
    this.rtcp.onSent(outgoing.header.timestamp, packet.length - RTP_HEADER_BYTES, nowNs);
    if (facts.sent === 0) {
      facts.ackToRtpMs = (nowNs - this.answeredAtNs) / NS_PER_MS;
    }
    facts.sent++;
    context.health.sent++;
    outgoing.advance();
  }

  /** A report that does not leave is missed by nobody: the next one tells it all. */
  private sendRtcp(compound: Uint8Array | null): void {
    if (compound !== null && this.rtcpDestination !== null) {
      const handle = this.isMuxed ? this.rtpHandle : this.rtcpHandle;
      this.context.sockets.send(handle, compound, this.rtcpDestination);
    }
  }

  /** What came while nobody listened belongs to no leg; a full socket buffer holds a few hundred packets. */
  private drainRested(): void {
    const { sockets } = this.context;
    for (let i = 0; i < BACKLOG_LIMIT && sockets.receive(this.rtpHandle) >= 0; i++);
    for (let i = 0; i < BACKLOG_LIMIT && sockets.receive(this.rtcpHandle) >= 0; i++);
  }

  private drain(): void {
    const { sockets } = this.context;
    for (let i = 0; i < DRAIN_LIMIT; i++) {
      const length = sockets.receive(this.rtpHandle);
      if (length < 0) {
        return;
      }
      if (this.state === 'armed') {
        this.countEarly(length);
      } else if (this.state !== 'idle') {
        this.takeDatagram(length);
      }
    }
  }

  private drainRtcp(): void {
    const { sockets } = this.context;
    for (let i = 0; i < DRAIN_LIMIT; i++) {
      const length = sockets.receive(this.rtcpHandle);
      if (length < 0) {
        return;
      }
      if (this.meter !== null && !this.isMuxed) {
        this.takeRtcp(length);
      }
    }
  }

  private countEarly(length: number): void {
    if (this.header.parse(this.context.sockets.data, length) === 'rtp') {
      this.facts.earlyPackets++;
    }
  }

  private takeDatagram(length: number): void {
    const { sockets, health } = this.context;
    const { header, facts } = this;
    health.received++;
    const kind = header.parse(sockets.data, length);
    if (kind === 'rtp') {
      this.takeRtp();
    } else if (kind === 'malformed') {
      facts.malformed++;
    } else if (this.isMuxed) {
      this.takeRtcp(length);
    }
  }

  private takeRtp(): void {
    const { sockets } = this.context;
    const { header, latch, facts, meter } = this;
    const kind = this.kinds.kindOf(header.payloadType);
    if (kind === PAYLOAD.unknown) {
      this.countUnknown();
      return;
    }
    const decision = latch.decide(sockets.sourceAddress, sockets.sourcePort, header.ssrc);
    if (decision === 'stray' || meter === null) {
      facts.stray++;
      return;
    }
    if (decision === 'new') {
      this.takeSource();
    }
    facts.taken++;
    this.rtcp.onRtp(header, sockets.arrivalNs);
    const arrivalMs = this.msOf(sockets.arrivalNs);
    if (kind === PAYLOAD.audio) {
      meter.onPacket(header.sequence, header.timestamp, arrivalMs);
      this.outgoing.hear(sockets.data, header.payloadOffset, header.payloadLength);
      this.sampleSilence();
    } else {
      meter.onAuxiliary(header.sequence, arrivalMs, kind === PAYLOAD.comfortNoise);
    }
  }

  /** From the far side itself it is a payload type that nobody agreed on; from anybody else it is not ours. */
  private countUnknown(): void {
    const { facts, context, expectedSource, latch } = this;
    const { sourceAddress } = context.sockets;
    if (sourceAddress === expectedSource || (facts.taken > 0 && sourceAddress === latch.sourceAddress)) {
      facts.wrongPayloadType++;
    } else {
      facts.stray++;
    }
  }

  /** One packet a second is listened to. */
  private sampleSilence(): void {
    const { header, facts, codec } = this;
    const { sockets } = this.context;
    if (codec === null || sockets.arrivalNs < this.nextSampleNs) {
      return;
    }
    this.nextSampleNs = sockets.arrivalNs + NS_PER_SECOND;
    facts.samples++;
    if (codec.codec.isSilent(sockets.data, header.payloadOffset, header.payloadLength)) {
      facts.silentSamples++;
    }
  }

  private takeSource(): void {
    const { facts, header, outgoing } = this;
    const { sockets } = this.context;
    if (facts.taken > 0) {
      this.meter?.restart();
    }
    facts.reflected = header.ssrc === outgoing.header.ssrc;
    if (sockets.sourceAddress !== this.expectedSource || sockets.sourcePort !== this.destination?.port) {
      facts.otherSource = true;
    }
  }

  private takeRtcp(length: number): void {
    const { sockets } = this.context;
    const { rtcp, facts, far } = this;
    const verdict = rtcp.receive(sockets.data, length, sockets.arrivalNs);
    facts.rtcpReceived = rtcp.counts.received;
    facts.rtcpMalformed = rtcp.counts.malformed;
    if (verdict !== 'ok' || !rtcp.takeNews()) {
      return;
    }
    // Read up to a second late; a second closes two seconds after its end, so its place is still open.
    const second = Math.floor(this.msOf(sockets.arrivalNs) / 1000);
    far.noteReport(second, rtcp.farInterval);
    if (rtcp.counts.roundTrips > this.roundTripsSeen) {
      this.roundTripsSeen = rtcp.counts.roundTrips;
      far.noteRoundTrip(second, rtcp.rttMs);
    }
  }

  private get impairment(): CodecImpairment | undefined {
    return this.codec?.impairment;
  }

  /** Ta for a round trip; NaN where it or the codec's own delay is unknown. */
  private delayOf(rttMs: number): number {
    const { impairment } = this;
    if (impairment === undefined) {
      return Number.NaN;
    }
    return mouthToEarMs({ rttMs, jitterBufferMs: JITTER_BUFFER_MS, ptimeMs: this.context.ptimeMs, codec: impairment });
  }

  private writeRows(second: number, rows: Rows): void {
    const { meter, far, key } = this;
    if (meter === null) {
      return;
    }
    const rttMs = far.rttIn(second);
    if (meter.closeSecond(second)) {
      const figures = meter.second;
      // Scored with the newest round trip: reports come every few seconds, and the path is the same in between.
      this.fillConversation(figures, far.latestRttMs);
      this.conversation.rttMs = rttMs;
      writeReceivedRow(rows, key, second, { figures, conversation: this.conversation });
    }
    const oneWayDelayMs = this.delayOf(far.latestRttMs);
    if (far.take(second, this.impairment, oneWayDelayMs)) {
      writeSentRow(rows, key, second, { figures: far.figures, score: far.score, mouthToEarMs: oneWayDelayMs });
    }
  }

  private writeTotals(legs: Rows): void {
    const { meter, facts, far, key } = this;
    if (meter === null) {
      return;
    }
    facts.endedMs = this.endedMs;
    const { totals } = meter;
    this.fillConversation(totals, far.meanRttMs);
    writeReceivedTotals(legs, key, { totals, conversation: this.conversation, facts });
    const { farTotals } = this.rtcp;
    const sentScore = this.scoreSent(farTotals.lossRatio);
    // The round trip is measured at this end and stands with what is received.
    this.conversation.rttMs = Number.NaN;
    this.conversation.mosCq = sentScore.mosCq;
    writeSentTotals(legs, key, { totals: farTotals, score: sentScore, conversation: this.conversation });
  }

  /** Listening and conversational score of what the far end reports; how its losses lie is in no report. */
  private scoreSent(lossRatio: number): ReturnType<typeof emptyScore> {
    const oneWayDelayMs = this.delayOf(this.far.meanRttMs);
    scoreInto(this.scratch, this.impairment, { badRatio: lossRatio, burstR: 1, oneWayDelayMs });
    return this.scratch;
  }

  private fillConversation(figures: { readonly badRatio: number; readonly burstR: number }, rttMs: number): void {
    const { conversation, scratch } = this;
    const oneWayDelayMs = this.delayOf(rttMs);
    scoreInto(scratch, this.impairment, { badRatio: figures.badRatio, burstR: figures.burstR, oneWayDelayMs });
    conversation.rttMs = rttMs;
    conversation.mouthToEarMs = oneWayDelayMs;
    conversation.mosCq = scratch.mosCq;
  }
}

function emptyFacts(): LegFacts {
  return {
    stray: 0,
    malformed: 0,
    taken: 0,
    sent: 0,
    missed: 0,
    earlyPackets: 0,
    wrongPayloadType: 0,
    silentSamples: 0,
    samples: 0,
    holds: 0,
    reflected: false,
    otherSource: false,
    expectsAudio: true,
    answeredMs: 0,
    endedMs: 0,
    ackToRtpMs: Number.NaN,
    rtcpReceived: 0,
    rtcpMalformed: 0,
  };
}
