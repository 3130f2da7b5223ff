/**
 * Where a 3xx leads (RFC 3261 §8.1.3.4). Its Contacts are the peer's word: followed is the best one that may be called, by the
 * rules of every destination, and never a name that was not looked up before the run.
 */
import { parameterOf } from '../message/characters.js';
import { HeaderId } from '../message/header-name.js';
import type { SipMessage } from '../message/message.js';
import { SipParseError } from '../message/parse-error.js';
import { type SipUri, parseAddress, parseUri, serializeUri } from '../message/uri.js';
import type { Destination } from '../transaction/invite-client.js';
import { type DestinationRules, destinationOf } from './peer-destination.js';

/** More Contacts than that are not looked at. */
const MAX_CONTACTS = 8;

export interface Redirection {
  readonly target: SipUri;
  readonly hop: Destination;
}

/** What a Contact is held against. */
export interface RedirectionRules extends DestinationRules {
  /** Request-URIs that have been called, so that nobody goes in circles. */
  readonly tried: ReadonlySet<string>;
}

/** The next one to call, or in words why there is none. */
export function redirectionOf(response: SipMessage, rules: RedirectionRules): Redirection | string {
  const contacts = response.headersById(HeaderId.contact).slice(0, MAX_CONTACTS);
  if (contacts.length === 0) return 'redirected without a Contact';
  let refusal = '';
  for (const contact of bestFirst(contacts)) {
    const found = read(contact, rules);
    if (typeof found !== 'string') return found;
    refusal ||= found;
  }
  return refusal;
}

function read(contact: string, rules: RedirectionRules): Redirection | string {
  try {
    const target = { ...parseUri(parseAddress(contact).uri), headers: '' };
    if (rules.tried.has(serializeUri(target))) return 'redirected in a circle';
    const hop = destinationOf(target, rules);
    return typeof hop === 'string' ? `redirected ${hop}` : { target, hop };
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    return 'redirected to a Contact that cannot be read';
  }
}

/** By q (§20.10, default 1), those of the same in the order of the message. */
function bestFirst(contacts: readonly string[]): string[] {
  const weighed = contacts.map((contact) => ({ contact, q: weightOf(contact) }));
  return weighed.toSorted((a, b) => b.q - a.q).map(({ contact }) => contact);
}

function weightOf(contact: string): number {
  const close = contact.lastIndexOf('>');
  const q = Number(parameterOf(contact.slice(close + 1), 'q') ?? '1');
  return q >= 0 && q <= 1 ? q : 0;
}
