/** Payload formats as data: what stands in an rtpmap (RFC 8866 §6.6) and the static payload types (RFC 3551 §6). */

export interface Codec {
  /** Encoding name, compared without regard to case. */
  readonly name: string;
  /** RTP clock in Hz. */
  readonly clockRate: number;
  readonly channels: number;
  /** Payload type without rtpmap; null for a dynamic one. */
  readonly staticPayloadType: number | null;
  /** Payload type in our offers. */
  readonly payloadType: number;
  /** Format parameters that go with it. */
  readonly fmtp?: string;
  /** Of the peer's offer, and not ours: it is taken because any is. */
  readonly isForeign?: true;
}

const audio = (name: string, payloadType: number): Codec => ({
  name,
  clockRate: 8_000,
  channels: 1,
  staticPayloadType: payloadType,
  payloadType,
});

/** G722 has 16 kHz of audio and a clock of 8000 all the same (RFC 3551 §4.5.2). */
const CODECS: readonly Codec[] = [audio('PCMU', 0), audio('PCMA', 8), audio('G722', 9)];

/** Key presses beside the audio (RFC 4733), on its clock. */
export const TELEPHONE_EVENT: Codec = {
  name: 'telephone-event',
  clockRate: 8_000,
  channels: 1,
  staticPayloadType: null,
  payloadType: 101,
};

/** Noise in place of audio (RFC 3389): we offer none, and know it when it comes. */
export const COMFORT_NOISE: Codec = audio('CN', 13);

/** Codecs without rtpmap that we have not, but may be asked to echo (RFC 3551 §6). */
export const STATIC_CODECS: readonly Codec[] = [
  audio('GSM', 3),
  audio('G723', 4),
  audio('G728', 15),
  audio('G729', 18),
];

/** A name of the table, with whatever clock. */
export const isInTable = (name: string): boolean => CODECS.some((codec) => codec.name === name.toUpperCase());

/** Key presses on the clock of the audio that they stand in for (RFC 4733 §2.1). */
export function eventsBeside(codec: Codec | undefined): Codec {
  const clockRate = codec?.clockRate ?? TELEPHONE_EVENT.clockRate;
  return clockRate === TELEPHONE_EVENT.clockRate ? TELEPHONE_EVENT : { ...TELEPHONE_EVENT, clockRate };
}

/**
 * The codec of that name, in any case.
 * @param others codecs beside those of the table
 * @throws RangeError for a name that is nowhere: a fault of the caller, never of the peer
 */
export function codecNamed(name: string, others: readonly Codec[] = []): Codec {
  const all = [...CODECS, ...others];
  const found = all.find((codec) => codec.name.toUpperCase() === name.toUpperCase());
  if (found === undefined)
    throw new RangeError(`expected one of ${all.map((codec) => codec.name).join(', ')}, found ${name}`);
  return found;
}
