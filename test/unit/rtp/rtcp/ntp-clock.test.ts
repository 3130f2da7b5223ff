import { describe, expect, it } from 'vitest';
import { middleOfNtp, NtpClock } from '../../../../src/rtp/rtcp/ntp-clock.js';

/** 1 January 2026, 00:00 UTC: 1,767,225,600 s since 1970, so 3,976,214,400 s since 1900. */
const UNIX_MS = 1_767_225_600_000;
const NTP_SECONDS = 3_976_214_400;

describe('NtpClock', () => {
  it.each([
    ['the instant itself', 0, 5e9, NTP_SECONDS, 0],
    ['half a second later', 0, 5.5e9, NTP_SECONDS, 0x8000_0000],
    ['a quarter before', 0, 4.75e9, NTP_SECONDS - 1, 0xc000_0000],
    ['an hour and an eighth', 0, 5e9 + 3600.125e9, NTP_SECONDS + 3600, 0x2000_0000],
    ['a start at 750 ms and 500 more', 750, 5.5e9, NTP_SECONDS + 1, 0x4000_0000],
  ])('%s', (_, wallOffsetMs, atNs, ...ntp) => {
    const clock = new NtpClock(5e9, UNIX_MS + wallOffsetMs);
    clock.set(atNs);
    expect([clock.seconds, clock.fraction]).toEqual(ntp);
  });

  it('goes on through the end of the era in 2036', () => {
    const clock = new NtpClock(0, (2 ** 32 - 2_208_988_800) * 1000 - 500);
    clock.set(0);
    expect([clock.seconds, clock.fraction]).toEqual([0xffff_ffff, 0x8000_0000]);
    clock.set(1e9);
    expect([clock.seconds, clock.fraction]).toEqual([0, 0x8000_0000]);
  });

  it('has the middle 32 bits of RFC 3550 figure 2', () => {
    expect(middleOfNtp(0xb44db705, 0x2000_0000)).toBe(0xb7052000);
    expect(middleOfNtp(0x1_ffff, 0xffff_ffff)).toBe(0xffff_ffff);
  });

  it('gives the middle of an instant', () => {
    const clock = new NtpClock(0, UNIX_MS);
    expect(clock.middle(0.5e9)).toBe(((NTP_SECONDS % 65_536) * 65_536 + 0x8000) >>> 0);
  });
});
