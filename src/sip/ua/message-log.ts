/**
 * The messages of each call that we place, as they went and came: for the ladder of a call that turns out badly. Texts are
 * kept as bytes outside of the heap, nothing is formatted before somebody asks. Bounded by number a call, by bytes in all,
 * and by time once a call has ended.
 */
import { StringTable } from '../../lib/string-table.js';
import { ownText } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { type StoredText, TextStore } from './text-store.js';

export type LoggedMessage = StoredText;

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

/** Where its messages are in the store. */
class CallLog {
  readonly first: number[] = [];
  /** A ring: the newest stands before `next`. */
  readonly last: number[] = [];
  next = 0;
  count = 0;
  endedAtNs = Number.POSITIVE_INFINITY;
  /** Call-ID of its other end, where that came back to us. */
  otherEnd: string | null = null;
  /** Call-IDs of further dialogs of the call, whose messages stand among its own. */
  parts: string[] | null = null;
}

export class MessageLog {
  private readonly live = new StringTable<CallLog>();
  /** In the order in which they ended. */
  private readonly ended = new Map<string, CallLog>();
  /** Other ends and further dialogs of the calls above, each as long as its call. The peer chose the names of the ends. */
  private readonly otherEnds = new Map<string, CallLog>();
  private readonly store: TextStore;

  constructor(private readonly options: MessageLogOptions) {
    this.store = new TextStore(options.maxBytes ?? MAX_BYTES);
  }

  /** Calls of which something is kept, and the bytes that their texts take. */
  get size(): { readonly calls: number; readonly bytes: number } {
    return { calls: this.live.size + this.ended.size, bytes: this.store.usedBytes };
  }

  /** Messages with this Call-ID are kept from now on; those of no such call are passed over. */
  open(callId: string): void {
    this.live.set(callId, new CallLog());
  }

  /**
   * The INVITE by which a call that we placed came back to us as one of its own: what is said with its Call-ID is kept as long as
   * what is known of the call. One with the same Call-ID has its messages there already.
   */
  openOtherEnd(callId: string, invite: SipMessage): void {
    const log = this.live.get(callId);
    const otherEnd = ownText(invite.callId);
    if (log === undefined || log.otherEnd !== null || this.logOf(otherEnd) !== undefined) return;
    log.otherEnd = otherEnd;
    this.otherEnds.set(otherEnd, new CallLog());
    this.noteReceived(invite);
  }

  /** Messages with the other Call-ID, of a dialog that we begin for the call, stand among its own from now on. */
  openPart(callId: string, partId: string): void {
    const log = this.live.get(callId);
    if (log === undefined || this.logOf(partId) !== undefined) return;
    (log.parts ??= []).push(partId);
    this.otherEnds.set(partId, log);
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

  /** Nobody will ask: what is known of the call is let go. */
  drop(callId: string): void {
    const log = this.live.get(callId);
    if (log === undefined) return;
    this.live.delete(callId);
    this.forget(callId, log);
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
    return log === undefined ? null : this.messagesOf(log);
  }

  /** Of the call's other end; null when nothing is known of one. */
  readOtherEnd(callId: string): CallMessages | null {
    const { otherEnd = null } = this.live.get(callId) ?? this.ended.get(callId) ?? {};
    const log = otherEnd === null ? undefined : this.otherEnds.get(otherEnd);
    return log === undefined ? null : this.messagesOf(log);
  }

  private messagesOf(log: CallLog): CallMessages {
    const last = [...log.last.slice(log.next), ...log.last.slice(0, log.next)];
    const messages = [...log.first, ...last].map((at) => this.store.read(at));
    return { messages, omitted: log.count - messages.length, firstKept: log.first.length };
  }

  private logOf(callId: string): CallLog | undefined {
    return this.live.get(callId) ?? this.ended.get(callId) ?? this.otherEnds.get(callId);
  }

  private note(callId: string, text: string, isSent: boolean): void {
    const log = this.logOf(callId);
    if (log === undefined) return;
    log.count++;
    const at = this.keep(text, isSent, log);
    if (at >= 0) this.add(log, at);
  }

  private add(log: CallLog, at: number): void {
    if (log.first.length < FIRST_MESSAGES) {
      log.first.push(at);
      return;
    }
    const oldest = log.last[log.next];
    if (oldest !== undefined) this.store.release(oldest);
    log.last[log.next] = at;
    log.next = (log.next + 1) % LAST_MESSAGES;
  }

  /** Ended calls make room for live ones, the oldest first; -1 when that is not enough. */
  private keep(text: string, isSent: boolean, log: CallLog): number {
    const nowNs = this.options.now();
    let at = this.store.add(text, MAX_TEXT, nowNs, isSent);
    if (at >= 0) return at;
    for (const [callId, oldest] of this.ended) {
      if (oldest === log || (oldest.otherEnd !== null && this.otherEnds.get(oldest.otherEnd) === log)) continue;
      this.forget(callId, oldest);
      at = this.store.add(text, MAX_TEXT, nowNs, isSent);
      if (at >= 0) return at;
    }
    return -1;
  }

  private forget(callId: string, log: CallLog): void {
    this.ended.delete(callId);
    this.releaseTexts(log);
    for (const partId of log.parts ?? []) this.otherEnds.delete(partId);
    const otherEnd = log.otherEnd === null ? undefined : this.otherEnds.get(log.otherEnd);
    if (log.otherEnd === null || otherEnd === undefined) return;
    this.otherEnds.delete(log.otherEnd);
    this.releaseTexts(otherEnd);
  }

  private releaseTexts(log: CallLog): void {
    for (const at of log.first) this.store.release(at);
    for (const at of log.last) this.store.release(at);
  }
}
