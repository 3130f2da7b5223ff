/**
 * One request of ours within a dialog until its final response (RFC 3261 §12.2.1), again with credentials where it is
 * challenged; a re-INVITE with the ACK to its 2xx (§13.2.2.4).
 */
import { type Authorizer, isChallenge } from '../auth/authorizer.js';
import type { Dialog } from '../dialog/dialog.js';
import { type HeaderBlock, NO_HEADERS, joinBlocks } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import type { ClientUser } from '../transaction/client.js';
import type { Destination, InviteClient, InviteClientUser } from '../transaction/invite-client.js';
import { type TimerHandle, transactionTimeoutMs } from '../transaction/timers.js';
import type { TransportFailure } from '../transport/transport.js';
import type { DialogOutcome, OutcomeListener } from './call-events.js';
import type { Core } from './core.js';
import type { Peer } from './next-hop.js';
import { refusalDetail } from './refusal.js';
import { refreshTarget } from './target-refresh.js';

/** The far side of a request. */
export interface DialogParts {
  readonly dialog: Dialog;
  readonly peer: Peer;
  /** Null: a challenge is a refusal. */
  readonly authorizer: Authorizer | null;
}

/** What is asked; texts are wire text. */
export interface RequestText {
  readonly method: string;
  readonly headers: HeaderBlock;
  readonly contentType: string;
  readonly body: string;
}

export class SentRequest implements ClientUser, InviteClientUser {
  #done: OutcomeListener | null;
  #invite: InviteClient | null = null;
  #deadline: TimerHandle | null = null;
  #authorization: HeaderBlock = NO_HEADERS;
  #ack = '';
  #ackHop: Destination | null = null;

  constructor(
    private readonly core: Core,
    private readonly parts: DialogParts,
    private readonly request: RequestText,
    done: OutcomeListener,
  ) {
    this.#done = done;
  }

  /** Nobody waits for the outcome any more; a 2xx is acknowledged all the same. */
  forget(): void {
    this.#done = null;
  }

  /** Sends it, under a CSeq number of its own each time. */
  start(): void {
    const { core, parts, request } = this;
    const { dialog, peer, authorizer } = parts;
    const { method, headers, contentType, body } = request;
    const ids = { viaPrefix: core.viaPrefix, branch: core.ids.branch() };
    this.#authorization = authorizer?.headersFor(method, dialog.route.requestUri, body) ?? NO_HEADERS;
    const fields = {
      ...dialog.nextRequest(method, ids, joinBlocks(this.#authorization, headers)),
      contentType,
      body,
    };
    const hop = core.hopOf(dialog, peer) ?? peer.address;
    if (method !== 'INVITE') {
      core.startClient(fields, hop, this);
      return;
    }
    // A far side that answers 100 and nothing more would hold the transaction for ever.
    this.#clearDeadline();
    this.#deadline = core.timers.schedule(transactionTimeoutMs(core.intervals), onDeadline, this);
    this.#invite = core.startInvite(fields, hop, this);
  }

  onProvisional(): void {}

  onSuccess(response: SipMessage): void {
    if (this.#ackHop !== null) {
      this.core.onRetransmission('ACK');
      this.core.output.send(this.#ack, this.#ackHop.host, this.#ackHop.port);
      return;
    }
    const { core, parts } = this;
    const { dialog, peer } = parts;
    refreshTarget(dialog, response);
    const ids = { viaPrefix: core.viaPrefix, branch: core.ids.branch() };
    this.#ackHop = core.hopOf(dialog, peer) ?? peer.address;
    this.#ack = core.sendAck(dialog.ack(response.cseq.number, ids, this.#authorization), this.#ackHop);
    this.#finish({ response, cause: 'response', detail: '' });
  }

  onFailure(response: SipMessage): void {
    this.onFinal(response);
  }

  onFinal(response: SipMessage): void {
    const { authorizer, dialog } = this.parts;
    const { status } = response;
    if (status < 300) {
      authorizer?.confirm();
      if (this.request.method === 'UPDATE') refreshTarget(dialog, response);
      this.#finish({ response, cause: 'response', detail: '' });
      return;
    }
    const refusal = isChallenge(status) && authorizer !== null ? authorizer.accept(response) : '';
    if (refusal === null && this.#done !== null) this.start();
    else this.#finish({ response, cause: 'response', detail: refusalDetail(response, refusal ?? '') });
  }

  onTimeout(): void {
    this.#finish({ response: null, cause: 'timeout', detail: `no response to ${this.request.method} for 64·T1` });
  }

  onTransportError({ cause, detail }: TransportFailure): void {
    this.#finish({ response: null, cause, detail });
  }

  deadline(): void {
    this.#deadline = null;
    this.#invite?.abandon();
    this.onTimeout();
  }

  #finish(outcome: DialogOutcome): void {
    this.#clearDeadline();
    const done = this.#done;
    this.#done = null;
    done?.(outcome);
  }

  #clearDeadline(): void {
    if (this.#deadline !== null) this.core.timers.cancel(this.#deadline);
    this.#deadline = null;
  }
}

const onDeadline = (request: SentRequest): void => request.deadline();
