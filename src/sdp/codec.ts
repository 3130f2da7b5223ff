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

/**
 * The codec of that name, in any case.
 * @throws RangeError for a name that is not in the table: a fault of the caller, never of the peer
 */
export function codecNamed(name: string): Codec {
  const found = CODECS.find((codec) => codec.name === name.toUpperCase());
  if (found === undefined)
    throw new RangeError(`expected one of ${CODECS.map((codec) => codec.name).join(', ')}, found ${name}`);
  return found;
}
