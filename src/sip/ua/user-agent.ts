/**
 * The user agent core (RFC 3261 §8, §9, §12.2.2): takes datagrams, finds who they are for, and answers what no call wants.
 * INVITE sessions, OPTIONS, PUBLISH and REGISTER.
 */
import {
  type HeaderBlock,
  NO_HEADERS,
  headerBlock,
  joinBlocks,
  serializeResponse,
  toWire,
} from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { unsupportedBy } from '../message/option-tags.js';
import { SipParseError } from '../message/parse-error.js';
import { checkMessage, indexMessage } from '../message/parser.js';
import { type SipUri, nextHop, serializeUri } from '../message/uri.js';
import { parameterOf } from '../message/characters.js';
import { type Source, type Via, stampVia } from '../message/via.js';
import type { Client } from '../transaction/client.js';
import type { TransportFailure } from '../transport/transport.js';
import type { Destination } from '../transaction/invite-client.js';
import { InviteServer } from '../transaction/invite-server.js';
import type { IncomingCall, OutgoingCall, OutgoingCallListener } from './call-events.js';
import { Core, type UserAgentOptions } from './core.js';
import { Exchange } from './exchange.js';
import { UasCall } from './incoming-call.js';
import { type InviteRequest, UacCall } from './outgoing-call.js';
import { LateAnswers } from './late-answer.js';
import { acceptedHeaders, inspectPublication, refusalHeaders } from './publication.js';
import { Registration, type RegistrationListener, type RegistrationRequest } from './registration.js';
import { intervalRefusal } from './session-timer.js';
import { type Session, sessionKey } from './session.js';
import type { SipCounters } from './sip-counters.js';

export type { UserAgentOptions } from './core.js';

/** Outcome of a request outside of dialogs. */
export interface RequestResult {
  readonly status: number | null;
  readonly cause: 'response' | 'timeout' | TransportFailure['cause'];
  /** The request went out more than once: the time to its answer tells nothing, for it may answer any of the copies. */
  readonly wasRetransmitted: boolean;
}

/** What is published, and to whom. */
export interface Publication {
  readonly target: SipUri;
  readonly event: string;
  readonly contentType: string;
  readonly body: string;
}

/** A request that is under way. */
export interface PendingRequest {
  /** Ends it without a word: nothing more is sent, `done` is not called any more. */
  abandon(): void;
}

const DIALOG_METHODS: ReadonlySet<string> = new Set(['BYE', 'PRACK', 'UPDATE', 'INFO']);
const SERVED_METHODS: ReadonlySet<string> = new Set(['INVITE', 'OPTIONS', ...DIALOG_METHODS]);

/** A request outside of dialogs, without what all of ours share. */
interface LoneRequest {
  readonly method: string;
  readonly target: SipUri;
  readonly routes: HeaderBlock;
  readonly headers: HeaderBlock;
  readonly contentType: string;
  readonly body: string;
}

export class UserAgent {
  readonly counters: SipCounters;
  /** Takes each new call; while null they are answered 480. */
  onInvite: ((call: IncomingCall) => void) | null = null;
  /** Takes the body of each publication that the rules allow; gives the final status. While null they are answered 480. */
  onPublish: ((body: string) => number) | null = null;
  /** Takes where a peer says that our request came from (RFC 3581 §4); null again where nobody needs to know any more. */
  onAddressSeen: ((host: string, port: number | null) => void) | null = null;
  #core: Core;
  /** The INVITEs that became calls, for CANCEL. */
  #incoming = new WeakMap<InviteServer, Exchange>();
  #lateAnswers: LateAnswers;
  /** To tag of answers given without a transaction: the same for a request that comes again. */
  #statelessTag: string;
  #registrations: Registration[] = [];

  constructor(options: UserAgentOptions) {
    this.#core = new Core(options);
    this.counters = this.#core.counters;
    this.#lateAnswers = new LateAnswers(this.#core);
    this.#statelessTag = options.ids.tag();
    options.transport.onMessage = (data, host, port) => this.#receive(data, { host, port });
    options.transport.onError = (host, port, failure) => this.#noteLost(host, port, failure);
  }

