/**
 * Measures one received RTP stream: loss, duplicates and reordering (RFC 3550 A.1 and A.3, with distinct packets counted),
 * jitter, discards of a fixed jitter buffer, bursts and gaps (RFC 3611), clock skew, and the scores of each second. Every
 * sequence number is booked once, in the second in which it was due by its timestamp; so a second closes two seconds late.
 * Times are ms since the epoch that all threads share. Hot path: a packet allocates nothing.
 */
import { ArrivalSeconds } from './arrival-seconds.js';
import { ClockSkew } from './clock-skew.js';
import { costsTheSame, type CodecImpairment } from './codec-impairment.js';
import { FixedJitterBuffer } from './jitter-buffer.js';
import { AUXILIARY, DISCARDED, LossBook, RECEIVED, SUPPRESSING } from './loss-book.js';
import { MediaTime } from './media-time.js';
import { clearSecond, emptySecond, emptyTotals, type MeteredSecond, type StreamTotals } from './metered-second.js';
import { PacketPace } from './packet-pace.js';
import { PacketWindow } from './packet-window.js';
import { scoreInto } from './score.js';
import { ScoreWindow } from './score-window.js';

export { SCORE_WINDOW_SECONDS } from './score-window.js';

export interface StreamMeterOptions {
  /** RTP clock, Hz. */
  readonly clockRate: number;
  readonly ptimeMs: number;
  readonly jitterBufferMs: number;
  /** What the codec costs under loss; undefined: no score but that of silence. */
  readonly codec: CodecImpairment | undefined;
}

const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** No position: below all that a reordered packet can have. */
const NOT_TAKEN = -0x1000_0000;

export class StreamMeter {
  readonly second: MeteredSecond = emptySecond();
  readonly totals: StreamTotals = emptyTotals();

  private readonly book = new LossBook();
  private readonly arrivals = new ArrivalSeconds();
  private readonly scores = new ScoreWindow();
  private readonly skew = new ClockSkew();
  private readonly buffer: FixedJitterBuffer;
  private readonly pace: PacketPace;
  private readonly window: PacketWindow;
  private readonly media: MediaTime;

  private beganMs = 0;
  private expectsAudio = true;
  private endedMs = Number.POSITIVE_INFINITY;
  private hasStream = false;
  private newestSequence = 0;
  private badSequence = -1;
  private newestArrivalMs = 0;
  /** Comfort noise came last: silence is meant. */
  private isSuppressed = false;
  /** When a packet is due, as it stood when a second closed last. */
  private steadyTimelineMs = Number.NaN;

  private codec: CodecImpairment | undefined;
  /** What the whole call is scored with. */
  private callCodec: CodecImpairment | undefined;

  constructor(private readonly options: StreamMeterOptions) {
    this.codec = this.callCodec = options.codec;
    this.buffer = new FixedJitterBuffer({ delayMs: options.jitterBufferMs, anchor: 'min' });
    this.pace = new PacketPace(options.ptimeMs);
    this.window = new PacketWindow(this.book, this.pace);
    this.media = new MediaTime(options.clockRate, this.window, this.pace);
  }

  /** The call was answered. `expectsAudio`: its silence is loss; else (their SDP does not send) it is nothing. */
  begin(nowMs: number, expectsAudio = true): void {
    this.beganMs = nowMs;
    this.expectsAudio = expectsAudio;
    this.book.begin(nowMs, expectsAudio);
    this.arrivals.begin(nowMs);
  }

  /** Expects none any more (BYE sent or received); later packets are ignored. */
  end(nowMs: number): void {
    this.noteSilence(nowMs);
    this.endedMs = nowMs;
    this.book.end(nowMs);
  }

  /** The call is put on hold: until `resume` nothing is expected, and what comes is not booked. */
  pause(nowMs: number): void {
    if (!this.book.holds.isHeld) {
      this.noteSilence(nowMs);
      this.book.holds.begin(nowMs);
    }
  }

  /** The hold ends: the stream is expected again, from its next packet on if that comes within a second. */
  resume(nowMs: number): void {
    if (this.book.holds.isHeld) {
      this.book.holds.end(nowMs);
      this.arrivals.excuseSilence(nowMs);
      this.media.move();
    }
  }

