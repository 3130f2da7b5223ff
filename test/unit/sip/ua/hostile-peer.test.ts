/** What a peer must not be able to do: aim our requests at a stranger, keep its call up, make us send or hold without end. */
import { describe, expect, it } from 'vitest';
import type { SipMessage } from '../../../../src/sip/message/message.js';
import { parseMessage } from '../../../../src/sip/message/parser.js';
import { createUri } from '../../../../src/sip/message/uri.js';
import type { CallFailure } from '../../../../src/sip/ua/call-events.js';
import { permittedHop } from '../../../../src/sip/ua/next-hop.js';
import type { UserAgentOptions } from '../../../../src/sip/ua/user-agent.js';
import { type FakeTransport, Network, Recorder, SDP, agentOn, autoAnswer } from './network.js';

const onlyOwnNet = (host: string): boolean => host.startsWith('10.');

/** A caller, and a callee that is nothing but text. Every message of ours is kept with the place that it went to. */
function callerAnd(host: string, options: Partial<UserAgentOptions> = {}) {
  const network = new Network();
  const { agent, transport } = agentOn(network, '10.0.0.1', 1, options);
  const sent = recordSends(transport);
  const callee = network.node('10.0.0.9');
  const recorder = new Recorder();
  const target = createUri({ user: 'x', host });
  const answer = (tag: string, ...headers: string[]): void => {
    const { message } = sent[0]!;
    const head = ['SIP/2.0 200 OK', `Via: ${message.topVia.text}`, `From: ${message.fromText}`];
    head.push(`To: <sip:x@${host}>;tag=${tag}`, `Call-ID: ${message.callId}`, 'CSeq: 1 INVITE', ...headers);
    callee.send(`${head.join('\r\n')}\r\n\r\n`, '10.0.0.1', 5060);
    network.wheel.advance(network.wheel.nowMs + 50);
  };
  return { network, agent, recorder, target, sent, answer, later: () => sent.slice(1).map((entry) => entry.line) };
}

function recordSends(transport: FakeTransport) {
  const sent: { line: string; message: SipMessage }[] = [];
  const send = transport.send.bind(transport);
  transport.send = (data, host, port) => {
    const message = parseMessage(Buffer.from(data, 'latin1'));
    sent.push({ line: `${message.method} ${message.requestUri} > ${host}:${port}`, message });
    send(data, host, port);
  };
  return sent;
}

