/**
 * A 2xx to an INVITE of ours whose call is over (RFC 3261 §13.2.2.4): a copy whose ACK was lost, or a branch of a fork that nobody
 * called off. It is acknowledged and hung up from what it says itself, so that nothing has to be kept of thousands of calls for the
 * 32 s in which one could come; to a dialog that is over already the BYE is one too many, and answered 481.
 */
import { NO_HEADERS } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { parseUri } from '../message/uri.js';
import type { Source } from '../message/via.js';
import type { Core } from './core.js';
import { forkOf } from './fork.js';
import { Session, type SessionUser, sessionKey } from './session.js';

/** BYEs of this kind that wait for their answers: a peer that sends 2xx without end gets no more of them. */
const MOST_AT_ONCE = 100;

export class LateAnswers implements SessionUser {
  #waiting = 0;

  constructor(private readonly core: Core) {}

  /** @throws SipParseError for a To or From that cannot be read */
  take(response: SipMessage, source: Source): void {
    const { core } = this;
    const { from, to, cseq } = response;
    const [tag, remoteTag] = [from.tag ?? '', to.tag ?? ''];
    if (this.#waiting >= MOST_AT_ONCE) {
      core.counters.droppedForks++;
      return;
    }
    const local = { address: response.fromText, tag, cseq: cseq.number };
    const peer = { named: source, address: source, isConnection: core.isWebSocket };
    const { dialog, hop } = forkOf(core, response, { local, target: parseUri(to.uri), peer });
    const ids = { viaPrefix: core.viaPrefix, branch: core.ids.branch() };
    core.sendAck(dialog.ack(cseq.number, ids, NO_HEADERS), hop);
    if (core.sessions.has(sessionKey(tag, remoteTag))) return; // its BYE is under way
    this.#waiting++;
    new Session(core, { dialog, peer, authorizer: null, isCaller: true, timer: null }, this).bye();
  }

  onClosed(): void {}

  onAck(): void {}

  midCallListener(): null {
    return null;
  }

  onPrack(): boolean {
    return false;
  }

  onEnded(): void {
    this.#waiting--;
  }
}
