/**
 * One slot of a media worker: an RTP and an RTCP socket, and the audio of the leg that uses them now. It is armed (drained)
 * from the offer on, live from the ACK, and after the BYE it drains until its last second has closed; then the slot is free.
 */
import type { DigitsToSend } from '../call/dtmf.js';
import type { AgreedMedia } from '../call/negotiation.js';
import type { RemoteMedia } from '../call/media-slots.js';
import { NS_PER_MS, NS_PER_SECOND } from '../lib/clock.js';
import type { Destination, PacketSender } from '../net/datagram.js';
import { addressNumber } from '../net/datagram.js';
import { JITTER_BUFFER_MS } from '../quality/jitter-buffer.js';
import { StreamMeter } from '../quality/stream-meter.js';
import { RtpHeader, RTP_HEADER_BYTES, ssrcOf } from '../rtp/packet.js';
import { RtcpSession } from '../rtp/rtcp/session.js';
import { SourceLatch } from '../rtp/source-latch.js';
import { codecFor, type CodecContext } from './codec-context.js';
import { agreedSession, type SrtpSession } from '../rtp/srtp/session.js';
import { IncomingReports } from './incoming-reports.js';
import type { LegContext } from './leg-context.js';
import { LegKeys } from './leg-keys.js';
import type { LegTap } from './leg-tap.js';
import { LegReport } from './leg-report.js';
import { emptyFacts, noteSuite } from './leg-rows.js';
import { OutgoingAudio } from './outgoing-audio.js';
import { PAYLOAD, PayloadKinds } from './payload-kinds.js';
import type { Rows } from './rows.js';
import { rtcpStart } from './rtcp-start.js';
import { SilenceSampler } from './silence-sampler.js';

/** So many datagrams at one service: a flood at one socket must not delay the others. */
const DRAIN_LIMIT = 64;
/**
 * Packet times from one reading of a live leg to the next. The kernel says when each packet came, so reading late loses nothing, and
 * what comes of one leg together costs less: one system call, and the state of the leg is in the cache. One less than a
 * batch of the sockets holds, so that a short count says that nothing more is there.
 */
const ROUNDS_A_READ = 3;
/** So many at most before a leg begins. */
const BACKLOG_LIMIT = 1024;
/** After a change of codec, packets of the old one may be under way for so long. */
const FORMER_NS = NS_PER_SECOND;

/** `early`: not answered yet, and audio of ours flows. */
type LegState = 'idle' | 'armed' | 'early' | 'live' | 'draining';

export class MediaLeg implements PacketSender {
  state: LegState = 'idle';
  private codec: CodecContext | null = null;
  private meter: StreamMeter | null = null;
  private destination: Destination | null = null;
  private rtcpDestination: Destination | null = null;
  private isMuxed = false;
  private expectedSource = 0;
  private sends = true;
  /** On hold, by either way that is closed: nothing is expected, and what comes is not measured. */
  private isPaused = false;
  /** Its audio could flow from the ACK on. */
  private startedOpen = true;
  private readonly kinds = new PayloadKinds();
  /** Until then packets of the codec before are taken; 0: none are. */
  private formerUntilNs = 0;
  private roundsToRead = 0;
  /** In the tick that is being served. */
  private readsNow = false;
  /** Of the packet that is queued: when it was due, and its length in the clear. */
  private queuedDueNs = 0;
  private queuedBytes = 0;
  private readonly header = new RtpHeader();
  private readonly latch = new SourceLatch();
  /** Null: in the clear. */
  private srtp: SrtpSession | null = null;
  private readonly outgoing: OutgoingAudio;
  private readonly rtcp: RtcpSession;
  private readonly report: LegReport;
  private readonly facts = emptyFacts();
  private readonly reports: IncomingReports;
  private readonly silence = new SilenceSampler();
  private answeredAtNs = 0;
  private endedMs = 0;
  readonly keys: LegKeys;

  constructor(
    private readonly context: LegContext,
    private readonly rtpHandle: number,
    private readonly rtcpHandle: number,
    /** What is captured of its packets; null: nothing. */
    private readonly tap: LegTap | null = null,
  ) {
    this.outgoing = new OutgoingAudio(context.source, context.ptimeMs);
    this.keys = new LegKeys(this.outgoing);
    this.rtcp = new RtcpSession(context.rtcp);
    this.report = new LegReport(context.ptimeMs);
    this.reports = new IncomingReports(this.rtcp, this.report.far, this.facts);
  }

