/** A dialog (RFC 3261 §12): route set, remote target, CSeq on both sides, and the requests sent in it. */
import { HeaderId } from '../message/header-name.js';
import { type HeaderBlock, NO_HEADERS, type RequestFields, headerBlock, ownText } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { type SipUri, nextHop, parseAddress, parseUri, serializeUri, uriParameter } from '../message/uri.js';

export type DialogState = 'early' | 'confirmed';

/** Our side of a dialog, known before the peer's. */
export interface LocalParty {
  /** Value of our From (UAC) or To (UAS) in requests that we send: address with our tag. */
  readonly address: string;
  readonly tag: string;
  /** CSeq number last used; 0 for none yet. */
  readonly cseq: number;
}

interface DialogParts {
  readonly callId: string;
  readonly local: LocalParty;
  readonly remoteAddress: string;
  readonly remoteTag: string;
  readonly remoteTarget: SipUri;
  readonly remoteCseq: number | null;
  readonly routes: readonly string[];
  readonly state: DialogState;
}

/** Where a request in the dialog goes. */
export interface Route {
  readonly requestUri: string;
  readonly routes: HeaderBlock;
  readonly host: string;
  readonly port: number;
}

export class Dialog {
  readonly callId: string;
  readonly local: LocalParty;
  readonly remoteAddress: string;
  readonly remoteTag: string;
  #state: DialogState;
  #remoteTarget: SipUri;
  #localCseq: number;
  #remoteCseq: number | null;
  #routes: readonly string[];
  #route: Route | null = null;

  private constructor(parts: DialogParts) {
    // Copies: a dialog lasts as long as its call, the message that made it may be 64 KB and must not.
    this.callId = ownText(parts.callId);
    this.local = { ...parts.local, address: ownText(parts.local.address) };
    this.remoteAddress = ownText(parts.remoteAddress);
    this.remoteTag = ownText(parts.remoteTag);
    this.#state = parts.state;
    this.#remoteTarget = ownUri(parts.remoteTarget);
    this.#localCseq = parts.local.cseq;
    this.#remoteCseq = parts.remoteCseq;
    this.#routes = parts.routes.map(ownText);
  }

  /**
   * UAC side (§12.1.2), from a 101–299 to our INVITE. @param target used when the response has no Contact
   * @throws SipParseError for a malformed Contact or Record-Route
   */
  static fromResponse(response: SipMessage, local: LocalParty, target: SipUri): Dialog {
    return new Dialog({
      callId: response.callId,
      local,
      remoteAddress: response.toText,
      remoteTag: response.to.tag ?? '',
      remoteTarget: response.contactUri ?? target,
      remoteCseq: null,
      routes: checkedRoutes(response).toReversed(),
      state: response.status < 200 ? 'early' : 'confirmed',
    });
  }

  /** UAC side, from a 2xx whose Contact or Record-Route is of no use: its requests go to the target without a route set. */
  static towardsTarget(response: SipMessage, local: LocalParty, target: SipUri): Dialog {
    return new Dialog({
      callId: response.callId,
      local,
      remoteAddress: response.toText,
      remoteTag: response.to.tag ?? '',
      remoteTarget: target,
      remoteCseq: null,
      routes: [],
      state: 'confirmed',
    });
  }

  /**
   * UAS side (§12.1.1), from an INVITE; early until `confirm`.
   * @throws SipParseError for a malformed Contact, From or Record-Route
   */
  static fromRequest(request: SipMessage, local: LocalParty): Dialog {
    return new Dialog({
      callId: request.callId,
      local,
      remoteAddress: request.fromText,
      remoteTag: request.from.tag ?? '',
      remoteTarget: request.contactUri ?? parseUri(request.from.uri),
      remoteCseq: request.cseq.number,
      routes: checkedRoutes(request),
      state: 'early',
    });
  }

  get state(): DialogState {
    return this.#state;
  }

  get localCseq(): number {
    return this.#localCseq;
  }

  get remoteTarget(): SipUri {
    return this.#remoteTarget;
  }

  /** Route headers in the order in which they are sent, before the strict-route fix-up. */
  get routeSet(): readonly string[] {
    return this.#routes;
  }

