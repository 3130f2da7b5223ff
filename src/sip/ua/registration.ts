/**
 * The binding of one user at its registrar (RFC 3261 §10.2): registers, refreshes before it runs out, tries again when the
 * registrar is away, and removes the binding at the end. One Call-ID, one more in CSeq each time (§10.2.4).
 */
import { Authorizer, type Credentials, isChallenge } from '../auth/authorizer.js';
import {
  type HeaderBlock,
  type RequestFields,
  NO_HEADERS,
  headerBlock,
  joinBlocks,
  ownText,
} from '../message/builder.js';
import { parameterOf, parseDigits, splitList } from '../message/characters.js';
import { HeaderId } from '../message/header-name.js';
import type { SipMessage } from '../message/message.js';
import { SipParseError } from '../message/parse-error.js';
import { type SipUri, createUri, formatAddress, nextHop, parseAddress, serializeUri } from '../message/uri.js';
import type { Client, ClientUser } from '../transaction/client.js';
import type { Destination } from '../transaction/invite-client.js';
import type { TimerHandle } from '../transaction/timers.js';
import type { TransportFailure } from '../transport/transport.js';
import type { Core } from './core.js';
import { refusalDetail } from './refusal.js';

export interface RegistrationRequest {
  /** The domain that is registered at; a user part is left out of the Request-URI (§10.2). */
  readonly registrar: SipUri;
  /** User of the address-of-record and of the Contact; plain text. */
  readonly user: string;
  readonly credentials: Credentials | null;
  /** Where the REGISTER goes instead of the registrar's host. */
  readonly nextHop?: Destination;
  /** Route headers: an outbound proxy. */
  readonly routes?: HeaderBlock;
  /** Asked for, s. */
  readonly expiresSeconds: number;
}

export interface RegistrationFailure {
  /** Null: no response came. */
  readonly status: number | null;
  readonly cause: 'response' | 'timeout' | TransportFailure['cause'];
  readonly detail: string;
  /** Null: it is given up, since asking again would only be refused again, or lock the account. */
  readonly retryInMs: number | null;
}

export interface RegistrationListener {
  /** A REGISTER goes out that is no answer to a challenge: the attempt begins. */
  onAttempt(kind: RegistrationKind): void;
  /** A REGISTER goes out, whether as an attempt of its own or as the answer to a challenge. */
  onRequest?(): void;
  /** The attempt came to a 2xx. @param expiresSeconds as granted; 0 when the binding was removed */
  onSuccess(kind: RegistrationKind, expiresSeconds: number): void;
  onFailure(kind: RegistrationKind, failure: RegistrationFailure): void;
  /**
   * The connection over which the binding was made is gone, and with it the way to us that its Contact names. Nothing is done
   * of its own accord before the next refresh: whoever has many users makes them anew (`refresh`) at a rate of its own.
   */
  onUnreached?(): void;
}

/** The first binding (or the first after it was lost), its refresh, its end. */
export type RegistrationKind = 'register' | 'refresh' | 'remove';

/** Waits after failures in a row, ms; the last one stays. */
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000] as const;
/** A refresh is due so long before the end, or at half time where that is less: two retries still fit in. */
const REFRESH_AHEAD_MS = 10_000;
/** 423 raises what we ask for, but not beyond a day: what the peer says is no limit of ours. */
const LONGEST_SECONDS = 86_400;
/** Bindings in an answer that are looked at: those of others may be many. */
const MAX_CONTACTS = 20;
/** Of a service route: it goes into every request of the user. */
const MAX_ROUTES = 8;
const MAX_ROUTE_CHARACTERS = 1_024;

export class Registration implements ClientUser {
  #authorizer: Authorizer;
  #callId: string;
  #tag: string;
  #hop: Destination;
  #contactUri: string;
  #cseq = 0;
  #expiresSeconds: number;
  #kind: RegistrationKind = 'register';
  #failures = 0;
  #raised = false;
  /** The Contact that the registrar has of us, as far as we know; null: none. */
  #boundUri: string | null = null;
  #isConnecting = false;
  /** The last attempt was made because the Contact had changed under the one before it. */
  #isMoving = false;
  #serviceRoutes: HeaderBlock = NO_HEADERS;
  /** What was accepted once is refused only for a while: a registrar that restarts does not know its users at first. */
  #wasBound = false;
  #isStopping = false;
  #timer: TimerHandle | null = null;
  #transaction: Client | null = null;

  /** Sends the first REGISTER. @throws SipParseError for a registrar whose maddr is empty */
  constructor(
    private readonly core: Core,
    private readonly request: RegistrationRequest,
    private readonly listener: RegistrationListener,
  ) {
    this.#authorizer = new Authorizer(request.credentials, core.ids);
    this.#callId = core.ids.callId();
    this.#tag = core.ids.tag();
    this.#hop = request.nextHop ?? nextHop(request.registrar);
    this.#contactUri = this.#contactNow();
    this.#expiresSeconds = request.expiresSeconds;
    this.#attempt('register');
  }