describe('a peer that aims our requests at a stranger', () => {
  it.each([
    [
      'an address',
      'Contact: <sip:x@198.51.100.7:99>',
      'sip:x@198.51.100.7:99',
      'Contact 198.51.100.7 may not be reached',
    ],
    ['a name', 'Contact: <sip:x@victim.example>', 'sip:x@victim.example', 'Contact victim.example may not be reached'],
    [
      'maddr',
      'Contact: <sip:x@10.0.0.9;maddr=8.8.8.8>',
      'sip:x@10.0.0.9;maddr=8.8.8.8',
      'Contact 8.8.8.8 may not be reached',
    ],
    ['a route', 'Record-Route: <sip:8.8.8.8;lr>', 'sip:x@10.0.0.9', 'Record-Route 8.8.8.8 may not be reached'],
  ])('by %s: ACK and BYE go to the target, the call has failed', (_, header, uri, detail) => {
    const setup = callerAnd('10.0.0.9', { mayReach: onlyOwnNet });
    const failures: CallFailure[] = [];
    setup.recorder.onFailed = (failure) => void failures.push(failure);
    setup.agent.invite({ target: setup.target, sdp: SDP }, setup.recorder);
    setup.answer('t', header);
    setup.answer('t', header);
    expect(setup.later()).toEqual(['ACK', 'BYE', 'ACK'].map((method) => `${method} ${uri} > 10.0.0.9:5060`));
    expect(failures).toEqual([{ status: 200, cause: 'malformed-response', detail, response: null }]);
    expect(setup.recorder.events).toEqual([]);
  });

  it('may name other hosts that are permitted, and all of them without the option', () => {
    for (const [contact, options] of [
      ['10.0.0.77', { mayReach: onlyOwnNet }],
      ['198.51.100.7', {}],
    ] as const) {
      const setup = callerAnd('10.0.0.9', options);
      const call = setup.agent.invite({ target: setup.target, sdp: SDP }, setup.recorder);
      setup.answer('t', `Contact: <sip:x@${contact}>`);
      call.bye();
      expect(setup.later()).toEqual([
        `ACK sip:x@${contact} > ${contact}:5060`,
        `BYE sip:x@${contact} > ${contact}:5060`,
      ]);
      expect(setup.recorder.events).toEqual(['answered 200']);
    }
  });

  it('as a caller: our BYE goes where its INVITE came from', () => {
    const network = new Network();
    const { agent, transport } = agentOn(network, '10.0.0.2', 2, { mayReach: onlyOwnNet });
    const recorder = new Recorder();
    const sent = recordSends(transport);
    autoAnswer(agent, recorder);
    network.node('10.0.0.9').send(invite('Contact: <sip:x@198.51.100.7>\r\n'), '10.0.0.2', 5060);
    network.wheel.advance(33_000);
    expect(recorder.events).toEqual(['ack-timeout']);
    expect(sent.find((entry) => entry.line.startsWith('BYE'))!.line).toBe('BYE sip:x@198.51.100.7 > 10.0.0.9:5060');
  });

  it('nor by an address in disguise: the predicate is asked for plain addresses and names only', () => {
    const destination = { host: '10.0.0.9', port: 5060 };
    const peer = { named: destination, address: destination };
    const passes = (host: string) => permittedHop({ host, port: 5060 }, peer, () => true) !== null;
    const disguised = ['127.1', '134744072', '0x08080808', '8.8.2056', '8.8.8.8.', '010.0.0.1', '8.8.8.0x8'];
    expect(disguised.filter(passes)).toEqual([]);
    const plain = ['8.8.8.8', '10.0.0.255', '2001:db8::1', '::ffff:10.0.0.1', 'pbx.example', '1.example', 'a1'];
    expect(plain.filter(passes)).toEqual(plain);
  });
});

const invite = (extra = '', id = 1): string =>
  `INVITE sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK${id}\r\nFrom: <sip:x@10.0.0.9>;tag=x1\r\n` +
  `To: <sip:bob@10.0.0.2>\r\nCall-ID: stranger${id}\r\nCSeq: 5 INVITE\r\n${extra}Content-Length: 0\r\n\r\n`;

describe('a fixed next hop', () => {
  it('takes INVITE, ACK and BYE for the name of the Request-URI', () => {
    const setup = callerAnd('pbx.example', { mayReach: () => false });
    const nextHop = { host: '10.0.0.9', port: 5070 };
    const call = setup.agent.invite({ target: setup.target, sdp: SDP, nextHop }, setup.recorder);
    expect(setup.sent[0]!.line).toBe('INVITE sip:x@pbx.example > 10.0.0.9:5070');
    setup.answer('t', 'Contact: <sip:y@PBX.example>');
    call.bye();
    expect(setup.later()).toEqual(['ACK sip:y@PBX.example > 10.0.0.9:5070', 'BYE sip:y@PBX.example > 10.0.0.9:5070']);
    expect(setup.recorder.events).toEqual(['answered 200']);
  });

  it('keeps the port of a Contact that has another one', () => {
    const setup = callerAnd('pbx.example');
    const nextHop = { host: '10.0.0.9', port: 5060 };
    setup.agent.invite({ target: setup.target, sdp: SDP, nextHop }, setup.recorder);
    setup.answer('t', 'Contact: <sip:y@pbx.example:5090>');
    expect(setup.later()).toEqual(['ACK sip:y@pbx.example:5090 > 10.0.0.9:5090']);
  });

  it('takes an OPTIONS too', () => {
    const setup = callerAnd('pbx.example');
    setup.agent.options(setup.target, () => {}, { host: '10.0.0.9', port: 5070 });
    expect(setup.sent.map((entry) => entry.line)).toEqual(['OPTIONS sip:x@pbx.example > 10.0.0.9:5070']);
  });
});

