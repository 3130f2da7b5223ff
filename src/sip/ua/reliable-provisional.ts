/**
 * Provisional responses that the caller acknowledges (RFC 3262 §3): each is sent again until its PRACK, and the next one waits for
 * that.
 */
import { type HeaderBlock, headerBlock, joinBlocks } from '../message/builder.js';
import { HeaderId } from '../message/header-name.js';
import type { SipMessage } from '../message/message.js';
import { parseDigits } from '../message/characters.js';
import { TimerPair } from '../transaction/layer.js';
import { transactionTimeoutMs } from '../transaction/timers.js';
import type { Core } from './core.js';
import type { Exchange } from './exchange.js';
import { fractionOf } from './spread.js';

interface Provisional {
  readonly status: number;
  readonly sdp: string;
}

export class ReliableProvisional {
  #timers: TimerPair;
  #intervalMs = 0;
  #rseq: number;
  /** INVITE's CSeq number. */
  #cseq: number;
  #text = '';
  #waiting: Provisional[] = [];
  #hasSdp = false;

  /** @param onGivenUp no PRACK for 64·T1 */
  constructor(
    private readonly core: Core,
    private readonly exchange: Exchange,
    private readonly onGivenUp: () => void,
  ) {
    const { callId, cseq } = exchange.request;
    this.#timers = new TimerPair(core.timers);
    this.#cseq = cseq.number;
    // §3: from 1 to 2^31 - 1, random for each INVITE.
    this.#rseq = Math.floor(fractionOf(`${callId} ${cseq.number}`) * 0x7fff_0000) + 1;
  }

  /** One is out without its PRACK, and it or one that waits behind it has SDP: a 2xx must wait (§3). */
  get holdsAnswer(): boolean {
    return (this.#text !== '' && this.#hasSdp) || this.#waiting.some(({ sdp }) => sdp !== '');
  }

  send(provisional: Provisional): void {
    if (this.#text !== '') {
      this.#waiting.push(provisional);
      return;
    }
    const { status, sdp } = provisional;
    const headers = joinBlocks(this.core.withContact, reliableHeaders(this.#rseq));
    this.#hasSdp = sdp !== '';
    this.#text = this.exchange.reply(status, { headers, sdp });
    this.#intervalMs = this.core.intervals.t1Ms;
    this.#timers.setRetransmit(this.#intervalMs, onRepeat, this);
    this.#timers.setDeadline(transactionTimeoutMs(this.core.intervals), onDeadline, this);
  }

  /** Takes a PRACK: what it acknowledges, or null where that is nothing that is out. */
  acknowledge(prack: SipMessage): { readonly hadSdp: boolean } | null {
    if (this.#text === '' || !this.#matches(prack.headerById(HeaderId.rack) ?? '')) return null;
    const hadSdp = this.#hasSdp;
    this.#timers.stop();
    this.#text = '';
    this.#rseq++;
    return { hadSdp };
  }

  /** The next one that waits. */
  sendNext(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.send(next);
  }

  /** There is a final response: none is sent again. */
  stop(): void {
    this.#timers.stop();
    this.#text = '';
    this.#waiting = [];
  }

  repeat(): void {
    this.#intervalMs *= 2;
    this.#timers.setRetransmit(this.#intervalMs, onRepeat, this);
    const { host, port } = this.exchange.transaction;
    this.core.output.send(this.#text, host, port);
  }

  giveUp(): void {
    this.stop();
    this.onGivenUp();
  }

  /** RAck: RSeq, CSeq number and method (§7.2). */
  #matches(value: string): boolean {
    const [rseq = '', cseq = '', method = '', ...more] = value.trim().split(/\s+/);
    const isSame = parseDigits(rseq, 0, rseq.length) === this.#rseq && parseDigits(cseq, 0, cseq.length) === this.#cseq;
    return isSame && method === 'INVITE' && more.length === 0;
  }
}

const reliableHeaders = (rseq: number): HeaderBlock =>
  headerBlock([
    ['Require', '100rel'],
    ['RSeq', String(rseq)],
  ]);

const onRepeat = (provisional: ReliableProvisional): void => provisional.repeat();
const onDeadline = (provisional: ReliableProvisional): void => provisional.giveUp();
