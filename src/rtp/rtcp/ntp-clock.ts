/**
 * NTP timestamps (RFC 3550 §4) from the monotonic clock: wall time sampled once, and monotonic progress from there. A step
 * of the wall clock, which between an SR and its answer would pass for delay, cannot reach them.
 */
const UNIX_EPOCH_IN_NTP_SECONDS = 2_208_988_800;
const NS_PER_SECOND = 1e9;
const TWO_TO_32 = 0x1_0000_0000;

/** Middle 32 bits of an NTP timestamp: 1/65,536 s, wraps after 18 hours. */
export function middleOfNtp(seconds: number, fraction: number): number {
  return (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;
}

export class NtpClock {
  /** Of the instant given to `set`: since 1900, modulo 2^32. */
  seconds = 0;
  /** 1/2^32 s. */
  fraction = 0;
  private readonly startSeconds: number;
  private readonly startNs: number;

  /** @param monotonicNs an instant on the monotonic clock @param unixMs the same instant by the wall clock */
  constructor(
    private readonly monotonicNs: number,
    unixMs: number,
  ) {
    const unixSeconds = Math.floor(unixMs / 1000);
    this.startSeconds = unixSeconds + UNIX_EPOCH_IN_NTP_SECONDS;
    this.startNs = (unixMs - unixSeconds * 1000) * 1e6;
  }

  /** Sets `seconds` and `fraction` to this monotonic instant. */
  set(atNs: number): void {
    const sinceStartNs = this.startNs + (atNs - this.monotonicNs);
    const whole = Math.floor(sinceStartNs / NS_PER_SECOND);
    this.seconds = (this.startSeconds + whole) >>> 0;
    this.fraction = Math.floor(((sinceStartNs - whole * NS_PER_SECOND) * TWO_TO_32) / NS_PER_SECOND) >>> 0;
  }

  /** The middle 32 bits of this monotonic instant. */
  middle(atNs: number): number {
    this.set(atNs);
    return middleOfNtp(this.seconds, this.fraction);
  }
}
