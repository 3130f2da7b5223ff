/** What a codec costs on the narrowband scale, alone (Ie) and under packet loss (Bpl): ITU-T G.113 Appendix I, as data. */

export interface CodecImpairment {
  /** Encoding name of RFC 3551, upper case. */
  readonly codec: string;
  /** Equipment impairment factor without loss, points of R (0–40). */
  readonly ie: number;
  /** Packet-loss robustness factor for random loss (4.3–40). */
  readonly bpl: number;
  /** The concealment that `bpl` stands for. */
  readonly concealment: string;
  readonly source: string;
  /** True where ITU-T published no value. */
  readonly provisional: boolean;
}

export const CODEC_IMPAIRMENTS: readonly CodecImpairment[] = [
  {
    codec: 'PCMU',
    ie: 0,
    bpl: 25.1,
    concealment: 'G.711 Appendix I',
    source: 'ITU-T G.113 App. I (11/2007)',
    provisional: false,
  },
];

/** The row of a codec by encoding name (any case), or undefined: then there is no score, not a guessed one. */
export function findCodecImpairment(codec: string): CodecImpairment | undefined {
  const name = codec.toUpperCase();
  return CODEC_IMPAIRMENTS.find((row) => row.codec === name);
}
