/** Option tags (RFC 3261 §19.2): the extensions that we speak, and what a message says of them. */
import type { HeaderBlock } from './builder.js';
import { headerBlock } from './builder.js';
import { HeaderId } from './header-name.js';
import type { SipMessage } from './message.js';

/** Reliable provisional responses (RFC 3262), session timers (RFC 4028). */
const SPOKEN: ReadonlySet<string> = new Set(['100rel', 'timer']);

/** What we support, as every message says it that may. */
export const SUPPORTED: HeaderBlock = headerBlock([['Supported', '100rel, timer']]);

/** Whether the sender needs the extension. @param tag in lower case */
export const requires = (message: SipMessage, tag: string): boolean => names(message, HeaderId.require, tag);

/** Whether the sender speaks the extension: what it needs it speaks as well. @param tag in lower case */
export const supports = (message: SipMessage, tag: string): boolean =>
  names(message, HeaderId.supported, tag) || requires(message, tag);

/** The extensions that a request needs and we do not speak, as Unsupported names them; '' for none (RFC 3261 §8.2.2.3). */
export function unsupportedBy(request: SipMessage): string {
  if (request.headerById(HeaderId.require) === null) return '';
  return request
    .headersById(HeaderId.require)
    .filter((tag) => !SPOKEN.has(tag.toLowerCase()))
    .join(', ');
}

function names(message: SipMessage, header: HeaderId, tag: string): boolean {
  if (message.headerById(header) === null) return false;
  return message.headersById(header).some((value) => value.toLowerCase() === tag);
}
