/**
 * What an INVITE of ours says and where it goes, and how that changes from one try to the next: credentials (RFC 3261 §22), a
 * longer session interval (RFC 4028 §7.3), another server (RFC 3263 §4.3), another target (RFC 3261 §8.1.3.4).
 */
import { Authorizer, type Credentials, isChallenge } from '../auth/authorizer.js';
import { type HeaderBlock, type RequestFields, NO_HEADERS, joinBlocks, toWire } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { MOST_INTERVAL_S, minSeOf } from '../message/session-expires.js';
import { type SipUri, nextHop, serializeUri } from '../message/uri.js';
import type { Destination } from '../transaction/invite-client.js';
import type { Core } from './core.js';
import { extensionHeaders } from './invite-headers.js';
import type { Peer } from './next-hop.js';
import { redirectionOf } from './redirection.js';

export interface InviteRequest {
  readonly target: SipUri;
  /** Plain text; default the user agent's own. */
  readonly fromUser?: string | undefined;
  /** Host of From; default our own. */
  readonly fromHost?: string | undefined;
  /** Name of the caller in From: latin1 text. */
  readonly displayName?: string | undefined;
  /** Beside those that every INVITE of ours has. */
  readonly headers?: HeaderBlock | undefined;
  /** Our offer; '' leaves it to the far side, whose offer our ACK or PRACK answers. */
  readonly sdp: string;
  readonly callId?: string;
  /** Call-ID of the call that this one is a part of: their messages are kept together. */
  readonly partOf?: string;
  /** Where the INVITE goes instead of the target's host, and whatever in the dialog is for that host; the Request-URI stays. */
  readonly nextHop?: Destination;
  /** Tried in this order where the one before gives no answer, no connection or a 503 (RFC 3263 §4.3). */
  readonly otherHops?: readonly Destination[] | undefined;
  /** Told of each that failed so. */
  readonly onHopFailed?: ((hop: Destination) => void) | undefined;
  /** Route headers: an outbound proxy, or what the registrar gave (RFC 3608). */
  readonly routes?: HeaderBlock | undefined;
  /** For 401 and 407; null: such an answer is a refusal. */
  readonly credentials?: Credentials | null;
  /** So many 3xx are followed, one after another. Default 0: the first one is a refusal. */
  readonly followRedirects?: number;
}

/** 422s to one INVITE: each raises the interval to what it asks for. */
const MAX_INTERVAL_RAISES = 3;

export class InviteTerms {
  readonly tag: string;
  readonly authorizer: Authorizer;
  /** Request-URI. */
  target: SipUri;
  peer: Peer;
  /** Of the last INVITE; its ACK has the same (§22.1). */
  authorization: HeaderBlock = NO_HEADERS;
  #extensions: HeaderBlock;
  #intervalRaises = 0;
  /** Of `otherHops`. */
  #hopsTried = 0;
  /** Request-URIs so far; null: it was never redirected. */
  #tried: Set<string> | null = null;

  /** @throws SipParseError for a target whose maddr is empty */
  constructor(
    private readonly core: Core,
    private request: InviteRequest,
    private readonly callId: string,
  ) {
    const named = nextHop(request.target);
    this.tag = core.ids.tag();
    this.target = request.target;
    this.peer = { named, address: request.nextHop ?? named, isConnection: core.isWebSocket };
    this.authorizer = new Authorizer(request.credentials ?? null, core.ids);
    this.#extensions = extensionHeaders(core.reliableProvisional, core.sessionTimer);
  }

  fields(cseq: number): RequestFields {
    const { core, request } = this;
    const { fromUser, fromHost, displayName, headers = NO_HEADERS, routes = NO_HEADERS } = request;
    const requestUri = serializeUri(this.target);
    return {
      method: 'INVITE',
      requestUri,
      viaPrefix: core.viaPrefix,
      branch: core.ids.branch(),
      from: core.fromAddress(this.tag, { user: fromUser, displayName, host: fromHost }),
      // §8.1.3.4: a redirection changes the Request-URI alone.
      to: this.#tried === null ? `<${requestUri}>` : `<${serializeUri(request.target)}>`,
      callId: this.callId,
      cseq,
      routes,
      headers: joinBlocks(this.authorization, joinBlocks(core.withContact, joinBlocks(this.#extensions, headers))),
      contentType: 'application/sdp',
      body: toWire(request.sdp),
    };
  }

  /** The call is up: what only the INVITE needs is let go. */
  forget(): void {
    this.request = { target: this.request.target, sdp: '' };
  }

  /** The next of the other servers; false: there is none left. */
  takeNextHop(): boolean {
    // They are servers of the first target, and know nothing of where it redirected us to.
    const isRedirected = this.target !== this.request.target;
    const next = isRedirected ? undefined : this.request.otherHops?.[this.#hopsTried];
    if (next === undefined) return false;
    this.#hopsTried++;
    this.peer = { ...this.peer, address: next };
    return true;
  }

  /**
   * Takes what a refusal asks for. Null: the INVITE may be sent again; else in words why not, '' for none.
   * @param isWanted the call has not been given up
   */
  mend(response: SipMessage, isWanted: boolean): string | null {
    const why = this.#take(response, isWanted);
    if (why === null)
      this.authorization = this.authorizer.headersFor('INVITE', serializeUri(this.target), toWire(this.request.sdp));
    return why;
  }

  #take(response: SipMessage, isWanted: boolean): string | null {
    const { status } = response;
    if (isChallenge(status)) return this.authorizer.accept(response);
    if (!isWanted) return '';
    if (status === 422) return this.#raiseInterval(response);
    return status >= 300 && status < 400 ? this.#redirect(response) : '';
  }

  #raiseInterval(response: SipMessage): string | null {
    const { sessionTimer, reliableProvisional } = this.core;
    const leastS = minSeOf(response) ?? 0;
    if (sessionTimer === null || leastS === 0 || leastS > MOST_INTERVAL_S) return '';
    if (++this.#intervalRaises > MAX_INTERVAL_RAISES) return 'the target asks for ever longer session intervals';
    const expiresS = Math.max(sessionTimer.expiresS, leastS);
    this.#extensions = extensionHeaders(reliableProvisional, { ...sessionTimer, expiresS, minSeS: leastS });
    return null;
  }

  #redirect(response: SipMessage): string | null {
    const { followRedirects = 0, target, routes = NO_HEADERS } = this.request;
    this.#tried ??= new Set([serializeUri(target)]);
    if (this.#tried.size > followRedirects) return '';
    const { mayReach, transport } = this.core;
    const rules = { protocol: transport.protocol, mayReach, peer: this.peer, tried: this.#tried };
    const found = redirectionOf(response, rules);
    if (typeof found === 'string') return found;
    this.#tried.add(serializeUri(found.target));
    this.target = found.target;
    this.authorizer.redirect(!this.#isOwn(nextHop(found.target).host));
    // What goes to a proxy goes there still: the Request-URI tells it where to.
    if (routes === NO_HEADERS) this.peer = { ...this.peer, named: nextHop(found.target), address: found.hop };
    return null;
  }

  /** A host of whom we were told to call: by its name, or one of its servers. */
  #isOwn(host: string): boolean {
    const { target, nextHop: first, otherHops = [] } = this.request;
    const own = [
      nextHop(target).host,
      ...(first === undefined ? [] : [first.host]),
      ...otherHops.map((hop) => hop.host),
    ];
    return own.some((one) => one.toLowerCase() === host.toLowerCase());
  }
}