  /** The codec of the seconds that close from now on; the call as a whole has a score only where all that it had cost the same. */
  scoreWith(codec: CodecImpairment | undefined): void {
    if (codec === this.codec) {
      return;
    }
    this.codec = codec;
    if (!costsTheSame(this.callCodec, codec)) {
      this.callCodec = undefined;
    }
  }

  /** A new source took over the stream (new SSRC): sequence, timestamps and buffer start afresh, the sums go on. */
  restart(): void {
    this.window.bookUntil(Number.POSITIVE_INFINITY);
    this.hasStream = false;
  }

  /** The wall clock jumped in this second, which has just ended: its arrival times cannot be compared with any others. */
  voidJitter(second: number): void {
    this.arrivals.voidSecond(second);
    this.skew.restart();
    this.buffer.reset();
    if (!Number.isNaN(this.steadyTimelineMs)) {
      this.window.timelineMs = this.steadyTimelineMs;
    }
    this.window.forgiveLateness();
  }

  /** Takes an audio packet in its order of arrival. */
  onPacket(sequence: number, timestamp: number, arrivalMs: number): void {
    const position = this.place(sequence, arrivalMs);
    if (position < 0) {
      return;
    }
    const { media, buffer, window } = this;
    const mediaMs = media.take(timestamp, position, arrivalMs);
    const played = buffer.accept(arrivalMs, mediaMs);
    window.timelineMs = buffer.anchorMs;
    const isNewest = this.enter(sequence, position, mediaMs, arrivalMs);
    window.put(position, played ? RECEIVED : DISCARDED, mediaMs);
    if (this.isSuppressed) {
      this.arrivals.excuseSilence(arrivalMs);
      this.isSuppressed = !isNewest;
    }
    if (media.isContinuous) {
      this.skew.take(arrivalMs, arrivalMs - mediaMs);
    } else {
      this.arrivals.breakTransit();
      this.skew.restart();
    }
    this.arrivals.countArrival(arrivalMs, mediaMs);
  }

  /**
   * Takes a telephone event or comfort noise of the same SSRC: it has a sequence number of the stream, so it is received, but
   * its timestamp says nothing of its time (RFC 4733 freezes it), so it has no part in jitter, pace and jitter buffer.
   * @param suppresses comfort noise: until the next audio packet nothing is expected, and silence is no loss
   */
  onAuxiliary(sequence: number, arrivalMs: number, suppresses: boolean): void {
    const position = this.place(sequence, arrivalMs);
    if (position < 0) {
      return;
    }
    const { window } = this;
    if (window.newest < 0) {
      window.timelineMs = arrivalMs; // until audio comes, its arrival is all that is known
    }
    const isReordered = position < window.newest;
    const mediaMs = isReordered ? window.mediaMsOf(position) : window.newest < 0 ? 0 : this.media.follow(arrivalMs);
    const isNewest = this.enter(sequence, position, mediaMs, arrivalMs);
    window.put(position, suppresses ? SUPPRESSING : AUXILIARY, mediaMs);
    if (this.isSuppressed) {
      this.arrivals.excuseSilence(arrivalMs);
    }
    this.isSuppressed ||= suppresses && isNewest;
    this.arrivals.countAuxiliary(arrivalMs);
  }

  /**
   * Closes a second and leaves its figures in `second`; call it for every second in turn, two seconds late.
   * @returns false when nothing was expected in it (before the call, after it, too short a part of it, on hold, closed already)
   */
  closeSecond(second: number): boolean {
    const { book, window, pace } = this;
    const startMs = second * 1000;
    const endMs = startMs + 1000;
    clearSecond(this.second);
    if (endMs <= book.closedUntilMs) {
      return false;
    }
    book.closeUntil(Math.max(book.closedUntilMs, startMs));
    window.bookUntil(endMs);
    if (Number.isNaN(book.lastDueMs)) {
      book.bookUnbegun(startMs, endMs, this.options.ptimeMs);
    } else if (window.isBooked) {
      book.bookStill(endMs, pace.packetMs);
    }
    book.take(second, this.second);
    this.arrivals.take(second, this.second, this.totals);
    book.closeUntil(endMs);
    this.steadyTimelineMs = this.hasStream ? window.timelineMs : Number.NaN;
    this.totals.clockSkewPpm = this.skew.ppm;
    if (this.second.expected === 0) {
      return false;
    }
    this.scores.take(second, this.second);
    scoreInto(this.second, this.codec, this.second);
    this.addToTotals();
    return true;
  }

