/**
 * What we begin within a dialog: requests, and offers by re-INVITE or UPDATE. Where both sides offer at once each waits for
 * a time of its own and tries again (RFC 3261 §14.1, RFC 3311 §5.1).
 */
import { type HeaderBlock, NO_HEADERS, joinBlocks, toWire } from '../message/builder.js';
import { parseDigits } from '../message/characters.js';
import { HeaderId } from '../message/header-name.js';
import type { SipMessage } from '../message/message.js';
import type { TimerHandle } from '../transaction/timers.js';
import type { DialogOffer, DialogOutcome, DialogRequest, OutcomeListener } from './call-events.js';
import type { Core } from './core.js';
import { type DialogParts, type RequestText, SentRequest } from './dialog-request.js';
import { fractionOf } from './spread.js';

/** Of one offer: each is seconds after the one before, and a far side that refuses for ever is not asked for ever. */
const MAX_TRIES = 6;
const MAX_RETRY_AFTER_S = 10;

/** How the offers of both sides keep out of each other's way. */
export interface OfferRules {
  /** The side that placed the call waits longer (§14.1). */
  readonly isCaller: boolean;
  /** An offer of the far side is not settled: its INVITE waits for the ACK. */
  isPeerOffering(): boolean;
  /** Headers of every re-INVITE and UPDATE. */
  offerHeaders(): HeaderBlock;
  /** A 2xx to a re-INVITE or UPDATE came. */
  onRefreshed(response: SipMessage): void;
}

/** An offer until its final outcome. */
interface OpenOffer {
  readonly request: DialogOffer;
  readonly done: OutcomeListener;
  tries: number;
}

export class OwnRequests {
  /** The offer that is on its way. */
  #offer: OpenOffer | null = null;
  #waiting = new Set<TimerHandle>();
  #pending = new Set<SentRequest>();
  #isClosed = false;

  constructor(
    private readonly core: Core,
    private readonly parts: DialogParts,
    private readonly rules: OfferRules,
  ) {}

  /** An offer of ours is on its way. */
  get isOffering(): boolean {
    return this.#offer !== null;
  }

  send({ method, headers = NO_HEADERS, contentType = '', body = '' }: DialogRequest, done: OutcomeListener): void {
    const isRefresh = method === 'UPDATE';
    // RFC 3515 §2.2: the NOTIFYs of a REFER need to know where to.
    const others = method === 'REFER' ? this.core.withContact : this.core.noContact;
    const common = isRefresh ? this.rules.offerHeaders() : others;
    this.#start({ method, headers: joinBlocks(common, headers), contentType, body }, (outcome) => {
      if (isRefresh) this.#noteRefresh(outcome);
      done(outcome);
    });
  }

  /** One offer at a time: a second one waits until the first is settled. */
  offer(request: DialogOffer, done: OutcomeListener): void {
    this.#begin({ request, done, tries: 0 });
  }

  /** The session is over: nobody hears of anything any more. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#pending) request.forget();
    for (const timer of this.#waiting) this.core.timers.cancel(timer);
    this.#pending.clear();
    this.#waiting.clear();
    this.#offer = null;
  }

  /** Now, or where an offer is under way, of whichever side, later. */
  #begin(offer: OpenOffer): void {
    if (this.#isClosed) return;
    if (this.#offer !== null || this.rules.isPeerOffering()) {
      this.#retry(offer, this.#glareWaitMs(offer), null);
      return;
    }
    const sdp = offer.request.sdp();
    if (sdp === null) return;
    this.#offer = offer;
    const { method } = offer.request;
    const request = { method, headers: this.rules.offerHeaders(), contentType: 'application/sdp', body: toWire(sdp) };
    this.#start(request, (outcome) => this.#settle(offer, outcome));
  }

  #settle(offer: OpenOffer, outcome: DialogOutcome): void {
    this.#offer = null;
    const waitMs = this.#waitAfter(offer, outcome);
    if (waitMs !== null) {
      this.#retry(offer, waitMs, outcome);
      return;
    }
    this.#noteRefresh(outcome);
    offer.done(outcome);
  }

  /** Null: the outcome is final. */
  #waitAfter(offer: OpenOffer, { response }: DialogOutcome): number | null {
    if (response?.status === 491) return this.#glareWaitMs(offer);
    if (response?.status !== 500) return null;
    const value = response.headerById(HeaderId.retryAfter)?.trim() ?? '';
    const end = value.search(/\D|$/);
    const seconds = parseDigits(value, 0, end);
    return seconds < 0 ? null : 1000 * Math.min(seconds, MAX_RETRY_AFTER_S);
  }

  /** @param outcome the last one; null: it was not even sent */
  #retry(offer: OpenOffer, waitMs: number, outcome: DialogOutcome | null): void {
    offer.tries++;
    if (offer.tries >= MAX_TRIES) {
      offer.done(
        outcome ?? { response: null, cause: 'timeout', detail: 'offers of the far side left no room for ours' },
      );
      return;
    }
    const timer = this.core.timers.schedule(waitMs, () => {
      this.#waiting.delete(timer);
      this.#begin(offer);
    });
    this.#waiting.add(timer);
  }

  /** §14.1, in units of 10 ms: 2.1–4 s for who owns the Call-ID, 0–2 s for the other side. */
  #glareWaitMs({ tries }: OpenOffer): number {
    const { dialog } = this.parts;
    const fraction = fractionOf(`${dialog.callId} ${dialog.local.tag} ${dialog.localCseq} ${tries}`);
    return this.rules.isCaller ? 2100 + 10 * Math.floor(fraction * 191) : 10 * Math.floor(fraction * 201);
  }

  #noteRefresh({ response }: DialogOutcome): void {
    if (response !== null && response.status < 300) this.rules.onRefreshed(response);
  }

  #start(text: RequestText, done: OutcomeListener): void {
    if (this.#isClosed) return;
    const sent = new SentRequest(this.core, this.parts, text, (outcome) => {
      this.#pending.delete(sent);
      done(outcome);
    });
    this.#pending.add(sent);
    sent.start();
  }
}
