/** What each payload type of a leg stands for, by its SDP: a table, since it is asked for every packet. */
import type { AgreedMedia } from '../call/negotiation.js';

/** `former`: audio of the codec before, which is still under way. */
export const PAYLOAD = { unknown: 0, audio: 1, event: 2, comfortNoise: 3, former: 4 } as const;

export class PayloadKinds {
  private readonly kinds = new Uint8Array(128);

  agree(media: AgreedMedia): void {
    this.kinds.fill(PAYLOAD.unknown);
    this.mark(media.comfortNoisePayloadTypes, PAYLOAD.comfortNoise);
    this.mark(media.eventPayloadTypes, PAYLOAD.event);
    this.mark(media.receivePayloadTypes, PAYLOAD.audio);
  }

  /** As `agree`, while audio as it was agreed on before may still come (RFC 3264 §8.3.2). */
  change(media: AgreedMedia): void {
    const before = this.kinds.slice();
    this.agree(media);
    for (const [payloadType, kind] of before.entries()) {
      if (kind === PAYLOAD.audio && this.kinds[payloadType] === PAYLOAD.unknown) {
        this.kinds[payloadType] = PAYLOAD.former;
      }
    }
  }

  /** What was under way has come. */
  forgetFormer(): void {
    for (const [payloadType, kind] of this.kinds.entries()) {
      if (kind === PAYLOAD.former) {
        this.kinds[payloadType] = PAYLOAD.unknown;
      }
    }
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
