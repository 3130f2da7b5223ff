/**
 * The audio of one call: its slot, what both sides agreed on, and what either side makes of it later (RFC 3264 §8). Who offers
 * and by which message is not known here.
 */
import type { Offer } from '../sdp/offer-answer.js';
import type { MediaSlot } from './media-slots.js';
import {
  answerTo,
  offerFor,
  readAnswer,
  type AgreedMedia,
  type MediaPreferences,
  type MediaRefusal,
} from './negotiation.js';
import type { PacketTimeBook } from './packet-times.js';
import { CallKeys, type SrtpWish } from './srtp-keys.js';

/** A new offer of ours: what is absent stays. */
export interface MediaChange {
  /** `hold`: we send and do not listen. */
  readonly direction?: 'hold' | 'resume';
  /** Name in the codec table. */
  readonly codec?: string;
}

export interface CallMediaContext {
  readonly media: MediaPreferences;
  /** Absent: no SRTP. */
  readonly srtp?: SrtpWish;
  /** Hears of legs whose far side wants another packet time than ours; absent: nobody asks. */
  readonly packetTimes?: PacketTimeBook;
  now(): number;
}

export class CallMedia {
  /** Last agreed on; null before the first time. */
  agreed: AgreedMedia | null = null;
  /** The slot has been told of the answer. */
  isConnected = false;
  #version = 0;
  /** Ours, until its answer comes. */
  #offer: Offer | null = null;
  #isHeld = false;
  /** What the offer that is out makes of that. */
  #willBeHeld = false;
  /** Null: no SRTP. */
  readonly #keys: CallKeys | null;

  constructor(
    private readonly context: CallMediaContext,
    private readonly call: number,
    readonly slot: MediaSlot,
  ) {
    this.#keys = context.srtp === undefined ? null : new CallKeys(context.srtp);
  }

  get ptimeMs(): number {
    return this.context.media.ptimeMs;
  }

  /** Our offer of everything that we can. */
  offer(): string {
    return this.#offerOf(this.context.media.codecs, this.#isHeld);
  }

  /** Our offer of what we have, but for the change. */
  reoffer({ direction, codec }: MediaChange): string {
    const isHeld = direction === undefined ? this.#isHeld : direction === 'hold';
    const current = codec ?? this.agreed?.codec;
    return this.#offerOf(current === undefined ? this.context.media.codecs : [current], isHeld);
  }

  /** What their answer makes of our offer: null, or why nothing. A second answer to the same offer says nothing new. */
  takeAnswer(sdp: string): MediaRefusal | null {
    const offer = this.#offer;
    if (offer === null) return null;
    this.#offer = null;
    if (sdp === '') return { cause: 'sdp:no-answer', detail: 'expected an answer to our offer, found none' };
    const agreed = readAnswer(offer, sdp, this.context.media);
    if ('cause' in agreed) return agreed;
    this.#isHeld = this.#willBeHeld;
    this.#agree(agreed);
    return null;
  }

  /** Our answer to their first offer. */
  answer(offer: string): { readonly sdp: string } | MediaRefusal {
    return this.#answerWith(offer, this.context.media.codecs);
  }

  /** Our answer to a new offer of theirs: with the codec that is used where it is in it, else with another of ours; null: there is none. */
  reanswer(offer: string): string | null {
    const { agreed, context } = this;
    const kept = agreed === null ? null : this.#answerWith(offer, [agreed.codec]);
    const isKept = kept !== null && ('sdp' in kept || kept.cause !== 'sdp:no-common-codec');
    const answer = isKept ? kept : this.#answerWith(offer, context.media.codecs);
    return 'sdp' in answer ? answer.sdp : null;
  }

  /** Audio of ours flows before the answer; what comes is not measured yet. */
  connectEarly(): void {
    if (this.agreed === null) return;
    this.slot.connect(this.agreed, { answeredAtNs: this.context.now(), isEarly: true });
  }

  /** The answer is acknowledged: audio flows as it was agreed on. */
  connect(): void {
    if (this.agreed === null || this.isConnected) return;
    this.isConnected = true;
    if (this.agreed.packetTime !== undefined) this.context.packetTimes?.note(this.agreed.packetTime);
    const answeredAtNs = this.context.now();
    const { listensForTones, listensForMs } = this.context.media;
    const since = listensForMs === undefined ? {} : { listensForMs };
    const listens = listensForTones === true;
    this.slot.connect(this.agreed, listens ? { answeredAtNs, listensForTones: true, ...since } : { answeredAtNs });
  }

  #offerOf(codecs: readonly string[], isHeld: boolean): string {
    this.#willBeHeld = isHeld;
    this.#version++;
    const preferences = this.#withKeys(this.#preferences(codecs, isHeld), 'offer');
    this.#offer = offerFor(this.slot, this.#sdpVersion, preferences);
    this.#expect(this.#offer);
    return this.#offer.sdp;
  }

  /** What we offer may come before its answer does (RFC 3264 §5.1). */
  #expect({ codecs }: Offer): void {
    const { agreed } = this;
    if (!this.isConnected || agreed === null) return;
    const others = codecs.map(({ payloadType }) => payloadType);
    const known = agreed.receivePayloadTypes;
    if (others.every((payloadType) => known.includes(payloadType))) return;
    this.#tell({ ...agreed, receivePayloadTypes: [...new Set([...known, ...others])] });
  }

  #answerWith(offer: string, codecs: readonly string[]): { readonly sdp: string } | MediaRefusal {
    this.#version++;
    const preferences = this.#withKeys(this.#preferences(codecs, this.#isHeld), 'answer');
    const answer = answerTo(offer, this.slot, this.#sdpVersion, preferences);
    if ('cause' in answer) {
      this.#version--; // nobody has seen it
      return answer;
    }
    this.#agree(answer.media);
    return answer;
  }

  #agree(agreed: AgreedMedia): void {
    this.agreed = agreed;
    if (this.isConnected) this.#tell(agreed);
  }

  #tell(agreed: AgreedMedia): void {
    const held = this.#isHeld ? { heldByUs: true as const } : {};
    this.slot.update({ ...agreed, answeredAtNs: this.context.now(), ...held });
  }

  #preferences(codecs: readonly string[], isHeld: boolean): MediaPreferences {
    const { media } = this.context;
    // Most of all offers and answers are like this one.
    if (codecs === media.codecs && !isHeld) return media;
    const foreign = this.agreed?.foreign;
    const others = foreign === undefined ? {} : { others: [...(media.others ?? []), foreign] };
    return { ...media, ...others, codecs, direction: isHeld ? 'sendonly' : 'sendrecv' };
  }

  #withKeys(preferences: MediaPreferences, use: 'offer' | 'answer'): MediaPreferences {
    const srtp = this.#keys?.localFor(use, this.agreed);
    return srtp === undefined ? preferences : { ...preferences, srtp };
  }

  get #sdpVersion(): { readonly call: number; readonly sessionVersion: number } {
    return { call: this.call, sessionVersion: this.#version };
  }
}
