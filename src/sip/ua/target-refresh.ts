/** The Contact of a target refresh request or its 2xx (RFC 3261 §12.2.1.2, §12.2.2): the peer's word, used only where it can be. */
import type { Dialog } from '../dialog/dialog.js';
import type { SipMessage } from '../message/message.js';
import { SipParseError } from '../message/parse-error.js';
import { nextHop } from '../message/uri.js';

/** Whether its Contact, if there is one, can be sent to. */
export function hasUsableContact(message: SipMessage): boolean {
  try {
    const contact = message.contactUri;
    if (contact !== null) nextHop(contact);
    return true;
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    return false;
  }
}

/** Requests of the dialog go to its Contact from now on; where that cannot be used they go on as before. */
export function refreshTarget(dialog: Dialog, message: SipMessage): void {
  if (hasUsableContact(message)) dialog.refreshTarget(message);
}
