/**
 * The messages of each call that we place, as they went and came: for the ladder of a call that turns out badly. Texts that
 * exist anyway are kept by reference, nothing is copied or formatted before somebody asks. Bounded by number a call, by
 * bytes in all, and by time once a call has ended.
 */
import { ownText } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';

export interface LoggedMessage {
  readonly atNs: number;
  readonly isSent: boolean;
  /** Wire text, of a very long message its beginning. */
  readonly text: string;
  /** Of the whole message. */
  readonly byteLength: number;
}

export interface CallMessages {
  /** In order. Of many the first and the last. */
  readonly messages: readonly LoggedMessage[];
  /** How many in the middle were not kept. */
  readonly omitted: number;
  /** How many first ones stand before those. */
  readonly firstKept: number;
}

export interface MessageLogOptions {
  now(): number;
  /** Of all calls together, live and ended. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** How a call began and how it ended are what explains it. */
const FIRST_MESSAGES = 24;
const LAST_MESSAGES = 16;
/** A text of which more is nobody's need. */
const MAX_TEXT = 8192;
const MAX_BYTES = 64 * 1024 * 1024;
const CALL_ID = '\r\nCall-ID: ';

class CallLog {
  readonly first: LoggedMessage[] = [];
  /** A ring: the newest stands before `next`. */
  readonly last: LoggedMessage[] = [];
  next = 0;
  count = 0;
  bytes = 0;
  endedAtNs = Number.POSITIVE_INFINITY;
}

export class MessageLog {
  private readonly live = new Map<string, CallLog>();
  /** In the order in which they ended. */
  private readonly ended = new Map<string, CallLog>();
  private readonly maxBytes: number;
  private bytes = 0;

  constructor(private readonly options: MessageLogOptions) {
    this.maxBytes = options.maxBytes ?? MAX_BYTES;
  }

  /** Calls of which something is kept, and the bytes of their texts. */
  get size(): { readonly calls: number; readonly bytes: number } {
    return { calls: this.live.size + this.ended.size, bytes: this.bytes };
  }

  /** Messages with this Call-ID are kept from now on; those of no such call are passed over. */
  open(callId: string): void {
    this.live.set(callId, new CallLog());
  }

  /** A message of ours that goes out. */
  noteSent(text: string): void {
    const at = text.indexOf(CALL_ID) + CALL_ID.length;
    this.note(text.slice(at, text.indexOf('\r', at)), text, true);
  }

  noteReceived(message: SipMessage): void {
    this.note(message.callId, message.text, false);
  }

  /** The call is over; what is known of it stays until `forgetEnded`, or until there is no room. */
  close(callId: string): void {
    const log = this.live.get(callId);
    if (log !== undefined) {
      log.endedAtNs = this.options.now();
      this.live.delete(callId);
      this.ended.set(callId, log);
    }
  }

  /** Lets go of calls that ended before this time. */
  forgetEnded(beforeNs: number): void {
    for (const [callId, log] of this.ended) {
      if (log.endedAtNs >= beforeNs) return;
      this.forget(callId, log);
    }
  }

  /** Call-IDs of ended calls, the newest first. */
  endedCalls(): string[] {
    return [...this.ended.keys()].toReversed();
  }

  /** Null when nothing is known of the call. */
  read(callId: string): CallMessages | null {
    const log = this.live.get(callId) ?? this.ended.get(callId);
    if (log === undefined) return null;
    const last = [...log.last.slice(log.next), ...log.last.slice(0, log.next)];
    const messages = [...log.first, ...last];
    return { messages, omitted: log.count - messages.length, firstKept: log.first.length };
  }

  private note(callId: string, text: string, isSent: boolean): void {
    const log = this.live.get(callId) ?? this.ended.get(callId);
    if (log === undefined) return;
    log.count++;
    if (!this.hasRoomFor(Math.min(text.length, MAX_TEXT), log)) return;
    const kept = text.length > MAX_TEXT ? ownText(text.slice(0, MAX_TEXT)) : text;
    this.add(log, { atNs: this.options.now(), isSent, text: kept, byteLength: text.length });
  }

  private add(log: CallLog, message: LoggedMessage): void {
    let bytes = message.text.length;
    if (log.first.length < FIRST_MESSAGES) log.first.push(message);
    else {
      bytes -= log.last[log.next]?.text.length ?? 0;
      log.last[log.next] = message;
      log.next = (log.next + 1) % LAST_MESSAGES;
    }
    log.bytes += bytes;
    this.bytes += bytes;
  }

  /** Ended calls make room for live ones, the oldest first. */
  private hasRoomFor(bytes: number, log: CallLog): boolean {
    if (this.bytes + bytes <= this.maxBytes) return true;
    for (const [callId, oldest] of this.ended) {
      if (oldest === log) continue;
      this.forget(callId, oldest);
      if (this.bytes + bytes <= this.maxBytes) return true;
    }
    return false;
  }

  private forget(callId: string, log: CallLog): void {
    this.ended.delete(callId);
    this.bytes -= log.bytes;
  }
}
