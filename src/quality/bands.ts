/** Categories of speech transmission quality by R: ITU-T G.109 (= G.107 Table B.1), narrowband scale. */

export interface QualityBand {
  readonly id: 'best' | 'high' | 'medium' | 'low' | 'poor' | 'not-recommended';
  /** Lower bound of R, inclusive. */
  readonly minR: number;
  /** Lower bound as the Recommendation prints it, for display: bands are chosen by R. */
  readonly minMos: number;
  readonly satisfaction: string;
}

const NOT_RECOMMENDED: QualityBand = {
  id: 'not-recommended',
  minR: -Infinity,
  minMos: 1,
  satisfaction: 'not recommended',
};

/** Best first. */
export const G109_BANDS: readonly QualityBand[] = [
  { id: 'best', minR: 90, minMos: 4.34, satisfaction: 'very satisfied' },
  { id: 'high', minR: 80, minMos: 4.03, satisfaction: 'satisfied' },
  { id: 'medium', minR: 70, minMos: 3.6, satisfaction: 'some users dissatisfied' },
  { id: 'low', minR: 60, minMos: 3.1, satisfaction: 'many users dissatisfied' },
  { id: 'poor', minR: 50, minMos: 2.58, satisfaction: 'nearly all users dissatisfied' },
  NOT_RECOMMENDED,
];

/** The band of a rating R. By R and not by a rounded MOS: the cubic gives 4.024 at R = 80, the table prints 4.03. */
export function bandOfR(r: number): QualityBand {
  return G109_BANDS.find((band) => r >= band.minR) ?? NOT_RECOMMENDED;
}
