/** Messages and fakes that several SIP tests share. */
import type { RequestFields } from '../../../src/sip/message/builder.js';
import { NO_HEADERS } from '../../../src/sip/message/builder.js';
import type { SipMessage } from '../../../src/sip/message/message.js';
import { parseMessage } from '../../../src/sip/message/parser.js';
import type { TransactionLayer } from '../../../src/sip/transaction/layer.js';
import { TimerWheel } from '../../../src/sip/transaction/timer-wheel.js';
import { DEFAULT_INTERVALS } from '../../../src/sip/transaction/timers.js';

export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
export const parse = (lines: readonly string[], body = ''): SipMessage =>
  parseMessage(bytes(`${lines.join('\r\n')}\r\n\r\n${body}`));

export const FIELDS: RequestFields = {
  method: 'INVITE',
  requestUri: 'sip:bob@biloxi.example',
  viaPrefix: 'SIP/2.0/UDP 10.0.0.1:5060;rport;branch=',
  branch: 'z9hG4bKone',
  from: '<sip:alice@10.0.0.1>;tag=a1',
  to: '<sip:bob@biloxi.example>',
  callId: 'call-1',
  cseq: 1,
  routes: NO_HEADERS,
  headers: NO_HEADERS,
  contentType: '',
  body: '',
};

export const requestLines = (method: string, extra: readonly string[] = []): string[] => [
  `${method} sip:bob@biloxi.example SIP/2.0`,
  'Via: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bKpeer',
  'From: <sip:carol@10.0.0.9>;tag=c1',
  'To: <sip:bob@biloxi.example>',
  'Call-ID: call-9',
  `CSeq: 7 ${method}`,
  ...extra,
];

export const response = (status: number, method = 'INVITE', extra: readonly string[] = []): SipMessage =>
  parse([
    `SIP/2.0 ${status} Reason`,
    'Via: SIP/2.0/UDP 10.0.0.1:5060;rport=5060;branch=z9hG4bKone',
    'From: <sip:alice@10.0.0.1>;tag=a1',
    'To: <sip:bob@biloxi.example>;tag=b1',
    'Call-ID: call-1',
    `CSeq: 1 ${method}`,
    ...extra,
  ]);

/** A layer on a fake clock that notes when what was sent. */
export class FakeLayer implements TransactionLayer {
  readonly timers = new TimerWheel();
  readonly intervals = DEFAULT_INTERVALS;
  readonly sent: { atMs: number; data: string }[] = [];
  readonly retransmissions: string[] = [];
  terminatedAtMs: number | null = null;

  constructor(readonly isReliable = false) {}

  readonly output = {
    send: (data: string): void => void this.sent.push({ atMs: this.timers.nowMs, data }),
  };

  onTerminated(): void {
    if (this.terminatedAtMs !== null) throw new Error('terminated twice');
    this.terminatedAtMs = this.timers.nowMs;
  }

  onHeldBytes(): void {}

  onRetransmission(method: string): void {
    this.retransmissions.push(method);
  }

  /** When each message went out, ms. */
  get sentAtMs(): number[] {
    return this.sent.map((entry) => entry.atMs);
  }
}