  /** The registrar knows us, as far as we know. */
  get isBound(): boolean {
    return this.#boundUri !== null;
  }

  /** Route headers for what the user sends from now on (RFC 3608 §5): those of the last accepted REGISTER. */
  get serviceRoutes(): HeaderBlock {
    return this.#serviceRoutes;
  }

  /** A REGISTER of its has no final answer yet, or waits for its connection. */
  get isUnderWay(): boolean {
    const state = this.#transaction?.state;
    return this.#isConnecting || state === 'trying' || state === 'proceeding';
  }

  /** Refreshes before its time: the registrar seems to have lost the binding. Nothing where none is thought to be, or one is under way. */
  refresh(): void {
    if (this.#isStopping || this.isUnderWay || !this.isBound) return;
    this.#clearTimer();
    this.#attempt('refresh');
  }

  /** A connection of ours is gone: perhaps the one over which we are registered. */
  noteConnectionLost(host: string, port: number): void {
    const isOurs = host === this.#hop.host && port === this.#hop.port;
    if (isOurs && this.isBound && !this.#isStopping && !this.isUnderWay) this.listener.onUnreached?.();
  }

  /** Removes the binding (§10.2.2), once; where there is none and none is under way there is nothing to remove. */
  remove(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#clearTimer();
    // One under way is heard to its end first: two REGISTERs at a time of one Call-ID are forbidden (§10.2).
    if (this.isBound && !this.isUnderWay) this.#attempt('remove');
  }

  /** Ends it without a word: no timer, no message, no event comes after it. */
  abandon(): void {
    this.#isStopping = true;
    this.#isConnecting = false;
    this.#clearTimer();
    this.#transaction?.abandon();
    this.#transaction = null;
  }

  #attempt(kind: RegistrationKind): void {
    const { transport } = this.core;
    const { host, port } = this.#hop;
    this.#kind = kind;
    this.#raised = false;
    this.listener.onAttempt(kind);
    if (transport.connect === undefined || transport.hasConnection(host, port)) {
      this.#send();
      return;
    }
    // Where the Contact names our end of the connection, that is known once it is there.
    this.#isConnecting = true;
    void transport.connect(host, port).then((failure) => this.#connected(failure));
  }

  #connected(failure: TransportFailure | null): void {
    if (!this.#isConnecting) return; // abandoned
    this.#isConnecting = false;
    if (failure !== null) this.#fail({ status: null, cause: 'transport-error', detail: failure.detail }, true);
    else if (!this.#isStopping || this.#kind === 'remove') this.#send();
    else if (this.isBound) this.#attempt('remove');
  }

  #contactNow(): string {
    return serializeUri(this.core.contactOf(this.request.user));
  }

  #send(): void {
    const { core } = this;
    // Another address may have been learned, or another connection opened, since the last binding was made.
    if (this.#kind !== 'remove') this.#contactUri = this.#contactNow();
    this.listener.onRequest?.();
    this.#transaction = core.startClient(this.#fields(), this.#hop, this);
  }

  #fields(): RequestFields {
    const { core, request } = this;
    const { user, registrar } = request;
    const requestUri = serializeUri({ ...registrar, user: null, headers: '' });
    const address = serializeUri({ ...createUri({ user, host: registrar.host }), scheme: registrar.scheme });
    const expires = this.#kind === 'remove' ? 0 : this.#expiresSeconds;
    const binding = headerBlock([
      ['Contact', `<${this.#contactUri}>;expires=${expires}`],
      ...this.#staleContact,
      ['Expires', `${expires}`],
      ['Supported', 'path'],
    ]);
    const authorization: HeaderBlock = this.#authorizer.headersFor('REGISTER', requestUri);
    return {
      method: 'REGISTER',
      requestUri,
      viaPrefix: core.viaPrefix,
      branch: core.ids.branch(),
      from: formatAddress(address, null, this.#tag),
      to: `<${address}>`,
      callId: this.#callId,
      cseq: ++this.#cseq,
      routes: request.routes ?? NO_HEADERS,
      headers: joinBlocks(authorization, joinBlocks(binding, core.noContact)),
      contentType: '',
      body: '',
    };
  }

  /** Removes what leads nowhere any more: the registrar would ring it beside the one that is made. */
  get #staleContact(): (readonly [string, string])[] {
    const stale = this.#boundUri;
    return stale === null || stale === this.#contactUri ? [] : [['Contact', `<${stale}>;expires=0`]];
  }

  onFinal(response: SipMessage): void {
    const { status } = response;
    this.#transaction = null;
    if (status < 300) this.#succeed(response);
    else if (isChallenge(status)) this.#answer(response);
    else if (status === 423 && this.#raise(response)) this.#send();
    else this.#fail({ status, cause: 'response', detail: refusalDetail(response) }, isPassing(status));
  }

  onTimeout(): void {
    this.#transaction = null;
    this.#fail({ status: null, cause: 'timeout', detail: 'no response to REGISTER for 64·T1' }, true);
  }

  onTransportError({ cause, detail }: TransportFailure): void {
    this.#transaction = null;
    this.#fail({ status: null, cause, detail }, true);
  }

  #succeed(response: SipMessage): void {
    const kind = this.#kind;
    this.#authorizer.confirm();
    this.#failures = 0;
    const grantedSeconds = kind === 'remove' ? 0 : grantedOf(response, this.#contactUri, this.#expiresSeconds);
    this.#boundUri = grantedSeconds > 0 ? this.#contactUri : null;
    this.#wasBound ||= this.isBound;
    if (kind !== 'remove' && grantedSeconds === 0) {
      this.#fail({ status: response.status, cause: 'response', detail: 'the 2xx grants no time (expires=0)' }, true);
      return;
    }
    this.#serviceRoutes = serviceRoutesOf(response);
    this.listener.onSuccess(kind, grantedSeconds);
    if (kind === 'remove') return;
    if (this.#isStopping) this.#attempt('remove');
    else if (this.#hasMoved()) this.#attempt('refresh');
    else this.#after(refreshDelayMs(grantedSeconds));
  }

  /** This answer has taught us another address than the one that is bound. Once: one that changes with each answer is none to follow. */
  #hasMoved(): boolean {
    this.#isMoving = !this.#isMoving && this.#contactNow() !== this.#contactUri;
    return this.#isMoving;
  }

  #answer(response: SipMessage): void {
    const why = this.#authorizer.accept(response);
    if (why === null) this.#send();
    else this.#fail({ status: response.status, cause: 'response', detail: refusalDetail(response, why) }, false);
  }

  /** §10.2.8: asks for what the registrar wants at least, once an attempt; false when it names nothing usable. */
  #raise(response: SipMessage): boolean {
    const text = response.header('Min-Expires') ?? '';
    const seconds = parseDigits(text, 0, text.length);
    if (this.#raised || seconds <= this.#expiresSeconds || seconds > LONGEST_SECONDS) return false;
    this.#raised = true;
    this.#expiresSeconds = seconds;
    return true;
  }

  #fail(failure: Omit<RegistrationFailure, 'retryInMs'>, isWorthRetry: boolean): void {
    const kind = this.#kind;
    const isTriedAgain = (isWorthRetry || this.#wasBound) && !this.#isStopping;
    const retryInMs = isTriedAgain ? (RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] ?? null) : null;
    this.#failures++;
    // A registrar that says nothing to a refresh still has the binding until it runs out.
    if (kind !== 'refresh' || failure.cause === 'response') this.#boundUri = null;
    this.listener.onFailure(kind, { ...failure, retryInMs });
    // The listener may have ended it.
    if (retryInMs !== null && !this.#isStopping) this.#after(retryInMs);
  }

  #after(delayMs: number): void {
    this.#clearTimer();
    this.#timer = this.core.timers.schedule(delayMs, onTimer, this);
  }

  again(): void {
    this.#timer = null;
    this.#attempt(this.isBound ? 'refresh' : 'register');
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.core.timers.cancel(this.#timer);
    this.#timer = null;
  }
}

const onTimer = (registration: Registration): void => registration.again();

/** Whether the same request may be answered otherwise later: what is refused for good would only be refused again. */
const isPassing = (status: number): boolean => status >= 500 || status === 408 || status === 423 || status === 480;

function refreshDelayMs(grantedSeconds: number): number {
  const grantedMs = grantedSeconds * 1000;
  return Math.max(grantedMs / 2, grantedMs - REFRESH_AHEAD_MS);
}

/**
 * §10.2.4: `expires` of our Contact in the answer, else its Expires header, else what was asked for. A registrar that lists
 * its bindings and not ours has not made it: 0.
 */
function grantedOf(response: SipMessage, contactUri: string, askedSeconds: number): number {
  const contacts = response.headersById(HeaderId.contact).slice(0, MAX_CONTACTS);
  const ours = contacts.map(readContact).find((contact) => contact?.uri.toLowerCase() === contactUri.toLowerCase());
  const header = response.header('Expires');
  const text = ours?.expires ?? header;
  const seconds = text === null ? -1 : parseDigits(text, 0, text.length);
  return Math.min(seconds < 0 ? askedSeconds : seconds, LONGEST_SECONDS);
}

/** None where one of them cannot be read, or there are too many: half a route leads elsewhere. */
function serviceRoutesOf(response: SipMessage): HeaderBlock {
  const routes = response.headers('Service-Route').flatMap(splitList);
  const characters = routes.reduce((sum, route) => sum + route.length, 0);
  if (routes.length > MAX_ROUTES || characters > MAX_ROUTE_CHARACTERS || !routes.every(isAddress)) return NO_HEADERS;
  return headerBlock(routes.map((route) => ['Route', ownText(route)]));
}

const isAddress = (text: string): boolean => text.startsWith('<') && readContact(text) !== null;

function readContact(text: string): { readonly uri: string; readonly expires: string | null } | null {
  try {
    const { uri, params } = parseAddress(text);
    return { uri, expires: parameterOf(params, 'expires') };
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    return null; // a binding of somebody else; ours is as we wrote it
  }
}
