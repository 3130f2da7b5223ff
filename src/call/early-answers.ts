/**
 * SDP that comes before the final response (183, or 180 with a body): what the target plays while it rings, and the answer
 * of a 2xx that has none of its own (RFC 3261 §13.2.1). By To tag, since a forked INVITE rings in several places.
 */
import type { SipMessage } from '../sip/message/message.js';

/** Of one call: each keeps its message. */
const MAX_EARLY_ANSWERS = 8;

export class EarlyAnswers {
  /** Whether any SDP came before the final response, usable or not. */
  came = false;
  private byTag: Map<string, string> | null = null;

  /** Takes a provisional response. */
  hear(response: SipMessage): void {
    const { body } = response;
    if (body !== '' && response.contentType === 'application/sdp') {
      this.came = true;
      this.keep(response.to.tag ?? '', body);
    }
  }

  /** The SDP that counts as the answer of a 2xx. */
  answerOf(success: SipMessage): string {
    return success.body === '' ? (this.byTag?.get(success.to.tag ?? '') ?? '') : success.body;
  }

  /** The call goes on or is over: lets the messages go. */
  forget(): void {
    this.byTag = null;
  }

  private keep(tag: string, sdp: string): void {
    this.byTag ??= new Map();
    if (this.byTag.size < MAX_EARLY_ANSWERS || this.byTag.has(tag)) {
      this.byTag.set(tag, sdp);
    }
  }
}
