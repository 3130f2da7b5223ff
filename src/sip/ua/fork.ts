/** What a 2xx to our INVITE leads to: a dialog, and where its requests go (RFC 3261 §12.1.2, §13.2.2.4). */
import { Dialog, type LocalParty } from '../dialog/dialog.js';
import type { SipMessage } from '../message/message.js';
import { SipParseError } from '../message/parse-error.js';
import type { SipUri } from '../message/uri.js';
import type { Destination } from '../transaction/invite-client.js';
import type { Core } from './core.js';
import type { Peer } from './next-hop.js';

/** The dialog of a 2xx, and why the call cannot go on in it; null: it can. */
export interface Fork {
  readonly dialog: Dialog;
  readonly hop: Destination;
  readonly fault: string | null;
}

/** Our side of the INVITE that was answered. */
export interface Caller {
  readonly local: LocalParty;
  readonly target: SipUri;
  readonly peer: Peer;
}

/** A 2xx that leads nowhere has still put a call up: its ACK and BYE go to the target, best effort. */
export function forkOf(core: Core, response: SipMessage, { local, target, peer }: Caller): Fork {
  try {
    const dialog = Dialog.fromResponse(response, local, target);
    const hop = core.hopOf(dialog, peer);
    return { dialog, hop: hop ?? peer.address, fault: hop === null ? unreachable(dialog) : null };
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    core.counters.malformed++;
    return { dialog: Dialog.towardsTarget(response, local, target), hop: peer.address, fault: error.message };
  }
}

/** The same for a 2xx in an early dialog of ours: it goes on, confirmed. */
export function confirmedFork(core: Core, response: SipMessage, dialog: Dialog, peer: Peer): Fork {
  let fault: string | null = null;
  try {
    dialog.confirmBy(response);
    const hop = core.hopOf(dialog, peer);
    if (hop !== null) return { dialog, hop, fault: null };
    fault = unreachable(dialog);
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    core.counters.malformed++;
    fault = error.message;
  }
  return { dialog, hop: peer.address, fault };
}

const unreachable = ({ route, routeSet }: Dialog): string =>
  `${routeSet.length === 0 ? 'Contact' : 'Record-Route'} ${route.host} may not be reached`;
