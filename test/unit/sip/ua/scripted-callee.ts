/** A called side that says what a test wants, and checks digest answers with arithmetic of its own. */
import { createHash } from 'node:crypto';
import type { SipMessage } from '../../../../src/sip/message/message.js';
import { parseMessage } from '../../../../src/sip/message/parser.js';
import { type FakeTransport, type Network, SDP } from './network.js';

export interface Say {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly string[];
  readonly sdp?: string;
  readonly tag?: string;
}

export class ScriptedCallee {
  /** Every request that came, ACKs and copies too. */
  readonly requests: SipMessage[] = [];
  #transport: FakeTransport;
  #network: Network;
  #first: SipMessage | null = null;

  /** @param answer null: nothing */
  constructor(
    network: Network,
    host: string,
    private readonly answer: (request: SipMessage, count: number) => Say | null,
  ) {
    this.#network = network;
    this.#transport = network.node(host);
    this.#transport.onMessage = (data) => this.#receive(parseMessage(Buffer.from(data)));
  }

  /** The requests of a method. */
  of(method: string): SipMessage[] {
    return this.requests.filter((request) => request.method === method);
  }

  /** Says something about the last INVITE after this time. */
  later(ms: number, say: Say): void {
    this.#network.wheel.schedule(ms, () => this.#say(this.of('INVITE').at(-1)!, say));
  }

  /** A request of the callee in the dialog of the first 2xx. */
  bye(headers: readonly string[] = []): void {
    const invite = this.#first!;
    const head = [
      `BYE sip:x@10.0.0.1 SIP/2.0`,
      'Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKbye',
      `From: ${invite.toText};tag=callee`,
      `To: ${invite.fromText}`,
      `Call-ID: ${invite.callId}`,
      'CSeq: 1 BYE',
      ...headers,
    ];
    this.#transport.send(`${head.join('\r\n')}\r\n\r\n`, '10.0.0.1', 5060);
  }

  #receive(message: SipMessage): void {
    if (!message.isRequest) return;
    this.requests.push(message);
    this.#first ??= message;
    const say = message.method === 'ACK' ? null : this.answer(message, this.of(message.method).length);
    if (say !== null) this.#say(message, say);
  }

  #say(request: SipMessage, { status, reason = 'Reason', headers = [], sdp = '', tag = 'callee' }: Say): void {
    const head = [
      `SIP/2.0 ${status} ${reason}`,
      `Via: ${request.topVia.text}`,
      `From: ${request.fromText}`,
      `To: ${request.toText}${request.to.tag === null ? `;tag=${tag}` : ''}`,
      `Call-ID: ${request.callId}`,
      `CSeq: ${request.cseq.number} ${request.cseq.method}`,
      ...headers,
      ...(sdp === '' || headers.some((header) => header.startsWith('c:')) ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${sdp.length}`,
    ];
    this.#transport.send(`${head.join('\r\n')}\r\n\r\n${sdp}`, '10.0.0.1', 5060);
  }
}

export const OK: Say = { status: 200, sdp: SDP };

/** The parameters of an Authorization or Proxy-Authorization value. */
export function parametersOf(value: string): Record<string, string> {
  const pairs = value.slice('Digest '.length).matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]*))/g);
  return Object.fromEntries([...pairs].map(([, name, quoted, token]) => [name!, quoted ?? token ?? '']));
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** What MD5 with qop=auth must give for these parameters (RFC 2617 §3.2.2). */
export function expectedResponse(method: string, given: Record<string, string>, password: string, body = ''): string {
  const { username, realm, nonce, nc, cnonce, qop, uri } = given;
  const what = md5(qop === 'auth-int' ? `${method}:${uri}:${md5(body)}` : `${method}:${uri}`);
  return md5(`${md5(`${username}:${realm}:${password}`)}:${nonce}:${nc}:${cnonce}:${qop}:${what}`);
}
