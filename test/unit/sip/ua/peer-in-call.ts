/** A call that is up between an agent of ours and a peer that is nothing but text. */
import { parseMessage } from '../../../../src/sip/message/parser.js';
import type { SipMessage } from '../../../../src/sip/message/message.js';
import type { UserAgentOptions } from '../../../../src/sip/ua/user-agent.js';
import { Network, Recorder, SDP, agentOn, autoAnswer } from './network.js';

export interface PeerText {
  readonly sdp?: string;
  readonly contact?: string;
  readonly headers?: readonly string[];
  /** Default: of method and number. */
  readonly branch?: string;
  /** With a content type of its own. */
  readonly body?: readonly [type: string, text: string];
}

/** Statuses of responses, methods of requests. */
export const wordsOf = (got: readonly SipMessage[]): (number | string)[] =>
  got.map(({ isRequest, status, method }) => (isRequest ? method : status));

export const answersOf = (got: readonly SipMessage[]): number[] => got.map(({ status }) => status);

/** Our callee at 10.0.0.2, called by a peer at 10.0.0.9. */
export function established(
  reanswer: string | null,
  { invite = {}, ...options }: Partial<UserAgentOptions> & { readonly invite?: PeerText } = {},
) {
  const network = new Network();
  const { agent } = agentOn(network, '10.0.0.2', 2, options);
  const callee = new Recorder();
  callee.reanswer = reanswer;
  const { calls } = autoAnswer(agent, callee);
  const peer = network.node('10.0.0.9');
  const got: SipMessage[] = [];
  const seen = new Set<string>();
  // Each request of ours once, however often it comes; an ACK as often as it comes.
  peer.onMessage = (data) => {
    const message = parseMessage(Buffer.from(data));
    const isCopy = message.isRequest && message.method !== 'ACK' && seen.has(message.topVia.text);
    if (message.isRequest) seen.add(message.topVia.text);
    if (!isCopy) got.push(message);
  };
  let to = '<sip:bob@10.0.0.2>';
  const say = (method: string, cseq: number, text: PeerText = {}): void => {
    const {
      sdp = '',
      contact = '<sip:x@10.0.0.9>',
      headers = [],
      body: [type, body] = ['application/sdp', sdp],
    } = text;
    const head = [
      `${method} sip:bob@10.0.0.2 SIP/2.0`,
      `Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK${text.branch ?? `${method}${cseq}`}`,
      'From: <sip:x@10.0.0.9>;tag=x1',
      `To: ${to}`,
      'Call-ID: stranger',
      `CSeq: ${cseq} ${method}`,
      `Contact: ${contact}`,
      ...headers,
      ...(body === '' ? [] : [`Content-Type: ${type}`]),
      `Content-Length: ${body.length}`,
    ];
    peer.send(`${head.join('\r\n')}\r\n\r\n${body}`, '10.0.0.2', 5060);
    network.wheel.advance(network.wheel.nowMs + 50);
  };
  /** Answers a request of ours. */
  const reply = (request: SipMessage, status: number, { sdp = '', headers = [] }: PeerText = {}): void => {
    const head = [
      `SIP/2.0 ${status} X`,
      `Via: ${request.topVia.text}`,
      `From: ${request.fromText}`,
      `To: ${request.toText}`,
      `Call-ID: ${request.callId}`,
      `CSeq: ${request.cseq.number} ${request.cseq.method}`,
      'Contact: <sip:x@10.0.0.9>',
      ...headers,
      ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${sdp.length}`,
    ];
    peer.send(`${head.join('\r\n')}\r\n\r\n${sdp}`, '10.0.0.2', 5060);
    network.wheel.advance(network.wheel.nowMs + 50);
  };
  say('INVITE', 5, { sdp: SDP, ...invite });
  const answer = got.at(-1)!;
  to = answer.toText;
  say('ACK', 5);
  got.length = 0;
  callee.events.length = 0;
  return { network, agent, callee, calls, got, say, reply, answer };
}