  arm(call: number, endpoint: number): void {
    this.drainRested();
    this.state = 'armed';
    this.tap?.arm(call);
    this.report.begin(call, endpoint);
    this.meter = null;
    this.keys.begin();
    this.latch.reset();
    this.srtp = null;
    Object.assign(this.facts, emptyFacts());
    this.reports.reset();
    this.silence.reset();
  }

  /** Answered (or early): audio flows from now on, as their SDP says. */
  connect(media: RemoteMedia): void {
    const { context, report } = this;
    const codec = codecFor(media, context, this.codec);
    if (this.state === 'early') {
      this.outgoing.change(codec); // what flows goes on
    } else {
      this.outgoing.start(codec, {
        ssrc: context.nextUint32(),
        // RFC 3711 §3.3.1: below 2^15, so that no wrap is lost before the far side listens.
        sequence: context.nextUint32() & (media.srtp === undefined ? 0xffff : 0x7fff),
        timestamp: context.nextUint32(),
        payloadType: media.payloadType,
        clipOffset: report.key.call * 37,
      });
    }
    this.codec = codec;
    report.agree(codec);
    this.aim(media);
    this.secure(media);
    this.kinds.agree(media);
    this.formerUntilNs = 0;
    if (media.isEarly === true) {
      this.state = 'early';
      return;
    }
    this.keys.agree(codec, media);
    this.answeredAtNs = media.answeredAtNs;
    this.facts.answeredMs = this.msOf(media.answeredAtNs);
    this.facts.expectsAudio = media.receives;
    this.rtcp.start(rtcpStart({ codec, media, header: this.outgoing.header, cname: context.cnameOf(report.key.call) }));
    this.meter = new StreamMeter({
      clockRate: codec.codec.clockRate,
      ptimeMs: context.ptimeMs,
      jitterBufferMs: JITTER_BUFFER_MS,
      codec: codec.impairment,
    });
    this.meter.begin(this.msOf(media.answeredAtNs));
    report.drops.begin(this.facts.answeredMs);
    this.startedOpen = media.sends;
    this.isPaused = false;
    this.pause(!media.receives, media.answeredAtNs);
    this.state = 'live';
  }

  /** Agreed anew within the call: another address, hold, resume, another codec. */
  update(media: RemoteMedia): void {
    if (this.state !== 'live') {
      return;
    }
    this.drain(); // what came until now is of what was agreed on before
    const before = this.codec;
    this.changeCodec(codecFor(media, this.context, before), media.answeredAtNs);
    // Who began by only receiving is not put on hold by hearing that again.
    const isHold = !media.sends && (this.sends || this.isPaused);
    const pauses = !media.receives || isHold;
    const isTheirs = media.heldByUs !== true;
    this.facts.holds += pauses && isTheirs && !this.isPaused ? 1 : 0;
    this.facts.expectsAudio ||= media.receives;
    this.aim(media);
    this.secure(media);
    if (this.codec === before) {
      this.kinds.agree(media);
    } else {
      this.kinds.change(media);
      this.formerUntilNs = media.answeredAtNs + FORMER_NS;
    }
    this.pause(pauses, media.answeredAtNs);
  }

  /** Presses keys, in place of the audio. */
  press(keys: DigitsToSend): void {
    if (this.state === 'live') {
      this.outgoing.press(keys);
    }
  }

  release(endedAtNs: number): void {
    this.endedMs = this.msOf(endedAtNs);
    if (this.state === 'live') {
      this.drain();
      this.keys.restart();
      this.drainRtcp();
      this.sendRtcp(this.rtcp.writeBye(this.context.now(), '', this.report.voipMetrics(this.meter)));
      this.meter?.end(this.endedMs);
    }
    this.state = 'draining';
    this.tap?.freeze();
  }

  /** Once a ptime: sends what is due. `skip`: the deadline is more than a ptime ago. */
  serve(dueNs: number, skip: boolean): void {
    if (this.state !== 'live' && this.state !== 'early') {
      return;
    }
    if (this.sends) {
      this.sendOrSkip(dueNs, skip);
    } else {
      this.rest();
    }
  }

