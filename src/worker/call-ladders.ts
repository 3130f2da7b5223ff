/**
 * The SIP ladders of a worker's calls, made when somebody needs them: of a failed call with its record, while there are few;
 * of any other that ended a moment ago when main asks, because its audio turned out badly. Text leaves here without secrets.
 */
import { causeKey, hasFailed, type CallRecord } from '../call/outcome.js';
import { NS_PER_MS, NS_PER_SECOND } from '../lib/clock.js';
import { maskSecrets } from '../sip/message/masking.js';
import { type CallMessages, type LoggedMessage, MessageLog } from '../sip/ua/message-log.js';
import {
  LADDERS_PER_CAUSE,
  LADDERS_PER_RUN,
  type CallLadder,
  type LadderMessage,
  type LadderPart,
} from './messages.js';

/** A call's totals, and those of the far end, are known within ten seconds of its end. */
const KEPT_NS = 20 * NS_PER_SECOND;
/** Of one message. A long one keeps its head first, and this much of its body. */
const MESSAGE_BYTES = 4096;
const BODY_BYTES = 1024;
/** What goes up at the end of a run, when there is no time left to ask. */
const LAST_BYTES = 8 * 1024 * 1024;

export class CallLadders {
  readonly log: MessageLog;
  private readonly byCause = new Map<string, number>();
  private sent = 0;

  constructor(private readonly now: () => number) {
    this.log = new MessageLog({ now });
  }

  /** A call has ended well, and without audio there is nothing in which it could have turned out badly. */
  settle({ callId, succeeded, hasMedia }: CallRecord): void {
    if (succeeded && !hasMedia) {
      this.log.drop(callId);
    }
  }

  /** Calls have ended: gives the ladders of those that failed, as far as there is room for them. */
  end(records: readonly CallRecord[]): CallLadder[] {
    const ladders: CallLadder[] = [];
    for (const record of records) {
      this.log.close(record.callId);
      if (hasFailed(record) && this.takesOf(record)) {
        ladders.push(...this.read([record.callId]));
      }
    }
    this.log.forgetEnded(this.now() - KEPT_NS);
    return ladders;
  }

  /** Those that are still known. */
  read(callIds: readonly string[]): CallLadder[] {
    return callIds.flatMap((callId) => {
      const kept = this.log.read(callId);
      const startNs = kept?.messages[0]?.atNs;
      if (kept === null || startNs === undefined) {
        return [];
      }
      const called = this.log.readOtherEnd(callId);
      return [
        {
          callId,
          startedAtNs: startNs,
          ...ladderPart(kept, startNs),
          called: called === null ? null : ladderPart(called, startNs),
        },
      ];
    });
  }

  /** Of the calls that ended last. */
  last(): CallLadder[] {
    const ladders: CallLadder[] = [];
    let bytes = 0;
    for (const callId of this.log.endedCalls()) {
      for (const ladder of this.read([callId])) {
        bytes += bytesOf(ladder) + (ladder.called === null ? 0 : bytesOf(ladder.called));
        if (bytes > LAST_BYTES) {
          return ladders;
        }
        ladders.push(ladder);
      }
    }
    return ladders;
  }

  private takesOf(record: CallRecord): boolean {
    const cause = causeKey(record);
    const count = this.byCause.get(cause) ?? 0;
    if (this.sent >= LADDERS_PER_RUN || count >= LADDERS_PER_CAUSE) {
      return false;
    }
    this.byCause.set(cause, count + 1);
    this.sent++;
    return true;
  }
}

const bytesOf = ({ messages }: LadderPart): number => messages.reduce((sum, { text }) => sum + text.length, 0);

function ladderPart({ messages, omitted, firstKept }: CallMessages, startNs: number): LadderPart {
  return { messages: messages.map((message) => ladderMessage(message, startNs)), omitted, firstKept };
}

function ladderMessage({ atNs, isSent, text, byteLength }: LoggedMessage, startNs: number): LadderMessage {
  const kept = clipMessage(maskSecrets(text));
  return {
    atMs: (atNs - startNs) / NS_PER_MS,
    isSent,
    // Wire text has a character per byte; people wrote UTF-8 into it.
    text: Buffer.from(kept.text, 'latin1').toString('utf8'),
    cutBytes: kept.cutBytes + byteLength - text.length,
  };
}

/** Head and body of a message that is too long, each as far as there is room. */
export function clipMessage(text: string): { readonly text: string; readonly cutBytes: number } {
  if (text.length <= MESSAGE_BYTES) {
    return { text, cutBytes: 0 };
  }
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end + 4);
  const body = end < 0 ? '' : text.slice(end + 4);
  const headBytes = Math.min(head.length, MESSAGE_BYTES - Math.min(body.length, BODY_BYTES));
  const bodyBytes = Math.min(body.length, MESSAGE_BYTES - headBytes);
  const isHeadWhole = headBytes === head.length;
  const kept = head.slice(0, headBytes) + (isHeadWhole ? '' : '\r\n\r\n') + body.slice(0, bodyBytes);
  return { text: kept, cutBytes: text.length - headBytes - bodyBytes };
}
