/**
 * R to MOS and back: ITU-T G.107 (06/2015) Annex B and Appendix I, narrowband scale. The same cubic gives MOS-LQEN or
 * MOS-CQEN: which one depends on whether R holds delay (P.800.1), so the caller names the figure.
 */

/** The highest MOS that the model can give. */
export const MAX_MOS = 4.5;

/**
 * MOS (1–4.5) of a transmission rating R (any finite number), Annex B:
 * MOS = 1 + 0.035·R + R·(R − 60)·(100 − R)·7e−6 for 0 < R < 100.
 */
export function rToMos(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return MAX_MOS;
  // The cubic dips to 0.989 below R = 6.52; the scale ends at 1. A hair below R = 100 rounding takes it a hair above 4.5.
  return Math.min(MAX_MOS, Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6));
}

/**
 * R (6.5153–100) of a MOS (1–4.5), Appendix I: R = (20/3)·(8 − √226·cos(h + π/3)).
 * @throws RangeError outside 1–4.5, where the cubic has no inverse.
 */
export function mosToR(mos: number): number {
  if (!(mos >= 1 && mos <= MAX_MOS)) throw new RangeError(`expected a MOS of 1 to ${MAX_MOS}, got ${mos}`);
  const x = 18_566 - 6750 * mos;
  // At MOS 4.5 rounding takes the radicand a hair below zero.
  const y = 15 * Math.sqrt(Math.max(0, -903_522 + 1_113_960 * mos - 202_500 * mos * mos));
  // The Recommendation writes atan2(x, y); JavaScript wants (y, x).
  const h = Math.atan2(y, x) / 3;
  return (20 / 3) * (8 - Math.sqrt(226) * Math.cos(h + Math.PI / 3));
}
