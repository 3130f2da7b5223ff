/**
 * What a codec costs, alone (Ie) and under packet loss (Bpl), as data: ITU-T G.113 on the narrowband scale of G.107
 * (Appendix I) and the wideband scale of G.107.1 (Appendix IV). Ie_WB is monotic unless the variant says diotic. Fullband
 * values (EVS, Opus) belong to G.107.2 and are not here.
 */

export type CodecScale = 'narrowband' | 'wideband';

export interface LossImpairment {
  /** Equipment impairment factor without loss, points of R on the scale of the codec. */
  readonly ie: number;
  /** Packet-loss robustness factor for random loss. */
  readonly bpl: number;
}

export interface CodecImpairmentRow {
  /** Encoding name of RFC 3551 or of the codec's payload format, upper case. */
  readonly codec: string;
  /** Bit rate (kbit/s), mode or annex, where a codec has several rows. */
  readonly variant: string;
  readonly scale: CodecScale;
  readonly ie: number;
  /** null: nobody published one, so there is no score under loss. */
  readonly bpl: number | null;
  /** The concealment that `bpl` stands for. */
  readonly concealment: string;
  readonly source: string;
  /** True where ITU-T published no value, or not for this codec. */
  readonly provisional: boolean;
}

/** The row of a codec that calls are made with. */
export interface CodecImpairment extends LossImpairment {
  readonly codec: string;
  readonly scale: CodecScale;
  readonly concealment: string;
  /** The same codec when lost packets are played as silence; null where no value is published. */
  readonly noConcealment: LossImpairment | null;
  /** Algorithmic delay of the codec beyond a packet, ms. */
  readonly lookaheadMs: number;
  readonly source: string;
  readonly provisional: boolean;
}

const APPENDIX_I = 'ITU-T G.113 App. I (11/2007)';
const TABLE_I_1 = 'ITU-T G.113 App. I, Table I.1';
const TABLE_IV_1 = 'ITU-T G.113 App. IV, Table IV.1';
const TABLES_IV_3_4 = 'ITU-T G.113 (09/2024) App. IV, Tables IV.3 and IV.4';
const NATIVE = 'of the codec';

type Values = readonly [codec: string, variant: string, ie: number, bpl: number | null];

const published =
  (scale: CodecScale, source: string, concealment: string) =>
  ([codec, variant, ie, bpl]: Values): CodecImpairmentRow => {
    return { codec, variant, scale, ie, bpl, concealment, source, provisional: false };
  };

const provisional =
  (scale: CodecScale, source: string) =>
  ([codec, variant, ie, bpl]: Values): CodecImpairmentRow => {
    return { codec, variant, scale, ie, bpl, concealment: NATIVE, source, provisional: true };
  };

const WITH_G711_APPENDIX_I: readonly Values[] = [
  ['PCMU', '', 0, 25.1],
  ['PCMA', '', 0, 25.1],
];
const WITHOUT_CONCEALMENT: readonly Values[] = [
  ['PCMU', '', 0, 4.3],
  ['PCMA', '', 0, 4.3],
];
const NARROWBAND: readonly Values[] = [
  ['G729', 'Annex A with VAD (Annex B)', 11, 19],
  ['G723', '6.3 with VAD', 15, 16.1],
  ['GSM-EFR', '12.2', 5, 10],
];
const NARROWBAND_WITHOUT_LOSS: readonly Values[] = [
  ['G726-40', '', 2, null],
  ['G726-32', '', 7, null],
  ['G726-24', '', 25, null],
  ['G726-16', '', 50, null],
  ['G728', '16', 7, null],
  ['G728', '12.8', 20, null],
  ['G729', 'without VAD', 10, null],
  ['G723', '6.3', 15, null],
  ['G723', '5.3', 19, null],
  ['GSM', '13', 20, null],
  ['GSM-HR-08', '5.6', 23, null],
  ['EVRC', '8', 6, null],
  ['QCELP', '8', 21, null],
];
const WIDEBAND_WITHOUT_LOSS: readonly Values[] = [
  ['G722', '56', 20, null],
  ['G722', '48', 31, null],
  ['G7221', '32', 13, null],
  ['G7221', '24', 19, null],
  ['AMR-WB', '23.85', 8, null],
  ['AMR-WB', '23.05', 1, null], // below 23.85: so it is published
  ['AMR-WB', '19.85', 3, null],
  ['AMR-WB', '18.25', 5, null],
  ['AMR-WB', '15.85', 7, null],
  ['AMR-WB', '14.25', 10, null],
  ['AMR-WB', '12.65', 13, null],
  ['AMR-WB', '8.85', 26, null],
  ['AMR-WB', '6.6', 41, null],
];
/** Bpl_WB is known of diotic listening alone, so it goes with the diotic Ie. */
const WIDEBAND_DIOTIC: readonly Values[] = [
  ['AMR-WB', '23.85 diotic', 10, 4.9],
  ['AMR-WB', '23.05 diotic', 8, 4.6],
  ['AMR-WB', '15.85 diotic', 17, null],
  ['AMR-WB', '12.65 diotic', 20, 4.3],
  ['AMR-WB', '8.85 diotic', 41, null],
  ['AMR-WB', '6.6 diotic', 56, null],
];

