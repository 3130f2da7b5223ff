/** One request of the peer and our answers to it (RFC 3261 §8.2.6, §18.2). */
import { type HeaderBlock, serializeResponse } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { type Source, stampVia } from '../message/via.js';
import type { TransportFailure } from '../transport/transport.js';
import { InviteServer, type InviteServerUser } from '../transaction/invite-server.js';
import { Server } from '../transaction/server.js';
import type { Core } from './core.js';

/** What a response holds besides the headers copied from the request. */
export interface Reply {
  readonly toTag?: string;
  readonly headers?: HeaderBlock;
  /** SDP as wire text. */
  readonly sdp?: string;
}

/** A call that has not answered yet. */
export interface ExchangeOwner {
  /** A CANCEL has matched the INVITE. */
  receiveCancel(): void;
  /** A response could not be sent. */
  transportFailed(failure: TransportFailure): void;
}

export class Exchange implements InviteServerUser {
  readonly transaction: InviteServer | Server;
  /** Null again from the final response on: the transaction outlives its call by 32 s and must not keep it. */
  owner: ExchangeOwner | null = null;
  #request: SipMessage | null;
  #topVia: string;
  #ownTag: string | null = null;

  /** Opens the server transaction. */
  constructor(
    private readonly core: Core,
    request: SipMessage,
    source: Source,
  ) {
    this.#request = request;
    this.#topVia = stampVia(request.topVia, source);
    const destination = { host: source.host, port: core.answerPort(request, source) };
    if (request.method === 'INVITE') {
      this.transaction = new InviteServer(core, request, destination, this);
      this.transaction.start();
    } else {
      this.transaction = new Server(core, request, destination);
    }
    core.table.addServer(this.transaction);
  }

  /** Only there until the final response. */
  get request(): SipMessage {
    if (this.#request === null) throw new Error('expected a request that is not answered yet');
    return this.#request;
  }

  /** The To tag of our answers. */
  get tag(): string {
    return (this.#ownTag ??= this.core.ids.tag());
  }

  /** Sends a response and returns its text; not again after a final one. */
  reply(status: number, reply: Reply = {}): string {
    const data = serializeResponse(this.request, {
      status,
      toTag: status === 100 ? null : (reply.toTag ?? this.tag),
      topVia: this.#topVia,
      headers: reply.headers ?? this.core.noContact,
      contentType: 'application/sdp',
      body: reply.sdp ?? '',
    });
    this.transaction.respond(status, data);
    if (status >= 200) this.#release();
    return data;
  }

  #release(): void {
    this.#request = null;
    this.#topVia = '';
    this.owner = null;
  }

  trying(): string {
    return serializeResponse(this.request, {
      status: 100,
      toTag: null,
      topVia: this.#topVia,
      headers: this.core.noContact,
      contentType: '',
      body: '',
    });
  }

  /** Timer H: the peer never acknowledged our refusal; it has its answer or has given up. */
  onTimeout(): void {}

  onTransportError(failure: TransportFailure): void {
    this.owner?.transportFailed(failure);
  }
}
