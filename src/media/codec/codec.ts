/** The audio codecs that calls can use (RFC 3551 §6 names and payload types), and what the rest of the program needs of one. */
import { ULAW_SILENCE, decodeUlaw, encodeUlaw } from './g711.js';

export interface Codec {
  /** Encoding name in `a=rtpmap`, upper case. */
  readonly name: string;
  /** Static payload type of RFC 3551 §6; undefined when the offer has to choose one from 96 to 127. */
  readonly payloadType: number | undefined;
  /** RTP timestamp units per second, as in `a=rtpmap`. */
  readonly clockRate: number;
  /** Audio samples per second that `encode` takes and `decode` gives; not always the clock rate (G.722: 16,000 and 8,000). */
  readonly samplesPerSecond: number;
  /** The payload octet that decodes to silence. */
  readonly silence: number;
  /** Encodes 16-bit linear mono samples from a reset state. */
  encode(samples: Int16Array): Uint8Array;
  /** Decodes a payload from a reset state. */
  decode(payload: Uint8Array): Int16Array;
}

export const PCMU: Codec = {
  name: 'PCMU',
  payloadType: 0,
  clockRate: 8000,
  samplesPerSecond: 8000,
  silence: ULAW_SILENCE,
  encode: encodeUlaw,
  decode: decodeUlaw,
};

const CODECS: ReadonlyMap<string, Codec> = new Map([PCMU].map((codec) => [codec.name, codec]));

/** Names of all codecs, in the order in which an offer lists them. */
export function codecNames(): string[] {
  return [...CODECS.keys()];
}

/** The codec of that `a=rtpmap` name, in any case (RFC 4855 §3); undefined when unknown. */
export function findCodec(name: string): Codec | undefined {
  return CODECS.get(name.toUpperCase());
}
