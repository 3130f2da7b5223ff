/**
 * Early dialogs of an INVITE of ours (RFC 3262 §4): each reliable provisional response gets its PRACK, in the dialog of the fork
 * that sent it, which goes on as the call's when that fork answers.
 */
import { Dialog, type LocalParty } from '../dialog/dialog.js';
import { headerBlock, ownText, toWire } from '../message/builder.js';
import { parseDigits } from '../message/characters.js';
import { HeaderId } from '../message/header-name.js';
import type { SipMessage } from '../message/message.js';
import { requires } from '../message/option-tags.js';
import { SipParseError } from '../message/parse-error.js';
import type { SipUri } from '../message/uri.js';
import type { Core } from './core.js';
import { Session, type SessionParts, type SessionUser } from './session.js';

/** Of one INVITE: a peer must not make us keep dialogs without end. */
const MAX_EARLY_DIALOGS = 8;
const MAX_RSEQ = 0xffff_ffff;

export interface EarlyDialogsOwner {
  readonly local: LocalParty;
  readonly target: SipUri;
  readonly parts: Omit<SessionParts, 'dialog'>;
  /** Of every dialog: the call. */
  readonly user: SessionUser;
  /** Answer to an offer in a provisional response, where the INVITE had none; null: there can be none. */
  answerOffer(sdp: string): string | null;
  /** No PRACK of ours could be answered: the call cannot be set up. */
  onPrackFailed(detail: string): void;
}

interface EarlyDialog {
  readonly remoteTag: string;
  readonly session: Session;
  rseq: number;
}

/** Whether the sender waits for a PRACK. */
export const isReliable = (response: SipMessage): boolean =>
  response.status > 100 && response.status < 200 && response.to.tag !== null && requires(response, '100rel');

export class EarlyDialogs {
  #dialogs: EarlyDialog[] = [];

  constructor(
    private readonly core: Core,
    private readonly owner: EarlyDialogsOwner,
  ) {}

  /** Acknowledges a reliable response; false for a copy, or one out of order, which is not to be looked at (§4). */
  take(response: SipMessage): boolean {
    const rseq = rseqOf(response);
    if (rseq === null) return false;
    const remoteTag = response.to.tag ?? '';
    const known = this.#dialogs.find((dialog) => dialog.remoteTag === remoteTag);
    if (known !== undefined && rseq !== known.rseq + 1) return false;
    const dialog = known ?? this.#open(response, rseq);
    if (dialog === null) return false;
    dialog.rseq = rseq;
    this.#acknowledge(dialog, response);
    return true;
  }

  /** The early dialog of a fork that answers; it is the caller's from now on. */
  claim(remoteTag: string): Session | null {
    const found = this.#dialogs.find((dialog) => dialog.remoteTag === remoteTag);
    if (found === undefined) return null;
    this.#dialogs = this.#dialogs.filter((dialog) => dialog !== found);
    return found.session;
  }

  /** All that are left: their forks lost, or the INVITE failed. */
  drop(): void {
    for (const { session } of this.#dialogs) session.drop();
    this.#dialogs = [];
  }

  /** Null: it cannot be, or there are too many. */
  #open(response: SipMessage, rseq: number): EarlyDialog | null {
    if (this.#dialogs.length >= MAX_EARLY_DIALOGS) {
      this.core.counters.droppedForks++;
      return null;
    }
    const { owner, core } = this;
    try {
      const dialog = Dialog.fromResponse(response, owner.local, owner.target);
      if (core.hopOf(dialog, owner.parts.peer) === null) return null;
      const session = new Session(core, { ...owner.parts, dialog }, owner.user);
      const early = { remoteTag: ownText(response.to.tag ?? ''), session, rseq };
      this.#dialogs.push(early);
      return early;
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      core.counters.malformed++;
      return null;
    }
  }

  #acknowledge({ session, rseq }: EarlyDialog, response: SipMessage): void {
    const isOffer = response.body !== '' && response.contentType === 'application/sdp';
    const sdp = isOffer ? this.owner.answerOffer(response.body) : null;
    const rack = headerBlock([['RAck', `${rseq} ${response.cseq.number} ${response.cseq.method}`]]);
    const answer = sdp === null ? {} : { contentType: 'application/sdp', body: toWire(sdp) };
    session.send({ method: 'PRACK', headers: rack, ...answer }, ({ response: final, detail }) => {
      // A 481 crossed the final response to the INVITE; whatever else is no 2xx has no dialog for us.
      if (final === null || (final.status >= 300 && final.status !== 481)) this.owner.onPrackFailed(detail);
    });
  }
}

function rseqOf(response: SipMessage): number | null {
  const digits = response.headerById(HeaderId.rseq)?.trim() ?? '';
  const rseq = parseDigits(digits, 0, digits.length);
  return rseq >= 1 && rseq <= MAX_RSEQ ? rseq : null;
}