  /** What Via and Contact say from the next request on. @param port null: none is written */
  advertise(host: string, port: number | null): void {
    this.#core.advertise(host, port);
  }

  /** Transactions that are alive, the absorbing ones included. */
  get transactionCount(): number {
    return this.#core.table.size;
  }

  /** Dialogs that are alive. */
  get sessionCount(): number {
    return this.#core.sessions.size;
  }

  /** Places a call. @throws SipParseError for a target whose maddr is empty */
  invite(request: InviteRequest, listener: OutgoingCallListener): OutgoingCall {
    return new UacCall(this.#core, request, listener);
  }

  /**
   * Asks a peer whether it is there; any response is a sign of life.
   * @param hop where it is sent instead of the target's host
   * @param routes Route headers
   * @throws SipParseError for a target whose maddr is empty
   */
  options(
    target: SipUri,
    done: (result: RequestResult) => void,
    hop?: Destination,
    routes: HeaderBlock = NO_HEADERS,
  ): PendingRequest {
    const request = { method: 'OPTIONS', target, routes, headers: this.#core.capabilities, contentType: '', body: '' };
    return this.#ask(request, done, hop);
  }

  /** Binds a user to this user agent at a registrar, and keeps it bound. @throws SipParseError for a registrar whose maddr is empty */
  register(request: RegistrationRequest, listener: RegistrationListener): Registration {
    const registration = new Registration(this.#core, request, listener);
    this.#registrations.push(registration);
    return registration;
  }

  /** Sends event state (RFC 3903) to the target's host. @throws SipParseError for a target whose maddr is empty */
  publish(publication: Publication, done: (result: RequestResult) => void): PendingRequest {
    const { target, event, contentType, body } = publication;
    const headers = joinBlocks(headerBlock([['Event', event]]), this.#core.noContact);
    const routes = NO_HEADERS;
    return this.#ask({ method: 'PUBLISH', target, routes, headers, contentType, body: toWire(body) }, done);
  }

  #ask(request: LoneRequest, done: (result: RequestResult) => void, hop?: Destination): PendingRequest {
    const core = this.#core;
    const { method, target, routes, headers, contentType, body } = request;
    const requestUri = serializeUri(target);
    const fields = {
      method,
      requestUri,
      viaPrefix: core.viaPrefix,
      branch: core.ids.branch(),
      from: core.fromAddress(core.ids.tag()),
      to: `<${requestUri}>`,
      callId: core.ids.callId(),
      cseq: 1,
      routes,
      headers,
      contentType,
      body,
    };
    let transaction: Client | null = null; // still null when the first send fails at once
    const end = (cause: RequestResult['cause'], status: number | null): void =>
      done({ status, cause, wasRetransmitted: transaction?.wasRetransmitted ?? false });
    transaction = core.startClient(fields, hop ?? nextHop(target), {
      onFinal: ({ status }) => end('response', status),
      onTimeout: () => end('timeout', null),
      onTransportError: (failure) => end(failure.cause, null),
    });
    return { abandon: () => transaction.abandon() };
  }

  /** Lets go of the transport (its owner closes it) and of every timer; listeners hear nothing more. */
  close(): void {
    const { transport, table, sessions } = this.#core;
    transport.onMessage = null;
    transport.onError = null;
    table.clear();
    for (const session of sessions.values()) session.close();
    sessions.clear();
  }

  /** What waits for an answer fails, and whoever is registered over that connection is not reached any more. */
  #noteLost(host: string, port: number, failure: TransportFailure): void {
    const { table, isReliable } = this.#core;
    table.failTransport(host, port, failure);
    if (!isReliable) return;
    for (const registration of this.#registrations) registration.noteConnectionLost(host, port);
  }

  #receive(data: Uint8Array, source: Source): void {
    if (isKeepAlive(data)) return;
    const message = this.#read(data, source);
    if (message === null) return;
    this.#core.log?.noteReceived(message);
    try {
      if (message.isRequest) this.#receiveRequest(message, source);
      else this.#receiveResponse(message, source);
    } catch (error) {
      // A header that nobody had read until now; every other error is a fault of ours and must be seen.
      if (!(error instanceof SipParseError)) throw error;
      this.counters.malformed++;
    }
  }

  #read(data: Uint8Array, source: Source): SipMessage | null {
    let message: SipMessage | null = null;
    try {
      message = indexMessage(data);
      checkMessage(message);
      return message;
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      this.counters.malformed++;
      if (message !== null) this.#answerMalformed(message, source);
      return null;
    }
  }

  /** 400 where the headers that an answer needs can be read; an ACK is never answered (§8.2, §17). */
  #answerMalformed(request: SipMessage, source: Source): void {
    if (!request.isRequest || request.method === 'ACK') return;
    try {
      const topVia = stampVia(request.topVia, source);
      const fields = {
        status: 400,
        toTag: this.#statelessTag,
        topVia,
        headers: this.#core.noContact,
        contentType: '',
        body: '',
      };
      const data = serializeResponse(request, fields);
      this.#core.output.send(data, source.host, this.#core.answerPort(request, source));
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
    }
  }