  /** After that, once all legs of the tick have theirs under way: has what came read along, if it is time. */
  fetch(dueNs: number): void {
    if (this.state === 'idle') {
      this.readsNow = false;
      return;
    }
    const readsEachTime = this.state !== 'live' || this.context.source === 'echo';
    this.readsNow = readsEachTime || this.reportsAt(dueNs) || --this.roundsToRead <= 0;
    if (this.readsNow) {
      this.context.sockets.fetch(this.rtpHandle, readsEachTime ? 2 : ROUNDS_A_READ + 1);
    }
  }

  /** After that: takes what was read, and reports when a report is due. */
  listen(dueNs: number): void {
    if (this.readsNow) {
      this.drain();
    }
    if (this.reportsAt(dueNs)) {
      this.drainRtcp(); // so that the report answers what has come
      this.sendRtcp(this.rtcp.write(this.context.now(), this.report.voipMetrics(this.meter)));
    }
  }

  /**
   * Once a second: what waits at the RTCP socket, whose kernel times lose nothing by waiting. The RTP socket of a slot at
   * rest is read too: would a far side that sends on overflow it, its drops would pass for ours.
   */
  serveSecond(): void {
    this.drainRtcp();
    this.keys.onTime(this.msOf(this.context.now()));
    if (this.state === 'idle') {
      this.drain();
    }
    if (this.formerUntilNs > 0 && this.context.now() > this.formerUntilNs) {
      this.formerUntilNs = 0;
      this.kinds.forgetFormer();
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
    const { meter, report, facts } = this;
    if (meter !== null) {
      report.writeSecond(second, meter, rows, this.state === 'live' || second * 1000 < this.endedMs);
    }
    if (this.state === 'live' || second < Math.floor(this.endedMs / 1000)) {
      return false;
    }
    this.tap?.close(meter !== null && facts.expectsAudio && facts.taken === 0);
    if (meter !== null) {
      facts.endedMs = this.endedMs;
      const { farTotals, farMetrics } = this.rtcp;
      report.writeTotals(legs, { meter, facts, farTotals, farMetrics });
    }
    this.meter = null;
    this.destination = this.rtcpDestination = null;
    this.state = 'idle';
    report.drops.end(this.endedMs);
    return true;
  }

  close(): void {
    this.context.sockets.close(this.rtpHandle);
    this.context.sockets.close(this.rtcpHandle);
  }

  /** Where audio and reports go, and what may come. */
  private aim(media: AgreedMedia): void {
    this.tap?.agree(media);
    const { rtcpAddress, rtcpPort } = media;
    const hasRtcp = rtcpAddress !== null && rtcpPort !== null;
    this.destination = this.towards(this.destination, media.address, media.port);
    this.rtcpDestination = hasRtcp ? this.towards(this.rtcpDestination, rtcpAddress, rtcpPort) : null;
    this.isMuxed = media.rtcpMux;
    this.expectedSource = addressNumber(media.address) ?? 0;
    this.latch.expect(this.expectedSource, media.port);
    this.sends = media.sends;
    this.outgoing.header.payloadType = media.payloadType;
    this.outgoing.agreeEvents(media.eventSendPayloadType);
    this.outgoing.agreeNoise(media.comfortNoiseSendPayloadType ?? null);
  }

  /** What is sent and what comes is SRTP from now on, or is not. */
  private secure({ srtp }: RemoteMedia): void {
    this.srtp = agreedSession(this.srtp, srtp);
    noteSuite(this.facts, srtp?.suite);
  }

  /** Within the stream: SSRC, sequence and time go on (all codecs here have one clock). */
  private changeCodec(codec: CodecContext, atNs: number): void {
    if (codec === this.codec) {
      return;
    }
    this.codec = codec;
    this.outgoing.change(codec);
    this.keys.change(codec);
    this.report.change(codec, Math.floor(this.msOf(atNs) / 1000));
  }

  /** The same object for the same place: a stream goes on over a new agreement. */
  private towards(before: Destination | null, address: string, port: number): Destination {
    const isSame = before !== null && before.address === address && before.port === port;
    return isSame ? before : this.context.sockets.destination(address, port);
  }

  private pause(pauses: boolean, atNs: number): void {
    if (pauses && !this.isPaused) {
      this.meter?.pause(this.msOf(atNs));
    } else if (!pauses && this.isPaused) {
      this.meter?.resume(this.msOf(atNs));
    }
    this.isPaused = pauses;
  }

  private reportsAt(dueNs: number): boolean {
    return this.state === 'live' && dueNs >= this.rtcp.dueAtNs;
  }

  private msOf(atNs: number): number {
    return (atNs - this.context.epochNs) / NS_PER_MS;
  }

  private sendOrSkip(dueNs: number, skip: boolean): void {
    const { context, outgoing, facts } = this;
    if (skip) {
      const missed = outgoing.skip() ? 1 : 0;
      facts.missed += missed;
      context.health.missed += missed;
      return;
    }
    const plain = outgoing.next();
    if (plain === null) {
      outgoing.passTime();
      return;
    }
    const packet = this.srtp === null ? plain : this.srtp.protectRtp(plain);
    this.queuedDueNs = dueNs;
    this.queuedBytes = plain.length;
    if (this.destination === null) {
      this.onSent(false, packet, packet.length);
    } else {
      context.sockets.queue(this.rtpHandle, packet, this.destination, this);
    }
  }

  onSent(taken: boolean, data: Uint8Array, length: number): void {
    const { context, outgoing, facts, destination } = this;
    const nowNs = context.now(); // after the kernel had it: what left in a batch is not called earlier than it was
    context.health.latenessUs.record((nowNs - this.queuedDueNs) / 1000);
    if (!taken || destination === null) {
      context.health.sendErrors++; // it never left this host: like one that is skipped, it takes no sequence number
      outgoing.passTime();
      return;
    }
    this.tap?.sent(data, length, nowNs, destination);
    if (this.state === 'live') {
      this.rtcp.onSent(outgoing.header.timestamp, this.queuedBytes - RTP_HEADER_BYTES, nowNs);
    }
    if (facts.sent === 0 && this.startedOpen) {
      facts.ackToRtpMs = (nowNs - this.answeredAtNs) / NS_PER_MS;
    }
    facts.sent++;
    context.health.sent++;
    outgoing.advance();
  }

  /** We may not send: time goes on, so that what we say after it is on time (RFC 3550 §5.1). */
  private rest(): void {
    this.outgoing.skip();
    this.outgoing.header.marker = true;
  }

  /** A report that does not leave is missed by nobody: the next one tells it all. */
  private sendRtcp(compound: Uint8Array | null): void {
    if (compound !== null && this.rtcpDestination !== null) {
      const handle = this.isMuxed ? this.rtpHandle : this.rtcpHandle;
      const packet = this.srtp === null ? compound : this.srtp.protectRtcp(compound);
      this.context.sockets.send(handle, packet, this.rtcpDestination);
      this.tap?.sentRtcp(packet, this.context.now(), this.rtcpDestination, this.isMuxed);
    }
  }

  /** What came while nobody listened belongs to no leg; a full socket buffer holds a few hundred packets. */
  private drainRested(): void {
    const { sockets } = this.context;
    let waiting = 0;
    while (waiting < BACKLOG_LIMIT && sockets.receive(this.rtpHandle) >= 0) {
      waiting++;
    }
    this.lookForDrops(waiting);
    for (let i = 0; i < BACKLOG_LIMIT && sockets.receive(this.rtcpHandle) >= 0; i++);
  }

  /** Takes what has come to the RTP socket. */
  drain(): void {
    const { sockets } = this.context;
    let read = 0;
    for (; read < DRAIN_LIMIT; read++) {
      const length = sockets.receive(this.rtpHandle);
      if (length < 0) {
        break;
      }
      this.tap?.received(sockets, length);
      if (this.state === 'armed' || this.state === 'early') {
        this.countEarly(length);
      } else if (this.state !== 'idle') {
        this.takeDatagram(length);
      }
    }
    this.roundsToRead = read < DRAIN_LIMIT ? ROUNDS_A_READ : 1; // of a flood more is there
    this.lookForDrops(read);
  }

  /** @param read datagrams that were read just now */
  private lookForDrops(read: number): void {
    const { context, report } = this;
    const { sockets, health } = context;
    if (read > 0) {
      const drops = sockets.drops(this.rtpHandle) ?? 0;
      if (drops > report.drops.seen) {
        health.undatedDrops += report.drops.note(drops, this.msOf(context.now()));
      }
      report.drops.lastReadMs = this.msOf(sockets.arrivalNs);
    }
  }

  private drainRtcp(): void {
    const { sockets } = this.context;
    for (let i = 0; i < DRAIN_LIMIT; i++) {
      const length = sockets.receive(this.rtcpHandle);
      if (length < 0) {
        return;
      }
      this.tap?.receivedRtcp(sockets, length);
      if (this.meter !== null && !this.isMuxed) {
        this.takeRtcp(this.open(length));
      }
    }
  }

  private countEarly(length: number): void {
    const { header, facts, latch } = this;
    const kind = header.parse(this.context.sockets.data, length);
    if (kind === 'malformed') {
      facts.malformed++; // a datagram that is neither is told, whenever it comes
    }
    if (kind !== 'rtp') {
      return;
    }
    if (latch.isFormer(header.ssrc)) {
      facts.stray++; // the last call's far side sends on
    } else {
      facts.earlyPackets++;
    }
  }

  private takeDatagram(received: number): void {
    const { sockets, health } = this.context;
    const { header, facts } = this;
    health.received++;
    const length = this.open(received);
    if (length < 0) {
      return;
    }
    if (this.srtp !== null) this.tap?.receivedOpened(sockets, length);
    const kind = header.parse(sockets.data, length);
    if (kind === 'rtp') {
      this.takeRtp();
    } else if (kind === 'malformed') {
      facts.malformed++;
    } else if (this.isMuxed) {
      this.takeRtcp(length);
    }
  }

  /** The length of what can be read; −1: it is not authentic, and neither audio nor a report. */
  private open(received: number): number {
    const { srtp, latch, facts } = this;
    const { data, sourceAddress } = this.context.sockets;
    const length = srtp === null ? received : srtp.open(data, received);
    if (length < 0) {
      const isForeign = sourceAddress !== this.expectedSource && sourceAddress !== latch.sourceAddress;
      if (isForeign || latch.isFormer(ssrcOf(data))) {
        facts.stray++;
      } else {
        facts[srtp?.verdict === 'failed' ? 'srtpAuthFailures' : 'malformed']++;
      }
    }
    return length;
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
    facts.dscp = sockets.dscp;
    this.rtcp.onRtp(header, sockets.arrivalNs);
    const arrivalMs = this.msOf(sockets.arrivalNs);
    const isReadable = this.srtp === null || this.srtp.verdict === 'ok';
    if (kind === PAYLOAD.audio) {
      meter.onPacket(header.sequence, header.timestamp, arrivalMs);
      if (isReadable) {
        this.outgoing.hear(sockets.data, header.payloadOffset, header.payloadLength);
        this.keys.onAudio(sockets.data, header, arrivalMs);
        if (this.codec !== null && !this.isPaused) this.silence.take(this.codec.codec, sockets, header, facts);
      }
    } else if (kind === PAYLOAD.former) {
      meter.onPacket(header.sequence, header.timestamp, arrivalMs);
    } else {
      meter.onAuxiliary(header.sequence, arrivalMs, kind === PAYLOAD.comfortNoise);
      if (kind === PAYLOAD.event && isReadable && !this.isPaused) {
        this.keys.onEvent(sockets.data, header, arrivalMs);
      }
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

  private takeSource(): void {
    const { facts, header, outgoing } = this;
    const { sockets } = this.context;
    if (facts.taken > 0) {
      this.meter?.restart();
      this.keys.restart();
    }
    facts.reflected = header.ssrc === outgoing.header.ssrc;
    if (sockets.sourceAddress !== this.expectedSource || sockets.sourcePort !== this.destination?.port) {
      facts.otherSource = true;
    }
  }

  private takeRtcp(length: number): void {
    const { data, arrivalNs } = this.context.sockets;
    if (length >= 0 && this.srtp?.verdict !== 'replay') {
      this.reports.take(data, length, { ns: arrivalNs, ms: this.msOf(arrivalNs) });
    }
  }
}
