/**
 * VoIP metrics block of XR, RFC 3611 §4.7: what one end says of a whole call's audio that it receives. NaN where the block
 * says "unavailable". A MOS is on whatever scale the writer has chosen.
 */
import { readUint32, writeUint32 } from '../packet.js';

/** Block header, SSRC and seven words. */
export const VOIP_METRICS_BYTES = 36;
export const VOIP_METRICS_BLOCK = 7;

const UNAVAILABLE = 127;
const MOST_MS = 0xffff;

/** What the receiver does about lost packets (§4.7.6). */
export const CONCEALMENT = { unspecified: 0, disabled: 1, enhanced: 2, standard: 3 } as const;
/** Of its jitter buffer (§4.7.6). */
export const JITTER_BUFFER = { unknown: 0, nonAdaptive: 2, adaptive: 3 } as const;

/**
 *  0                   1                   2                   3
 *  |     BT=7      |   reserved    |       block length = 8        |
 *  |                        SSRC of source                         |
 *  |   loss rate   | discard rate  | burst density |  gap density  |
 *  |       burst duration          |         gap duration          |
 *  |     round trip delay          |       end system delay        |
 *  | signal level  |  noise level  |     RERL      |     Gmin      |
 *  |   R factor    | ext. R factor |    MOS-LQ     |    MOS-CQ     |
 *  |   RX config   |   reserved    |          JB nominal           |
 *  |          JB maximum           |          JB abs max           |
 *
 * One object is read into again and again.
 */
export class VoipMetrics {
  /** The source that is reported on. */
  ssrc = 0;
  /** Densities and ratios 0–1, in steps of 1/256. */
  lossRatio = 0;
  discardRatio = 0;
  burstDensity = 0;
  gapDensity = 0;
  burstMs = 0;
  gapMs = 0;
  /** 0 on the wire is "unknown", and so it is with the end system's delay, which nobody has none of. */
  roundTripMs = Number.NaN;
  endSystemDelayMs = Number.NaN;
  signalLevelDbm = Number.NaN;
  noiseLevelDbm = Number.NaN;
  /** RERL. */
  residualEchoDb = Number.NaN;
  gMin = 16;
  /** 0–100, with the delay. */
  rFactor = Number.NaN;
  /** Of the segment beyond, as another network told it. */
  externalRFactor = Number.NaN;
  mosLq = Number.NaN;
  mosCq = Number.NaN;
  /** A value of CONCEALMENT. */
  concealment: number = CONCEALMENT.unspecified;
  /** A value of JITTER_BUFFER. */
  jitterBuffer: number = JITTER_BUFFER.unknown;
  /** 0–15. */
  jitterBufferRate = 0;
  jitterBufferMs = 0;
  jitterBufferMaxMs = 0;
  /** The most that it may grow to. */
  jitterBufferLimitMs = 0;

  /** The 36 bytes must be there: the reader of the block has checked it. */
  read(data: Uint8Array, offset: number): void {
    const byte = (at: number): number => data[offset + at] ?? 0;
    const word = (at: number): number => (byte(at) << 8) | byte(at + 1);
    this.ssrc = readUint32(data, offset + 4);
    this.lossRatio = byte(8) / 256;
    this.discardRatio = byte(9) / 256;
    this.burstDensity = byte(10) / 256;
    this.gapDensity = byte(11) / 256;
    this.burstMs = word(12);
    this.gapMs = word(14);
    this.roundTripMs = word(16) || Number.NaN;
    this.endSystemDelayMs = word(18) || Number.NaN;
    this.signalLevelDbm = signedLevel(byte(20));
    this.noiseLevelDbm = signedLevel(byte(21));
    this.residualEchoDb = byte(22) === UNAVAILABLE ? Number.NaN : byte(22);
    this.gMin = byte(23);
    this.rFactor = within(byte(24), 0, 100);
    this.externalRFactor = within(byte(25), 0, 100);
    this.mosLq = within(byte(26), 10, 50) / 10;
    this.mosCq = within(byte(27), 10, 50) / 10;
    this.concealment = byte(28) >>> 6;
    this.jitterBuffer = (byte(28) >>> 4) & 3;
    this.jitterBufferRate = byte(28) & 15;
    this.jitterBufferMs = word(30);
    this.jitterBufferMaxMs = word(32);
    this.jitterBufferLimitMs = word(34);
  }

  /** What does not fit is written as the nearest that does. @returns the offset behind the block */
  write(data: Uint8Array, offset: number): number {
    writeUint32(data, offset, (VOIP_METRICS_BLOCK << 24) | (VOIP_METRICS_BYTES / 4 - 1));
    writeUint32(data, offset + 4, this.ssrc);
    data[offset + 8] = share(this.lossRatio);
    data[offset + 9] = share(this.discardRatio);
    data[offset + 10] = share(this.burstDensity);
    data[offset + 11] = share(this.gapDensity);
    writeMs(data, offset + 12, this.burstMs);
    writeMs(data, offset + 14, this.gapMs);
    writeMs(data, offset + 16, this.roundTripMs);
    writeMs(data, offset + 18, this.endSystemDelayMs);
    data[offset + 20] = orUnavailable(this.signalLevelDbm) & 0xff;
    data[offset + 21] = orUnavailable(this.noiseLevelDbm) & 0xff;
    data[offset + 22] = orUnavailable(this.residualEchoDb);
    data[offset + 23] = this.gMin;
    data[offset + 24] = orUnavailable(this.rFactor);
    data[offset + 25] = orUnavailable(this.externalRFactor);
    data[offset + 26] = orUnavailable(this.mosLq * 10);
    data[offset + 27] = orUnavailable(this.mosCq * 10);
    data[offset + 28] = (this.concealment << 6) | (this.jitterBuffer << 4) | this.jitterBufferRate;
    data[offset + 29] = 0;
    writeMs(data, offset + 30, this.jitterBufferMs);
    writeMs(data, offset + 32, this.jitterBufferMaxMs);
    writeMs(data, offset + 34, this.jitterBufferLimitMs);
    return offset + VOIP_METRICS_BYTES;
  }
}

/** dBm0 in two's complement. */
function signedLevel(byte: number): number {
  return byte === UNAVAILABLE ? Number.NaN : (byte << 24) >> 24;
}

function within(byte: number, least: number, most: number): number {
  return byte >= least && byte <= most ? byte : Number.NaN;
}

/** In 256th parts, cut off, at most 255 (§4.7.1). */
function share(ratio: number): number {
  return Math.min(255, Math.floor(256 * ratio));
}

function orUnavailable(value: number): number {
  return Number.isNaN(value) ? UNAVAILABLE : Math.round(value);
}

/** NaN is written as 0. */
function writeMs(data: Uint8Array, offset: number, ms: number): void {
  const whole = Number.isNaN(ms) ? 0 : Math.min(Math.round(ms), MOST_MS);
  data[offset] = whole >>> 8;
  data[offset + 1] = whole & 0xff;
}
