/** One request of the peer and our answers to it (RFC 3261 §8.2.6, §18.2). */
import { type HeaderBlock, serializeResponse } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { type Source, responsePort, stampVia } from '../message/via.js';
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

export class Exchange implements InviteServerUser {
  readonly transaction: InviteServer | Server;
  /** Set by a call that wants to know that a response could not be sent. */
  transportFailed: (() => void) | null = null;
  #topVia: string;
  #ownTag: string | null = null;

  /** Opens the server transaction. */
  constructor(
    private readonly core: Core,
    readonly request: SipMessage,
    source: Source,
  ) {
    this.#topVia = stampVia(request.topVia, source);
    const destination = { host: source.host, port: responsePort(request.topVia, source) };
    if (request.method === 'INVITE') {
      this.transaction = new InviteServer(core, request, destination, this);
      this.transaction.start();
    } else {
      this.transaction = new Server(core, request, destination);
    }
    core.table.addServer(this.transaction);
  }

  /** Sends a response and returns its text. */
  reply(status: number, reply: Reply = {}): string {
    const data = serializeResponse(this.request, {
      status,
      toTag: status === 100 ? null : (reply.toTag ?? (this.#ownTag ??= this.core.ids.tag())),
      topVia: this.#topVia,
      headers: reply.headers ?? this.core.noContact,
      contentType: 'application/sdp',
      body: reply.sdp ?? '',
    });
    this.transaction.respond(status, data);
    return data;
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

  onTransportError(): void {
    this.transportFailed?.();
  }
}