  /** UAS: our 2xx was sent. */
  confirm(): void {
    this.#state = 'confirmed';
  }

  /**
   * UAC: the 2xx to the INVITE confirms an early dialog, and its Record-Route replaces the route set (§13.2.2.4).
   * @throws SipParseError
   */
  confirmBy(response: SipMessage): void {
    this.#routes = checkedRoutes(response).map(ownText).toReversed();
    this.refreshTarget(response);
    this.#state = 'confirmed';
  }

  /** Takes the Contact of a target refresh request or its 2xx as the new remote target (§12.2.1.2, §12.2.2). */
  refreshTarget(message: SipMessage): void {
    const contact = message.contactUri;
    if (contact !== null) this.#remoteTarget = ownUri(contact);
    this.#route = null;
  }

  /** Notes the CSeq of a request of theirs; false when it is out of order and must be answered 500 (§12.2.2). */
  acceptRemoteCseq(cseq: number): boolean {
    if (this.#remoteCseq !== null && cseq < this.#remoteCseq) return false;
    this.#remoteCseq = cseq;
    return true;
  }

  /** Whether a message from the peer belongs here: its tag, and the Call-ID. */
  matches(callId: string, remoteTag: string): boolean {
    return this.remoteTag === remoteTag && this.callId === callId;
  }

  /** Request-URI, Route headers and next hop (§12.2.1.1). */
  get route(): Route {
    return (this.#route ??= computeRoute(this.#remoteTarget, this.#routes));
  }

  /** The fields of our next request; its CSeq is one above the last. */
  nextRequest(method: string, ids: { viaPrefix: string; branch: string }, headers: HeaderBlock): RequestFields {
    this.#localCseq++;
    return this.#request(method, this.#localCseq, ids, headers);
  }

  /** The fields of the ACK to a 2xx: the CSeq number of the INVITE, a branch of its own (§13.2.2.4). */
  ack(inviteCseq: number, ids: { viaPrefix: string; branch: string }, headers: HeaderBlock): RequestFields {
    return this.#request('ACK', inviteCseq, ids, headers);
  }

  #request(
    method: string,
    cseq: number,
    ids: { viaPrefix: string; branch: string },
    headers: HeaderBlock,
  ): RequestFields {
    return {
      method,
      requestUri: this.route.requestUri,
      viaPrefix: ids.viaPrefix,
      branch: ids.branch,
      from: this.local.address,
      to: this.remoteAddress,
      callId: this.callId,
      cseq,
      routes: this.route.routes,
      headers,
      contentType: '',
      body: '',
    };
  }
}

/** Record-Route elements, each of them checked once: afterwards every route can be used without a throw. */
function checkedRoutes(message: SipMessage): string[] {
  const routes = message.headersById(HeaderId.recordRoute);
  for (const route of routes) nextHop(parseUri(parseAddress(route).uri));
  return routes;
}

function ownUri(uri: SipUri): SipUri {
  const { scheme, user, host, port, params, headers } = uri;
  return {
    scheme,
    user: user === null ? null : ownText(user),
    host: ownText(host),
    port,
    params: params === '' ? '' : ownText(params),
    headers: headers === '' ? '' : ownText(headers),
  };
}

function computeRoute(target: SipUri, routes: readonly string[]): Route {
  // Contacts hardly ever have headers, and a copy of the URI costs as much as its text.
  const targetText = serializeUri(target.headers === '' ? target : { ...target, headers: '' });
  const [first, ...others] = routes;
  if (first === undefined) {
    const { host, port } = nextHop(target);
    return { requestUri: targetText, routes: NO_HEADERS, host, port };
  }
  const firstUri = parseUri(parseAddress(first).uri);
  if (uriParameter(firstUri, 'lr') !== null) {
    return { requestUri: targetText, routes: routeHeaders(routes), ...nextHop(firstUri) };
  }
  // A strict router (RFC 2543) wants its own URI as Request-URI and the target at the end of the Route list.
  const requestUri = serializeUri({ ...firstUri, headers: '' });
  return { requestUri, routes: routeHeaders([...others, `<${targetText}>`]), ...nextHop(firstUri) };
}

const routeHeaders = (routes: readonly string[]): HeaderBlock =>
  headerBlock(routes.map((route) => ['Route', route] as const));
