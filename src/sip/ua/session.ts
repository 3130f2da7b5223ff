/** A dialog in use: requests of the peer inside it, our BYE, and the one report of its end (RFC 3261 §12.2, §15). */
import { type Authorizer, isChallenge } from '../auth/authorizer.js';
import type { Dialog } from '../dialog/dialog.js';
import { NO_HEADERS, joinBlocks, toWire } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { SipParseError } from '../message/parse-error.js';
import { q850Reason } from '../message/reason-header.js';
import type { ClientUser } from '../transaction/client.js';
import type { TransportFailure } from '../transport/transport.js';
import type { CallEnd } from './call-events.js';
import type { Core } from './core.js';
import type { Exchange } from './exchange.js';
import type { Peer } from './next-hop.js';
import { RepeatedAnswer } from './repeated-answer.js';
import { refusalDetail } from './refusal.js';

export interface SessionUser {
  /** The user agent closes: stop every timer, say nothing. */
  onClosed(): void;
  onAck(ack: SipMessage): void;
  /** The far side offers anew within the dialog (§14.2). Gives our answer; null: it stays as it was. */
  onReoffer(sdp: string): string | null;
  /** That answer was never acknowledged: the session ends by BYE (§13.3.1.4). */
  onReanswerLost(): void;
  /** Exactly once. */
  onEnded(end: CallEnd): void;
}

/** What a session is made of. */
export interface SessionParts {
  readonly dialog: Dialog;
  readonly peer: Peer;
  /** Null: a challenge to our BYE is a refusal. */
  readonly authorizer: Authorizer | null;
}

/** Key of a session in the core's map; the tags of both sides, so that forks of one INVITE keep apart. */
export const sessionKey = (localTag: string, remoteTag: string): string => `${localTag} ${remoteTag}`;

export class Session implements ClientUser {
  #state: 'active' | 'ending' | 'ended' = 'active';
  /** Their BYE crossed ours. */
  #hasGlare = false;
  #key: string;
  /** Our 2xx to their re-INVITE, and its number; null before the first one. */
  #reanswer: RepeatedAnswer | null = null;
  #reinviteCseq = -1;
  readonly dialog: Dialog;

  /** Registers itself for requests of the peer. */
  constructor(
    private readonly core: Core,
    private readonly parts: SessionParts,
    private readonly user: SessionUser,
  ) {
    const { dialog } = parts;
    this.dialog = dialog;
    this.#key = sessionKey(dialog.local.tag, dialog.remoteTag);
    core.sessions.set(this.#key, this);
  }

  /** Sends our BYE, once. */
  bye(): void {
    if (this.#state !== 'active') return;
    this.#state = 'ending';
    this.#sendBye();
  }

  #sendBye(): void {
    const { core, dialog } = this;
    const { peer, authorizer } = this.parts;
    const ids = { viaPrefix: core.viaPrefix, branch: core.ids.branch() };
    const authorization = authorizer?.headersFor('BYE', dialog.route.requestUri) ?? NO_HEADERS;
    const fields = dialog.nextRequest('BYE', ids, joinBlocks(authorization, core.noContact));
    const hop = core.hopOf(dialog, peer);
    core.startClient(fields, hop ?? peer.address, this);
  }

  /** Forgets the session without a BYE: it was never confirmed. */
  drop(): void {
    this.#state = 'ended';
    this.#reanswer?.stop();
    this.core.sessions.delete(this.#key);
  }

  /** As `drop`, for a user agent that closes. */
  close(): void {
    this.drop();
    this.user.onClosed();
  }

  receiveAck(ack: SipMessage): void {
    if (this.#reanswer?.isPending === true && ack.cseq.number === this.#reinviteCseq) this.#reanswer.stop();
    else this.user.onAck(ack);
  }

  /** Answers a request inside the dialog. */
  receive(exchange: Exchange): void {
    const { request } = exchange;
    // §12.2.2: a lower number than the last is out of order.
    if (!this.dialog.acceptRemoteCseq(request.cseq.number)) exchange.reply(500);
    else if (request.method === 'BYE') this.#receiveBye(exchange);
    else if (request.method === 'INVITE' && !hasReadableContact(request)) exchange.reply(400);
    else if (request.method === 'INVITE') this.#receiveReinvite(exchange);
    else if (request.method === 'OPTIONS') exchange.reply(200, { headers: this.core.capabilities });
    else exchange.reply(405, { headers: this.core.allow });
  }

  /** §14.2: 200 with the answer, or 488 and the session stays as it was. An offer of ours is not made here. */
  #receiveReinvite(exchange: Exchange): void {
    const { request } = exchange;
    const { body } = request;
    const hasOffer = body !== '' && request.contentType === 'application/sdp';
    const answer = hasOffer && this.#state === 'active' ? this.user.onReoffer(body) : null;
    if (answer === null) {
      exchange.reply(488);
      return;
    }
    this.dialog.refreshTarget(request); // §12.2.2: what we send from now on goes to their new Contact
    this.#reinviteCseq = request.cseq.number;
    this.#reanswer ??= new RepeatedAnswer(this.core, () => this.#giveUp());
    this.#reanswer.start(
      exchange.reply(200, { headers: this.core.withContact, sdp: toWire(answer) }),
      exchange.transaction,
    );
  }

  #giveUp(): void {
    this.user.onReanswerLost();
    this.bye();
  }

  #receiveBye(exchange: Exchange): void {
    const detail = q850Reason(exchange.request);
    exchange.reply(200);
    if (this.#state === 'ending') this.#hasGlare = true;
    else this.#end({ by: 'remote', status: 200, cause: 'bye', detail });
  }

  onFinal(response: SipMessage): void {
    const { status } = response;
    if (status < 300 || this.#hasGlare) this.#end({ by: 'local', status, cause: 'bye', detail: null });
    else {
      const { authorizer } = this.parts;
      const refusal = isChallenge(status) && authorizer !== null ? authorizer.accept(response) : '';
      if (refusal === null) this.#sendBye();
      else this.#end({ by: 'local', status, cause: 'bye-refused', detail: refusalDetail(response, refusal) });
    }
  }

  onTimeout(): void {
    this.#end({ by: 'local', status: null, cause: this.#hasGlare ? 'bye' : 'bye-timeout', detail: null });
  }

  onTransportError({ cause, detail }: TransportFailure): void {
    this.#end({
      by: 'local',
      status: null,
      cause: this.#hasGlare ? 'bye' : cause,
      detail: this.#hasGlare ? null : detail,
    });
  }

  #end(end: CallEnd): void {
    if (this.#state === 'ended') return;
    this.drop();
    this.user.onEnded(end);
  }
}

function hasReadableContact(request: SipMessage): boolean {
  try {
    return request.contactUri !== undefined;
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    return false;
  }
}