  #receiveResponse(response: SipMessage, source: Source): void {
    const transaction = response.hasSingleVia ? this.#core.table.matchResponse(response) : null;
    if (transaction === null) {
      this.counters.strayResponses++;
      this.#receiveStray(response, source);
      return;
    }
    this.counters.countResponse(response.cseq.method, response.status);
    if (this.onAddressSeen !== null) this.#noteSeen(response.topVia);
    transaction.receive(response);
  }

  #receiveStray(response: SipMessage, source: Source): void {
    const { status, cseq, topVia, hasSingleVia } = response;
    const isAnswer = status >= 200 && status < 300 && cseq.method === 'INVITE';
    if (isAnswer && hasSingleVia && this.#core.ids.owns(topVia.branch)) this.#lateAnswers.take(response, source);
  }

  #noteSeen(via: Via): void {
    const host = parameterOf(via.params, 'received') || via.host;
    const port = parameterOf(via.params, 'rport') || null;
    this.onAddressSeen?.(host, port === null ? via.port : Number(port));
  }

  #receiveRequest(request: SipMessage, source: Source): void {
    const transaction = this.#core.table.matchRequest(request);
    if (request.method === 'ACK') this.#receiveAck(request, transaction);
    else if (transaction !== null) transaction.receiveRetransmission();
    else if (!this.#core.hasRoomFor(request)) this.counters.overload++;
    else if (request.method === 'CANCEL') this.#receiveCancel(request, source);
    else this.#receiveNew(new Exchange(this.#core, request, source));
  }

  #receiveAck(ack: SipMessage, transaction: unknown): void {
    // An RFC 2543 peer's ACK to a 2xx has the INVITE's key as well, so a transaction in Accepted passes it on.
    if (transaction instanceof InviteServer && transaction.state !== 'accepted') transaction.receiveAck();
    else this.#sessionOf(ack)?.receiveAck(ack);
  }

  /** §9.2: 200 for the CANCEL itself, 487 for its INVITE, 481 when there is none. */
  #receiveCancel(request: SipMessage, source: Source): void {
    const cancelled = this.#core.table.matchCancelled(request);
    const exchange = new Exchange(this.#core, request, source);
    if (cancelled === null) {
      exchange.reply(481);
      return;
    }
    const invite = this.#incoming.get(cancelled);
    exchange.reply(200, invite === undefined ? {} : { toTag: invite.tag });
    invite?.owner?.receiveCancel();
  }

  #receiveNew(exchange: Exchange): void {
    const { request } = exchange;
    if (request.to.tag !== null) {
      const session = this.#sessionOf(request);
      if (session === null) exchange.reply(481);
      else session.receive(exchange);
      return;
    }
    const refusal = this.#inspect(exchange);
    if (refusal !== null) this.#refuse(exchange, refusal);
    else if (request.method === 'OPTIONS') exchange.reply(200, { headers: this.#core.capabilities });
    else if (request.method === 'PUBLISH') this.#receivePublication(exchange);
    else this.#offerCall(exchange);
  }

  #receivePublication(exchange: Exchange): void {
    const status = this.onPublish === null ? 480 : this.onPublish(exchange.request.body);
    exchange.reply(status, status === 200 ? { headers: acceptedHeaders(this.#core.ids.tag()) } : {});
  }

  /** The checks of §8.2.1–8.2.3 in their order; the status to refuse with, or null. */
  #inspect(exchange: Exchange): number | null {
    const { request, transaction } = exchange;
    const { publications } = this.#core;
    // Outside of a call there is none to be transferred.
    if (request.method === 'REFER' && this.#core.takesReferrals) return 603;
    const isPublication = request.method === 'PUBLISH' && publications !== null;
    if (!isPublication && !SERVED_METHODS.has(request.method)) return 405;
    // Without To tag they belong to no dialog.
    if (DIALOG_METHODS.has(request.method)) return 481;
    if (!isSipScheme(request.requestUri)) return 416;
    if (transaction instanceof InviteServer && !this.#core.noteInvite(transaction, request)) return 482;
    if (unsupportedBy(request) !== '') return 420;
    if (request.method === 'INVITE' && intervalRefusal(request, this.#core.sessionTimer) !== null) return 422;
    if (isPublication) return inspectPublication(request, publications);
    const type = request.contentType;
    const isReadable = type === null || type === 'application/sdp' || type.startsWith('multipart/');
    return isReadable || request.body === '' ? null : 415;
  }

  #refuse(exchange: Exchange, status: number): void {
    const { publications } = this.#core;
    if (exchange.request.method === 'PUBLISH' && publications !== null && status !== 420)
      exchange.reply(status, { headers: refusalHeaders(status, publications) });
    else if (status === 405) exchange.reply(405, { headers: this.#core.allow });
    else if (status === 415) exchange.reply(415, { headers: headerBlock([['Accept', 'application/sdp']]) });
    else if (status === 420) {
      exchange.reply(420, { headers: headerBlock([['Unsupported', unsupportedBy(exchange.request)]]) });
    } else if (status === 422) {
      const leastS = intervalRefusal(exchange.request, this.#core.sessionTimer) ?? 0;
      exchange.reply(422, { headers: headerBlock([['Min-SE', String(leastS)]]) });
    } else exchange.reply(status);
  }

  #offerCall(exchange: Exchange): void {
    if (this.onInvite === null) {
      exchange.reply(480);
      return;
    }
    let call: UasCall;
    try {
      call = new UasCall(this.#core, exchange);
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      this.counters.malformed++;
      exchange.reply(400);
      return;
    }
    if (exchange.transaction instanceof InviteServer) this.#incoming.set(exchange.transaction, exchange);
    this.onInvite(call);
  }

  #sessionOf(request: SipMessage): Session | null {
    const session = this.#core.sessions.get(sessionKey(request.to.tag ?? '', request.from.tag ?? ''));
    return session !== undefined && session.dialog.callId === request.callId ? session : null;
  }
}

/** Blank datagrams that peers send to keep a NAT binding open: CRLFs (RFC 5626) or zero bytes. */
function isKeepAlive(data: Uint8Array): boolean {
  if (data.length > 4) return false;
  for (const byte of data) if (byte !== 13 && byte !== 10 && byte !== 0) return false;
  return true;
}

function isSipScheme(uri: string): boolean {
  const scheme = uri.slice(0, 5).toLowerCase();
  return scheme.startsWith('sip:') || scheme === 'sips:';
}
