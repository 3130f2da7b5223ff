/** The audio codecs that calls can use (RFC 3551 §6 names and payload types), and what the rest of the program needs of one. */
import {
  ALAW_SILENCE,
  ULAW_SILENCE,
  decodeAlaw,
  decodeUlaw,
  encodeAlaw,
  encodeUlaw,
  isSilentAlaw,
  isSilentUlaw,
} from './g711.js';
import { G722Decoder, G722_SILENCE, decodeG722, encodeG722, isSilentG722 } from './g722.js';

/** The E-model scale on which audio of this bandwidth is scored: narrowband up to 4 kHz, wideband up to 8 kHz. */
export type CodecScale = 'narrowband' | 'wideband';

export interface Codec {
  /** Encoding name in `a=rtpmap`, upper case. */
  readonly name: string;
  /** Static payload type of RFC 3551 §6; undefined when the offer has to choose one from 96 to 127. */
  readonly payloadType: number | undefined;
  /** RTP timestamp units per second, as in `a=rtpmap`. */
  readonly clockRate: number;
  /** Audio samples per second that `encode` takes and `decode` gives; not always the clock rate (G.722: 16,000 and 8,000). */
  readonly samplesPerSecond: number;
  readonly scale: CodecScale;
  /** The payload octet that decodes to silence, however often it is repeated. */
  readonly silence: number;
  /** Encodes 16-bit linear mono samples from a reset state. */
  encode(samples: Int16Array): Uint8Array;
  /** Decodes a payload from a reset state. */
  decode(payload: Uint8Array): Int16Array;
  /** For payloads that follow each other; absent: each decodes the same wherever it stands. */
  openDecoder?(): (payload: Uint8Array) => Int16Array;
  /**
   * Whether the `length` octets from `offset` on, a packet out of the middle of a stream, are silence as audio: digital silence, or
   * noise below about −66 dBov. Nothing at all is silence. Allocates nothing.
   */
  isSilent(data: Uint8Array, offset: number, length: number): boolean;
}

export const PCMU: Codec = {
  name: 'PCMU',
  payloadType: 0,
  clockRate: 8000,
  samplesPerSecond: 8000,
  scale: 'narrowband',
  silence: ULAW_SILENCE,
  encode: encodeUlaw,
  decode: decodeUlaw,
  isSilent: isSilentUlaw,
};

export const PCMA: Codec = {
  name: 'PCMA',
  payloadType: 8,
  clockRate: 8000,
  samplesPerSecond: 8000,
  scale: 'narrowband',
  silence: ALAW_SILENCE,
  encode: encodeAlaw,
  decode: decodeAlaw,
  isSilent: isSilentAlaw,
};

export const G722: Codec = {
  name: 'G722',
  payloadType: 9,
  // RFC 3551 §4.5.2: an error of RFC 1890 that stays for the sake of those who built it.
  clockRate: 8000,
  samplesPerSecond: 16_000,
  scale: 'wideband',
  silence: G722_SILENCE,
  encode: encodeG722,
  decode: decodeG722,
  openDecoder: () => {
    const decoder = new G722Decoder();
    return (payload) => decoder.decode(payload);
  },
  isSilent: isSilentG722,
};

const CODECS: ReadonlyMap<string, Codec> = new Map([PCMU, PCMA, G722].map((codec) => [codec.name, codec]));

/** Names of all codecs, in the order in which an offer lists them. */
export function codecNames(): string[] {
  return [...CODECS.keys()];
}

/** The codec of that `a=rtpmap` name, in any case (RFC 4855 §3); undefined when unknown. */
export function findCodec(name: string): Codec | undefined {
  return CODECS.get(name.toUpperCase());
}
