/** PUBLISH as RFC 3903 §6 has it taken, and as we send it. */
import { describe, expect, it } from 'vitest';
import { headerBlock } from '../../../../src/sip/message/builder.js';
import { parseMessage } from '../../../../src/sip/message/parser.js';
import { createUri } from '../../../../src/sip/message/uri.js';
import type { UserAgentOptions } from '../../../../src/sip/ua/user-agent.js';
import { Network, agentOn } from './network.js';

const RULES = { event: 'vq-rtcpxr', contentType: 'application/x-test', maxBytes: 100 };
const HEADERS = { Event: 'vq-rtcpxr', 'Content-Type': 'application/x-test' };

function bench(options: Partial<UserAgentOptions> = { publications: RULES }) {
  const network = new Network();
  const { agent } = agentOn(network, '10.0.0.2', 2, options);
  const bodies: string[] = [];
  agent.onPublish = (body) => {
    bodies.push(body);
    return 200;
  };
  const peer = network.node('10.0.0.9');
  const got: ReturnType<typeof parseMessage>[] = [];
  peer.onMessage = (data) => void got.push(parseMessage(data));
  const say = (headers: Record<string, string>, body = 'x', branch = 'one') => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const text =
      `PUBLISH sip:user2@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK${branch}\r\nFrom: <sip:x@10.0.0.9>;tag=x1\r\n` +
      `To: <sip:user2@10.0.0.2>\r\nCall-ID: stranger\r\nCSeq: 5 PUBLISH\r\n${lines.join('')}Content-Length: ${body.length}\r\n\r\n${body}`;
    peer.send(text, '10.0.0.2', 5060);
    network.wheel.advance(network.wheel.nowMs + 50);
    return got.at(-1)!;
  };
  return { network, agent, bodies, got, say };
}

describe('a publication', () => {
  it('is handed up once, and answered 200 with a tag and its end', () => {
    const { say, bodies } = bench();
    const answer = say(HEADERS, 'hello');
    expect([answer.status, answer.header('Expires')]).toEqual([200, '0']);
    expect(answer.header('SIP-ETag')).toMatch(/^[\w-]+$/);
    expect(say(HEADERS, 'hello').toText).toBe(answer.toText); // the same request again
    expect(bodies).toEqual(['hello']);
    expect(say(HEADERS, 'other', 'two').header('SIP-ETag')).not.toBe(answer.header('SIP-ETag'));
    expect(bodies).toEqual(['hello', 'other']);
  });

  it('may name its event in short, in capitals, with parameters', () => {
    const { say } = bench();
    expect(say({ o: 'VQ-RtcpXr;x=1', c: 'Application/X-Test; v=1' }).status).toBe(200);
  });

  it.each<[string, Record<string, string>, string, number, string, string | null]>([
    ['of another event', { ...HEADERS, Event: 'presence' }, 'x', 489, 'Allow-Events', 'vq-rtcpxr'],
    ['of no event', { 'Content-Type': 'application/x-test' }, 'x', 489, 'Allow-Events', 'vq-rtcpxr'],
    [
      'of another type',
      { ...HEADERS, 'Content-Type': 'application/vq-rtcpxr' },
      'x',
      415,
      'Accept',
      'application/x-test',
    ],
    ['of no type', { Event: 'vq-rtcpxr' }, 'x', 415, 'Accept', 'application/x-test'],
    ['that is packed', { ...HEADERS, 'Content-Encoding': 'gzip' }, 'x', 415, 'Accept', 'application/x-test'],
    ['that refreshes what was never kept', { ...HEADERS, 'SIP-If-Match': 'tag' }, 'x', 412, 'Accept', null],
    ['that is too long', HEADERS, 'x'.repeat(101), 413, 'Accept', null],
    ['that requires what we have not', { ...HEADERS, Require: 'foo' }, 'x', 420, 'Unsupported', 'foo'],
  ])('%s is refused, and nobody hears of it', (...row) => {
    const [, headers, body, status, header, value] = row;
    const { say, bodies } = bench();
    const answer = say(headers, body);
    expect([answer.status, answer.header(header)]).toEqual([status, value]);
    expect(bodies).toEqual([]);
  });

  it('is no method of a user agent that takes none', () => {
    const { say } = bench({});
    const answer = say(HEADERS);
    expect([answer.status, answer.header('Allow')]).toEqual([
      405,
      'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO',
    ]);
  });

  it('is one of a user agent that does, and 480 while nobody takes it', () => {
    const { say, agent } = bench();
    agent.onPublish = null;
    expect(say(HEADERS).status).toBe(480);
    agent.onPublish = () => 404;
    const answer = say(HEADERS, 'x', 'two');
    expect([answer.status, answer.header('SIP-ETag')]).toEqual([404, null]);
  });

  it('of a flood is dropped beyond the room for transactions, and counted', () => {
    const { say, agent, bodies } = bench({ publications: RULES, maxServerTransactions: 5 });
    for (let i = 0; i < 20; i++) say(HEADERS, 'x', `flood${i}`);
    expect([bodies.length, agent.counters.overload]).toEqual([5, 15]);
  });
});

it('publish() sends one, and tells what came of it', () => {
  const { network, bodies } = bench();
  const { agent } = agentOn(network, '10.0.0.1', 1);
  const results: unknown[] = [];
  const publication = { event: 'vq-rtcpxr', contentType: 'application/x-test', body: 'grüße' };
  agent.publish({ ...publication, target: createUri({ user: 'u', host: '10.0.0.2' }) }, (it) => void results.push(it));
  network.wheel.advance(100);
  expect(results).toEqual([{ status: 200, cause: 'response', wasRetransmitted: false }]);
  expect(Buffer.from(bodies[0]!, 'latin1').toString()).toBe('grüße');
  expect(agent.counters.requestsSent.get('PUBLISH')).toBe(1);
});

it('an INVITE may name its caller and carry headers of its own, also where the name needs quoting', () => {
  const { network, agent: callee } = bench();
  const { agent } = agentOn(network, '10.0.0.1', 1);
  let seen: [string | null, string | null] | null = null;
  callee.onInvite = ({ request }) => void (seen = [request.from.displayName, request.header('X-Mine')]);
  const listener = {
    onProvisional: () => {},
    onAnswered: () => {},
    onFailed: () => {},
    onReoffer: () => null,
    onOfferAsked: () => null,
    onOfferAnswered: () => {},
    onOffered: () => null,
    onReanswerLost: () => {},
    onSessionExpired: () => {},
    onTold: () => {},
    onEnded: () => {},
  };
  const headers = headerBlock([['X-Mine', 'yes']]);
  agent.invite({ target: createUri({ host: '10.0.0.2' }), sdp: '', displayName: 'a "b" \\c', headers }, listener);
  network.wheel.advance(100);
  expect(seen).toEqual(['a "b" \\c', 'yes']);
});
