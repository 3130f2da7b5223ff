import { describe, expect, it } from 'vitest';
import { RoundTrip, roundTripUnits } from '../../../../src/rtp/rtcp/round-trip.js';

describe('roundTripUnits', () => {
  it.each([
    ['RFC 3550 figure 2: 6.125 s', 0xb7108000, 0xb7052000, 0x0005_4000, 0x0006_2000],
    ['across the wrap: 1 s', 0x0001_0000, 0xffff_8000, 0x0000_8000, 0x0001_0000],
    ['the largest', 0x7fff_ffff, 0, 0, 0x7fff_ffff],
    ['2^31 is negative', 0x8000_0000, 0, 0, -0x8000_0000],
    ['held longer than it is old', 100, 50, 60, -10],
  ])('%s', (_, ...[arrival, lastSr, delay, units]) => expect(roundTripUnits(arrival, lastSr, delay)).toBe(units));
});

/** After SRs of ours. */
const after = (...srs: number[]): RoundTrip => {
  const roundTrip = new RoundTrip();
  for (const sr of srs) roundTrip.onTimestamp(sr);
  return roundTrip;
};

describe('RoundTrip', () => {
  it('measures 6.125 s of RFC 3550 figure 2', () => {
    const roundTrip = after(0xb7052000);
    expect(roundTrip.take(0xb7108000, 0xb7052000, 0x0005_4000)).toBe('measured');
    expect(roundTrip.rttMs).toBe(6125);
  });

  it('measures across the wrap', () => {
    const roundTrip = after(0xffff_8000);
    expect(roundTrip.take(0x0001_0000, 0xffff_8000, 0x0000_8000)).toBe('measured');
    expect(roundTrip.rttMs).toBe(1000);
  });

  it('knows none before, and none from a far end that has heard no SR', () => {
    const roundTrip = after(1000);
    expect(roundTrip.take(2000, 0, 0)).toBe('none');
    expect(roundTrip.take(2000, 0, 500)).toBe('none');
    expect(roundTrip.rttMs).toBeNaN();
  });

  it('has no figure where the far end does not say how long it held our SR, and keeps the last one', () => {
    const roundTrip = after(65_536);
    expect(roundTrip.take(2 * 65_536, 65_536, 0)).toBe('no-delay');
    expect(roundTrip.rttMs).toBeNaN();
    roundTrip.take(2 * 65_536, 65_536, 32_768);
    expect(roundTrip.take(3 * 65_536, 65_536, 0)).toBe('no-delay');
    expect(roundTrip.rttMs).toBe(500);
  });

  it.each([
    [0, 'measured', 0],
    [-1, 'measured', 0],
    [-69, 'measured', 0], // 1 ms is 65.5 units, and 3 for rounding
    [-70, 'implausible', Number.NaN],
    [-65_536, 'implausible', Number.NaN],
  ])('%d units: %s', (units, verdict, rttMs) => {
    const roundTrip = after(1000);
    expect(roundTrip.take(101_000 + units, 1000, 100_000)).toBe(verdict);
    expect(roundTrip.rttMs).toBe(rttMs);
  });

  it.each([
    [999, 'measured'], // kept in another form by the peer, and rounded
    [998, 'implausible'],
    [3000, 'measured'],
    [5001, 'measured'],
    [5002, 'implausible'],
  ])('an LSR of %d, when ours went at 1000 and 5000, is %s', (lastSr, verdict) => {
    expect(after(1000, 5000).take(9000, lastSr, 100)).toBe(verdict);
  });

  it('believes no LSR where no SR was sent, and forgets a leg', () => {
    expect(after().take(9000, 1000, 100)).toBe('implausible');
    const roundTrip = after(1000);
    roundTrip.take(9000, 1000, 100);
    roundTrip.reset();
    expect(roundTrip.rttMs).toBeNaN();
    expect(roundTrip.take(9000, 1000, 100)).toBe('implausible');
  });
});