export const CODEC_IMPAIRMENTS: readonly CodecImpairmentRow[] = [
  ...WITH_G711_APPENDIX_I.map(published('narrowband', APPENDIX_I, 'G.711 Appendix I')),
  ...WITHOUT_CONCEALMENT.map(published('narrowband', APPENDIX_I, 'none')),
  ...NARROWBAND.map(published('narrowband', APPENDIX_I, NATIVE)),
  ...NARROWBAND_WITHOUT_LOSS.map(published('narrowband', TABLE_I_1, NATIVE)),
  provisional('narrowband', 'values of GSM-EFR, of the same make')(['AMR', '12.2', 5, 10]),
  provisional('narrowband', 'Ie of ITU-T G.113 App. I; Bpl of GSM-EFR')(['GSM', '13', 20, 10]),
  provisional('narrowband', 'as used in the literature; no ITU-T value')(['ILBC', '15.2', 10, 32]),
  provisional('narrowband', 'as used in the literature; no ITU-T value')(['ILBC', '13.3', 12, 32]),
  provisional('narrowband', 'a placeholder; no ITU-T value')(['SPEEX', '15', 10, 20]),
  provisional(
    'wideband',
    'Ie of ITU-T G.113 App. IV; Bpl of the order of AMR-WB (4.3–4.9), no ITU-T value',
  )(['G722', '64', 13, 4.5]),
  ...WIDEBAND_WITHOUT_LOSS.map(published('wideband', TABLE_IV_1, NATIVE)),
  ...WIDEBAND_DIOTIC.map(published('wideband', TABLES_IV_3_4, NATIVE)),
];

/** The codecs of calls: the row of the variant that RFC 3551 means by their name, and their lookahead (G.722: 22 samples). */
const LIVE_CODECS: readonly CodecImpairment[] = [
  liveCodec('PCMU', '', 0),
  liveCodec('PCMA', '', 0),
  liveCodec('G722', '64', 1.5),
];

/** What a codec of calls costs, by encoding name (any case), or undefined: then there is no score, not a guessed one. */
export function findCodecImpairment(codec: string): CodecImpairment | undefined {
  const name = codec.toUpperCase();
  return LIVE_CODECS.find((row) => row.codec === name);
}

/** Algorithmic delay beyond a packet, ms; of a codec that is not here it is unknown and counts as none. */
const LOOKAHEAD_MS: Readonly<Record<string, number>> = { G729: 5, G723: 7.5, AMR: 5, 'AMR-WB': 5, EVRC: 5 };
/** Where a name has several rows, the one that fits the packet time. */
const VARIANT_BY_PTIME: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  ILBC: { 20: '15.2', 30: '13.3', 40: '15.2', 60: '13.3' },
};

export interface ReplayedCost {
  readonly ptimeMs: number;
  readonly scale: CodecScale;
  /** Both null: the published values, or those of the field. */
  readonly ie: number | null;
  readonly bpl: number | null;
}

/**
 * What a codec costs that is not built in: as it is given, else by the narrowband rows, which hold for one bit rate only where a
 * codec has several. Null: nobody knows, and there is no score.
 * @param name encoding name, any case
 */
export function replayedImpairment(name: string, { ptimeMs, scale, ie, bpl }: ReplayedCost): CodecImpairment | null {
  const codec = name.toUpperCase();
  const lookaheadMs = LOOKAHEAD_MS[codec] ?? 0;
  const shared = { codec, concealment: NATIVE, noConcealment: null, lookaheadMs };
  if (ie !== null && bpl !== null) {
    return { ...shared, scale, ie, bpl, source: 'as the scenario gives them', provisional: false };
  }
  const wanted = VARIANT_BY_PTIME[codec]?.[ptimeMs];
  const row = CODEC_IMPAIRMENTS.find(
    (each) =>
      each.codec === codec &&
      each.scale === 'narrowband' &&
      each.bpl !== null &&
      (wanted === undefined || each.variant === wanted),
  );
  if (row === undefined || row.bpl === null) return null;
  const { source, provisional, variant } = row;
  const named = variant === '' ? source : `${source} (${variant})`;
  return { ...shared, scale: row.scale, ie: row.ie, bpl: row.bpl, source: named, provisional };
}

/** Whether a stretch in the one codec and a stretch in the other can be scored as one. */
export function costsTheSame(a: CodecImpairment | undefined, b: CodecImpairment | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const isSame = a.scale === b.scale && a.ie === b.ie && a.bpl === b.bpl && a.lookaheadMs === b.lookaheadMs;
  return isSame && a.noConcealment?.ie === b.noConcealment?.ie && a.noConcealment?.bpl === b.noConcealment?.bpl;
}

function liveCodec(codec: string, variant: string, lookaheadMs: number): CodecImpairment {
  const rows = CODEC_IMPAIRMENTS.filter((row) => row.codec === codec && row.variant === variant);
  const row = rows.find(({ concealment }) => concealment !== 'none');
  if (row === undefined || row.bpl === null) throw new RangeError(`no impairment values of ${codec} under loss`);
  const { scale, ie, bpl, concealment, source, provisional } = row;
  const silent = rows.find((other) => other.concealment === 'none');
  const noConcealment = silent === undefined || silent.bpl === null ? null : { ie: silent.ie, bpl: silent.bpl };
  return { codec, scale, ie, bpl, concealment, noConcealment, lookaheadMs, source, provisional };
}