it('a 2xx with a Contact or Record-Route that cannot be read is ACKed and hung up at the target', () => {
  for (const header of ['Contact: <tel:+1>', 'Record-Route: <sip:unclosed']) {
    const setup = callerAnd('10.0.0.9');
    setup.agent.invite({ target: setup.target, sdp: SDP }, setup.recorder);
    setup.answer('q', header);
    expect(setup.later()).toEqual(['ACK sip:x@10.0.0.9 > 10.0.0.9:5060', 'BYE sip:x@10.0.0.9 > 10.0.0.9:5060']);
    expect(setup.sent.slice(1).map((entry) => entry.message.to.tag)).toEqual(['q', 'q']);
    expect(setup.recorder.events).toEqual(['failed malformed-response 200']);
    expect(setup.agent.counters.malformed).toBe(1);
  }
});

it('at most eight forks of an INVITE are acknowledged, the others dropped and counted', () => {
  const setup = callerAnd('10.0.0.9');
  setup.agent.invite({ target: setup.target, sdp: SDP }, setup.recorder);
  for (let i = 0; i < 100; i++) setup.answer(`t${i}`, 'Contact: <sip:x@10.0.0.9>');
  const first = setup.agent.counters;
  expect([first.requestsSent.get('ACK'), first.requestsSent.get('BYE'), first.droppedForks]).toEqual([8, 7, 92]);
  expect(setup.recorder.events).toEqual(['answered 200']);
  first.reset();
  expect([first.requestsSent.size, first.retransmissions.size, first.responsesReceived.size]).toEqual([0, 0, 0]);
  expect([first.droppedForks, first.malformed, first.strayResponses, first.overload]).toEqual([0, 0, 0, 0]);
});

it('an abandoned OPTIONS is not sent again and says nothing', () => {
  const setup = callerAnd('10.0.0.8');
  const results: unknown[] = [];
  const probe = setup.agent.options(setup.target, (result) => void results.push(result));
  setup.network.wheel.advance(600);
  expect(setup.sent).toHaveLength(2);
  probe.abandon();
  probe.abandon();
  setup.network.wheel.advance(100_000);
  expect([setup.sent.length, results, setup.agent.transactionCount]).toEqual([2, [], 0]);
  expect(setup.network.wheel.size).toBe(0);
});

function flooded(options: Partial<UserAgentOptions>) {
  const network = new Network();
  const { agent, transport } = agentOn(network, '10.0.0.2', 2, options);
  const flood = (count: number, first = 0): void => {
    for (let i = first; i < first + count; i++)
      transport.onMessage?.(Buffer.from(invite(`X-Pad: ${'p'.repeat(3_600)}\r\n`, i), 'latin1'), '10.0.0.9', 5060);
  };
  return { network, agent, flood };
}

describe('a flood of requests', () => {
  it('is cut at the number of transactions', () => {
    const { network, agent, flood } = flooded({ maxServerTransactions: 5 });
    flood(8);
    expect([agent.transactionCount, agent.counters.overload]).toEqual([5, 3]);
    network.wheel.advance(40_000);
    flood(5, 8);
    expect(agent.counters.overload).toBe(3);
  });

  it('is cut at the bytes that unanswered requests hold; an answer frees them', () => {
    const { network, agent, flood } = flooded({ maxServerBytes: 20_000 });
    const calls: { reject(status: number): void }[] = [];
    agent.onInvite = (call) => void calls.push(call);
    flood(8);
    expect([agent.transactionCount, agent.counters.overload]).toEqual([5, 3]);
    for (const call of calls) call.reject(486);
    flood(3, 8);
    expect([agent.transactionCount, agent.counters.overload]).toEqual([8, 3]);
    for (const call of calls) call.reject(486);
    network.wheel.advance(100_000);
    flood(5, 20);
    expect([agent.transactionCount, agent.counters.overload]).toEqual([5, 3]);
  });
});
