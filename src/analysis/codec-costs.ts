/**
 * What the codecs of a capture cost in the E-model: as the user says, else as built in, else as published for a codec of that
 * name. Where nobody says it there is no score. The same rules as for codecs that a run plays from files.
 */
import {
  CODEC_IMPAIRMENTS,
  findCodecImpairment,
  replayedImpairment,
  type CodecImpairment,
  type CodecScale,
} from '../quality/codec-impairment.js';
import { staticNames, type Encoding } from './encoding.js';

/** What the user says of a codec. */
export interface GivenCost {
  /** Encoding name, upper case. */
  readonly codec: string;
  readonly ie: number;
  readonly bpl: number;
  /** Null: wideband from an RTP clock of 16,000 Hz on. */
  readonly scale: CodecScale | null;
}

/** By encoding name, upper case. */
export type GivenCosts = ReadonlyMap<string, GivenCost>;

const WIDEBAND_FROM_HZ = 16_000;
const FORM = /^([\w.+-]{1,40}):ie=(\d{1,3}(?:\.\d+)?),bpl=(\d{1,4}(?:\.\d+)?)(?:,scale=(narrowband|wideband))?$/i;
/** As of the keys of a scenario. */
const MOST_IE = 129;
const LEAST_BPL = 0.1;
const MOST_BPL = 1000;

/** `G729:ie=11,bpl=19`, as a user gives it; null when it is not of that form. */
export function parseGivenCost(text: string): GivenCost | null {
  const [, codec = '', ieText = '', bplText = '', scaleText] = FORM.exec(text) ?? [];
  const [ie, bpl] = [Number(ieText), Number(bplText)];
  if (codec === '' || ie > MOST_IE || bpl < LEAST_BPL || bpl > MOST_BPL) return null;
  const scale = scaleText?.toLowerCase() === 'wideband' ? 'wideband' : scaleText === undefined ? null : 'narrowband';
  return { codec: codec.toUpperCase(), ie, bpl, scale };
}

/** Undefined: no score. */
export function costOf({ name, clockRate }: Encoding, ptimeMs: number, given: GivenCosts): CodecImpairment | undefined {
  const own = given.get(name);
  const built = own === undefined ? findCodecImpairment(name) : undefined;
  if (built !== undefined) return built;
  const scale = own?.scale ?? (clockRate >= WIDEBAND_FROM_HZ ? 'wideband' : 'narrowband');
  const cost = replayedImpairment(name, { ptimeMs, scale, ie: own?.ie ?? null, bpl: own?.bpl ?? null });
  if (cost === null) return undefined;
  return own === undefined ? cost : { ...cost, source: 'as --impairment gives them' };
}

/** Names that a gate may mean before the capture is read. */
export function knownCodecNames(given: GivenCosts, rtpMaps: Iterable<Encoding>): string[] {
  const names = [
    ...CODEC_IMPAIRMENTS.map(({ codec }) => codec),
    ...staticNames(),
    ...given.keys(),
    ...Array.from(rtpMaps, ({ name }) => name),
  ];
  return [...new Set(names)];
}
