/**
 * A REFER of the far side within a call (RFC 3515): whom it wants us to call, our answer, and the NOTIFYs that tell it what came
 * of it. Replaces (RFC 3891) and Referred-By (RFC 3892) go into the INVITE as they came; URIs of other headers are not taken.
 */
import { type HeaderBlock, NO_HEADERS, headerBlock, joinBlocks, ownText } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { SipParseError } from '../message/parse-error.js';
import { reasonPhrase } from '../message/reason-phrase.js';
import { type SipUri, parseAddress, parseUri, uriParameter } from '../message/uri.js';
import type { Destination } from '../transaction/invite-client.js';
import type { Core } from './core.js';
import { type DialogParts, SentRequest } from './dialog-request.js';
import type { Exchange } from './exchange.js';
import { destinationOf } from './peer-destination.js';

/** The call that is asked for. */
export interface ReferredCall {
  readonly target: SipUri;
  /** Where its INVITE goes, unless there is a proxy. */
  readonly hop: Destination;
  /** The server that carries the call: the proxy, where there is one. */
  readonly server: Destination;
  /** Of its INVITE. */
  readonly headers: HeaderBlock;
}

/** Why nobody is called. */
export interface ReferralFault {
  readonly status: number;
  /** For people; may hold network text. */
  readonly detail: string;
}

/** Of the words of a peer. */
const MAX_TO_CHARACTERS = 120;
const MAX_HEADER_CHARACTERS = 512;
const DECLINE = 603;
/** Of the subscription (RFC 3515 §2.4.4): a call that rings for longer is given up before. */
const EXPIRES_S = 180;
const REPLACES = /^[^\s;,]+(?:\s*;\s*[^\s;,]+)+$/;

export class Referral {
  /** Refer-To as it came, without a password and what is asked for beside the URI, clipped; network text. */
  readonly to: string;
  readonly call: ReferredCall | ReferralFault;
  #isAnswered = false;
  #isOver = false;
  #event: string;

  constructor(
    private readonly core: Core,
    private readonly parts: DialogParts,
    private readonly exchange: Exchange,
  ) {
    const { request } = exchange;
    this.to = shown(referTo(request)[0] ?? '');
    this.call = read(request, core, parts);
    // §2.4.6: several in one dialog are told apart by it.
    this.#event = `refer;id=${request.cseq.number}`;
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** 202, and the first NOTIFY. */
  accept(): void {
    this.#isAnswered = true;
    this.exchange.reply(202, { headers: this.core.withContact });
    this.#notify(100, `active;expires=${EXPIRES_S}`);
  }

  refuse(status: number = DECLINE): void {
    this.#isAnswered = true;
    this.exchange.reply(status);
  }

  /** Tells what has become of the call, and that nothing more is told. @param status final, 200–699 */
  conclude(status: number): void {
    if (!this.#isOver) this.#notify(status, 'terminated;reason=noresource');
    this.#isOver = true;
  }

  /** Also once the call is over: the subscription is a use of the dialog of its own (RFC 5057 §4). */
  #notify(status: number, state: string): void {
    const headers = headerBlock([
      ['Event', this.#event],
      ['Subscription-State', state],
    ]);
    const text = {
      method: 'NOTIFY',
      headers: joinBlocks(this.core.withContact, headers),
      contentType: 'message/sipfrag;version=2.0',
      body: `SIP/2.0 ${status} ${reasonPhrase(status)}\r\n`,
    };
    const sent = new SentRequest(this.core, this.parts, text, ({ response }) => {
      // RFC 6665 §4.2.2: whoever does not know the subscription is told nothing more.
      if (response?.status === 481) this.#isOver = true;
    });
    sent.start();
  }
}

const shown = (to: string): string =>
  ownText(
    to
      .replace(/\?[^>]*/, '')
      .replace(/(sips?:[^:@<>]*):[^@<>]*@/i, '$1@')
      .slice(0, MAX_TO_CHARACTERS),
  );

const referTo = (request: SipMessage): string[] => [...request.headers('Refer-To'), ...request.headers('r')];

function read(request: SipMessage, core: Core, { peer }: DialogParts): ReferredCall | ReferralFault {
  const [to, ...others] = referTo(request);
  if (to === undefined || others.length > 0) return { status: 400, detail: 'not exactly one Refer-To' };
  try {
    const { target, replaces } = readTarget(parseUri(ownText(parseAddress(to).uri)));
    const { mayReach, transport } = core;
    const hop = destinationOf(target, { protocol: transport.protocol, mayReach, peer });
    if (typeof hop === 'string') return { status: DECLINE, detail: `sent ${hop}` };
    return { target, hop, server: peer.address, headers: joinBlocks(replaces, referredBy(request)) };
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    return { status: 400, detail: `Refer-To that cannot be followed: ${error.message}`.slice(0, MAX_TO_CHARACTERS) };
  }
}

/** @throws SipParseError for what cannot be asked of an INVITE of ours */
function readTarget(uri: SipUri): { readonly target: SipUri; readonly replaces: HeaderBlock } {
  const method = uriParameter(uri, 'method')?.toUpperCase() ?? 'INVITE';
  if (method !== 'INVITE') throw new SipParseError('bad-uri', 'expected an INVITE to be asked for');
  const params = uri.params.replaceAll(/;method=[^;]*/gi, '');
  return { target: { ...uri, params, headers: '' }, replaces: replacesOf(uri.headers) };
}

/** The Replaces header of a URI (RFC 3891 §6.1); any other is a wish that strangers may not have. */
function replacesOf(headers: string): HeaderBlock {
  let value = '';
  for (const pair of headers.slice(1).split('&').filter(Boolean)) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0)).toLowerCase();
    const text = unescaped(pair.slice(equals + 1));
    if (name === 'replaces' && value === '') value = text;
    else if (name !== 'require' || text !== 'replaces')
      throw new SipParseError('bad-uri', `expected no header but Replaces in it, found ${name.slice(0, 20)}`);
  }
  if (value === '') return NO_HEADERS;
  if (value.length > MAX_HEADER_CHARACTERS || !REPLACES.test(value) || /[^\x21-\x7e\s]/.test(value))
    throw new SipParseError('bad-uri', 'expected a Call-ID with its tags in Replaces');
  return headerBlock([
    ['Replaces', value],
    ['Require', 'replaces'],
  ]);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SipParseError('bad-uri', 'expected an escaped header in it');
  }
}

/** Copied (RFC 3892 §3), where it is of a length that people write. */
function referredBy(request: SipMessage): HeaderBlock {
  const [by, ...others] = [...request.headers('Referred-By'), ...request.headers('b')];
  const isPlain = by !== undefined && others.length === 0 && by.length <= MAX_HEADER_CHARACTERS;
  return isPlain ? headerBlock([['Referred-By', ownText(by)]]) : NO_HEADERS;
}
