/** What each payload type of a leg stands for, by its SDP: a table, since it is asked for every packet. */
import type { AgreedMedia } from '../call/negotiation.js';

export const PAYLOAD = { unknown: 0, audio: 1, event: 2, comfortNoise: 3 } as const;

export class PayloadKinds {
  private readonly kinds = new Uint8Array(128);

  agree(media: AgreedMedia): void {
    this.kinds.fill(PAYLOAD.unknown);
    this.mark(media.comfortNoisePayloadTypes, PAYLOAD.comfortNoise);
    this.mark(media.eventPayloadTypes, PAYLOAD.event);
    this.mark(media.receivePayloadTypes, PAYLOAD.audio);
  }

  /** A value of PAYLOAD. */
  kindOf(payloadType: number): number {
    return this.kinds[payloadType] ?? PAYLOAD.unknown;
  }

  private mark(payloadTypes: readonly number[], kind: number): void {
    for (const payloadType of payloadTypes) {
      this.kinds[payloadType] = kind;
    }
  }
}
