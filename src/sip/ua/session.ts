/** A dialog in use: requests of the peer inside it, our BYE, and the one report of its end (RFC 3261 §12.2, §15). */
import type { Dialog } from '../dialog/dialog.js';
import type { SipMessage } from '../message/message.js';
import type { ClientUser } from '../transaction/client.js';
import type { CallEnd } from './call-events.js';
import type { Core } from './core.js';
import type { Exchange } from './exchange.js';
import { type Peer, permittedHop } from './next-hop.js';

export interface SessionUser {
  /** The user agent closes: stop every timer, say nothing. */
  onClosed(): void;
  onAck(ack: SipMessage): void;
  /** Exactly once. */
  onEnded(end: CallEnd): void;
}

/** Key of a session in the core's map; the tags of both sides, so that forks of one INVITE keep apart. */
export const sessionKey = (localTag: string, remoteTag: string): string => `${localTag} ${remoteTag}`;

export class Session implements ClientUser {
  #state: 'active' | 'ending' | 'ended' = 'active';
  /** Their BYE crossed ours. */
  #hasGlare = false;
  #key: string;

  /** Registers itself for requests of the peer. */
  constructor(
    private readonly core: Core,
    readonly dialog: Dialog,
    private readonly user: SessionUser,
    private readonly peer: Peer,
  ) {
    this.#key = sessionKey(dialog.local.tag, dialog.remoteTag);
    core.sessions.set(this.#key, this);
  }

  /** Sends our BYE, once. */
  bye(): void {
    if (this.#state !== 'active') return;
    this.#state = 'ending';
    const ids = { viaPrefix: this.core.viaPrefix, branch: this.core.ids.branch() };
    const fields = this.dialog.nextRequest('BYE', ids, this.core.noContact);
    const hop = permittedHop(this.dialog.route, this.peer, this.core.mayReach);
    this.core.startClient(fields, hop ?? this.peer.address, this);
  }

  /** Forgets the session without a BYE: it was never confirmed. */
  drop(): void {
    this.#state = 'ended';
    this.core.sessions.delete(this.#key);
  }

  /** As `drop`, for a user agent that closes. */
  close(): void {
    this.drop();
    this.user.onClosed();
  }

  receiveAck(ack: SipMessage): void {
    this.user.onAck(ack);
  }

  /** Answers a request inside the dialog. */
  receive(exchange: Exchange): void {
    const { request } = exchange;
    // §12.2.2: a lower number than the last is out of order.
    if (!this.dialog.acceptRemoteCseq(request.cseq.number)) exchange.reply(500);
    else if (request.method === 'BYE') this.#receiveBye(exchange);
    else if (request.method === 'INVITE') exchange.reply(488);
    else if (request.method === 'OPTIONS') exchange.reply(200, { headers: this.core.capabilities });
    else exchange.reply(405, { headers: this.core.allow });
  }

  #receiveBye(exchange: Exchange): void {
    exchange.reply(200);
    if (this.#state === 'ending') this.#hasGlare = true;
    else this.#end({ by: 'remote', status: 200, cause: 'bye' });
  }

  onFinal(response: SipMessage): void {
    const isDone = response.status < 300 || this.#hasGlare;
    this.#end({ by: 'local', status: response.status, cause: isDone ? 'bye' : 'bye-refused' });
  }

  onTimeout(): void {
    this.#end({ by: 'local', status: null, cause: this.#hasGlare ? 'bye' : 'bye-timeout' });
  }

  onTransportError(): void {
    this.#end({ by: 'local', status: null, cause: this.#hasGlare ? 'bye' : 'transport-error' });
  }

  #end(end: CallEnd): void {
    if (this.#state === 'ended') return;
    this.drop();
    this.user.onEnded(end);
  }
}