  /** Where a packet stands in the stream, from 0; NOT_TAKEN for one that is old, or not believed. */
  private place(sequence: number, arrivalMs: number): number {
    if (arrivalMs > this.endedMs) {
      return NOT_TAKEN;
    }
    const position = this.hasStream ? this.positionOf(sequence, arrivalMs) : this.firstPosition(sequence);
    if (position === NOT_TAKEN) {
      return NOT_TAKEN;
    }
    if (Number.isNaN(this.totals.firstPacketDelayMs)) {
      this.totals.firstPacketDelayMs = Math.max(0, arrivalMs - this.beganMs);
    }
    if (this.book.holds.awaitsPacket) {
      this.book.holds.noteArrival(arrivalMs);
    }
    this.arrivals.place(arrivalMs, this.book.firstOpenSecond);
    if (this.window.isTaken(position)) {
      this.countOldPacket(position);
      return NOT_TAKEN;
    }
    return position;
  }

  /** Makes a packet the newest, or counts it as reordered. */
  private enter(sequence: number, position: number, mediaMs: number, arrivalMs: number): boolean {
    const { window } = this;
    if (position < window.newest) {
      this.arrivals.countReordering();
      return false;
    }
    if (window.newest >= 0) {
      this.pace.advance(position - window.newest - 1, this.passedMs(arrivalMs));
    }
    window.open(position, mediaMs, arrivalMs - this.arrivals.lastArrivalMs);
    this.newestSequence = sequence;
    this.newestArrivalMs = arrivalMs;
    return true;
  }

  private firstPosition(sequence: number): number {
    this.hasStream = true;
    this.totals.streams++;
    this.window.reset();
    this.media.reset();
    this.buffer.reset();
    this.arrivals.startStream();
    this.skew.restart();
    this.pace.startStream();
    this.badSequence = -1;
    this.newestSequence = (sequence - 1) & 0xffff;
    this.steadyTimelineMs = Number.NaN;
    return 0;
  }

  /** The packet's place in the stream (before 0 too); NOT_TAKEN for a jump that is not believed yet (RFC 3550 A.1: two in a row restart), or that no time was for. */
  private positionOf(sequence: number, arrivalMs: number): number {
    const distance = ((sequence - this.newestSequence) << 16) >> 16;
    const isNear = distance < MAX_DROPOUT && distance > -MAX_MISORDER;
    if (isNear && (distance <= 1 || this.pace.holds(distance - 1, this.passedMs(arrivalMs)))) {
      return this.window.newest + distance;
    }
    if (sequence !== this.badSequence) {
      this.badSequence = (sequence + 1) & 0xffff;
      return NOT_TAKEN;
    }
    this.restart();
    return this.firstPosition(sequence);
  }

  /** Booked already, or here already: a duplicate, or too late for its second (there it stands as lost). */
  private countOldPacket(position: number): void {
    if (this.window.hasCome(position)) {
      this.arrivals.countDuplicate();
    } else {
      this.arrivals.countReordering();
    }
  }

  /** Time since the newest packet; none where arrivals stand a little out of order, or the wall clock was set back. */
  private passedMs(arrivalMs: number): number {
    return Math.max(0, arrivalMs - this.newestArrivalMs);
  }

  private noteSilence(nowMs: number): void {
    if (this.expectsAudio && !this.isSuppressed && !this.book.holds.isHeld) {
      this.totals.longestSilenceMs = Math.max(this.totals.longestSilenceMs, this.arrivals.silenceAt(nowMs));
    }
  }

  private addToTotals(): void {
    const { second, totals, book } = this;
    totals.expected += second.expected;
    totals.received += second.received;
    totals.lost += second.lost;
    totals.discarded += second.discarded;
    totals.badRuns += second.badRuns;
    totals.badRatio = (totals.lost + totals.discarded) / totals.expected;
    totals.burstR = book.bursts.burstR;
    book.bursts.writeTo(totals);
    scoreInto(totals, this.callCodec, totals);
  }
}
