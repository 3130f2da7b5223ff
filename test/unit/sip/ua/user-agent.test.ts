import { describe, expect, it } from 'vitest';
import { createUri } from '../../../../src/sip/message/uri.js';
import type { IncomingCall } from '../../../../src/sip/ua/call-events.js';
import { parseMessage } from '../../../../src/sip/message/parser.js';
import { Network, Recorder, SDP, agentOn, autoAnswer } from './network.js';

const TARGET = createUri({ user: 'bob', host: '10.0.0.2' });

function pair() {
  const network = new Network();
  const { agent: alice, transport: aliceTransport } = agentOn(network, '10.0.0.1', 1);
  const { agent: bob, transport: bobTransport } = agentOn(network, '10.0.0.2', 2);
  const caller = new Recorder();
  const callee = new Recorder();
  const { calls } = autoAnswer(bob, callee);
  return { network, alice, bob, aliceTransport, bobTransport, caller, callee, calls };
}

/** A peer that is nothing but text: what it gets is kept, what it says is written by the test. */
function stranger(setup: ReturnType<typeof pair>, host = '10.0.0.9') {
  const transport = setup.network.node(host);
  const got: ReturnType<typeof parseMessage>[] = [];
  transport.onMessage = (data) => void got.push(parseMessage(data));
  const say = (text: string, to = '10.0.0.2'): void => {
    transport.send(text, to, 5060);
    setup.network.wheel.advance(setup.network.wheel.nowMs + 50);
  };
  return { got, say };
}

function request(method: string, extra = '', to = '<sip:bob@10.0.0.2>'): string {
  return (
    `${method} sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK${method}${extra.length}\r\nFrom: <sip:x@10.0.0.9>;tag=x1\r\n` +
    `To: ${to}\r\nCall-ID: stranger\r\nCSeq: 5 ${method}\r\n${extra}Content-Length: 0\r\n\r\n`
  );
}

describe('a call', () => {
  it('INVITE/180/200/ACK/BYE/200 with nothing left behind', () => {
    const { network, alice, bob, caller, callee } = pair();
    const call = alice.invite({ target: TARGET, sdp: SDP }, caller);
    network.wheel.advance(1_000);
    call.bye();
    network.wheel.advance(2_000);
    expect(network.sentBy('10.0.0.1')).toEqual([
      'INVITE sip:bob@10.0.0.2 SIP/2.0',
      'ACK sip:user2@10.0.0.2:5060 SIP/2.0',
      'BYE sip:user2@10.0.0.2:5060 SIP/2.0',
    ]);
    expect(network.sentBy('10.0.0.2')).toEqual(['SIP/2.0 180 Ringing', 'SIP/2.0 200 OK', 'SIP/2.0 200 OK']);
    expect(caller.events).toEqual(['provisional 180', 'answered 200', 'ended local bye 200']);
    expect(callee.events).toEqual(['ack', 'ended remote bye 200']);
    expect(alice.counters.responsesReceived.get('INVITE')).toEqual(
      new Map([
        [180, 1],
        [200, 1],
      ]),
    );
    expect(Object.fromEntries(alice.counters.requestsSent)).toEqual({ INVITE: 1, ACK: 1, BYE: 1 });
    expect(alice.counters.retransmissions.size).toBe(0);
    network.wheel.advance(100_000);
    expect([alice.transactionCount, bob.transactionCount, alice.sessionCount, bob.sessionCount]).toEqual([0, 0, 0, 0]);
    expect(network.wheel.size).toBe(0);
  });

  it('the callee may hang up, and the order of BYE and ACK is kept', () => {
    const { network, alice, caller, callee, calls } = pair();
    alice.invite({ target: TARGET, sdp: SDP }, caller);
    network.wheel.advance(20);
    calls[0]!.bye();
    expect(network.sentBy('10.0.0.2')).not.toContain('BYE sip:user1@10.0.0.1:5060 SIP/2.0');
    network.wheel.advance(1_000);
    expect(callee.events).toEqual(['ack', 'ended local bye 200']);
    expect(caller.events.at(-1)).toBe('ended remote bye 200');
  });

  it('BYEs that cross end the call once on each side', () => {
    const { network, alice, caller, callee, calls } = pair();
    const call = alice.invite({ target: TARGET, sdp: SDP }, caller);
    network.wheel.advance(1_000);
    call.bye();
    calls[0]!.bye();
    network.wheel.advance(60_000);
    expect(caller.events.filter((event) => event.startsWith('ended'))).toEqual(['ended local bye 200']);
    expect(callee.events.filter((event) => event.startsWith('ended'))).toEqual(['ended local bye 200']);
  });

  it.each([2, 3, 4, 5, 7])('completes when every %ith message is lost', (n) => {
    const { network, alice, bob, caller, callee } = pair();
    network.lose = (_, index) => index % n === n - 1;
    const call = alice.invite({ target: TARGET, sdp: SDP }, caller);
    network.wheel.advance(40_000);
    call.bye();
    network.wheel.advance(200_000);
    expect(caller.events.filter((event) => event.startsWith('answered'))).toEqual(['answered 200']);
    expect(caller.events.at(-1)).toMatch(/^ended (local|remote) bye/);
    expect(callee.events.filter((event) => event.startsWith('ended'))).toHaveLength(1);
    expect([alice.sessionCount, bob.sessionCount, network.wheel.size]).toEqual([0, 0, 0]);
  });

  it('a 2xx that comes again is ACKed again, byte for byte', () => {
    const { network, alice, callee, caller } = pair();
    const acks: string[] = [];
    network.lose = (data) => data.startsWith('ACK') && acks.push(data) < 4;
    alice.invite({ target: TARGET, sdp: SDP }, caller);
    network.wheel.advance(20_000);
    expect(acks).toHaveLength(4);
    expect(new Set(acks).size).toBe(1);
    expect(network.log.filter((line) => line.includes('200 OK')).map((line) => Number(line.split(' ')[0]))).toEqual([
      10, 510, 1_510, 3_510,
    ]);
    expect(callee.events).toEqual(['ack']);
    expect(caller.events).toEqual(['provisional 180', 'answered 200']);
    expect(alice.counters.retransmissions.get('ACK')).toBe(3);
  });

  it('without any ACK: 2xx again up to 64·T1, then BYE', () => {
    const { network, alice, callee } = pair();
    network.lose = (data) => data.startsWith('ACK');
    alice.invite({ target: TARGET, sdp: SDP }, new Recorder());
    network.wheel.advance(40_000);
    expect(
      network.log.filter((line) => line.includes('10.0.0.2 SIP/2.0 200 OK')).map((line) => Number(line.split(' ')[0])),
    ).toEqual([10, 510, 1_510, 3_510, 7_510, 11_510, 15_510, 19_510, 23_510, 27_510, 31_510]);
    expect(callee.events).toEqual(['ack-timeout', 'ended local bye 200']);
  });

  it('fails by Timer B when nobody is there, and by status when refused', () => {
    const { network, alice, bob, caller } = pair();
    alice.invite({ target: createUri({ user: 'x', host: '10.9.9.9' }), sdp: SDP }, caller);
    network.wheel.advance(31_990);
    expect(caller.events).toEqual([]);
    network.wheel.advance(32_000);
    expect(caller.events).toEqual(['failed timeout null']);
    bob.onInvite = (call) => call.reject(486);
    const refused = new Recorder();
    alice.invite({ target: TARGET, sdp: SDP }, refused);
    network.wheel.advance(33_000);
    expect(refused.events).toEqual(['failed response 486']);
    bob.onInvite = null;
    const absent = new Recorder();
    alice.invite({ target: TARGET, sdp: SDP }, absent);
    network.wheel.advance(34_000);
    expect(absent.events).toEqual(['failed response 480']);
  });

  it('a send that fails ends the calls to that host and port at once, no others', () => {
    const { network, alice, aliceTransport, caller } = pair();
    const other = new Recorder();
    network.lose = () => true;
    alice.invite({ target: TARGET, sdp: SDP }, caller);
    alice.invite({ target: createUri({ user: 'x', host: '10.0.0.3' }), sdp: SDP }, other);
    aliceTransport.onError?.('10.0.0.2', 5060, { cause: 'transport-error', detail: 'EHOSTUNREACH' });
    expect(caller.events).toEqual(['failed transport-error null']);
    expect(other.events).toEqual([]);
    network.wheel.advance(40_000);
    expect(other.events).toEqual(['failed timeout null']);
  });
});

describe('CANCEL', () => {
  it('waits for a provisional, then 200 and 487', () => {
    const { network, alice, bob, caller, callee } = pair();
    bob.onInvite = (call) => {
      call.listener = callee;
      network.wheel.schedule(100, () => call.ring());
    };
    const call = alice.invite({ target: TARGET, sdp: SDP }, caller);
    call.cancel();
    call.cancel();
    network.wheel.advance(100);
    expect(network.sentBy('10.0.0.1')).toEqual(['INVITE sip:bob@10.0.0.2 SIP/2.0']);
    network.wheel.advance(60_000);
    expect(network.sentBy('10.0.0.1').map((line) => line.split(' ')[0])).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(caller.events).toEqual(['provisional 180', 'failed cancelled 487']);
    expect(callee.events).toEqual(['cancelled']);
    network.wheel.advance(200_000);
    expect([alice.transactionCount, bob.transactionCount, bob.sessionCount, network.wheel.size]).toEqual([0, 0, 0, 0]);
  });

  it('a 2xx that crosses it is ACKed and hung up, and never reported as answered', () => {
    const { network, alice, caller, callee } = pair();
    const call = alice.invite({ target: TARGET, sdp: SDP }, caller);
    call.cancel();
    network.wheel.advance(60_000);
    expect(network.sentBy('10.0.0.1').map((line) => line.split(' ')[0])).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE']);
    expect(caller.events).toEqual(['provisional 180', 'failed cancelled 200']);
    expect(callee.events).toEqual(['ack', 'ended remote bye 200']);
  });

  it('gives up 64·T1 after a CANCEL that changes nothing', () => {
    const setup = pair();
    const peer = stranger(setup);
    const call = setup.alice.invite({ target: createUri({ user: 'x', host: '10.0.0.9' }), sdp: SDP }, setup.caller);
    setup.network.wheel.advance(20);
    const via = peer.got[0]!.topVia.text;
    peer.say(
      `SIP/2.0 183 x\r\nVia: ${via}\r\nFrom: ${peer.got[0]!.fromText}\r\nTo: <sip:x@10.0.0.9>;tag=z\r\nCall-ID: ${call.callId}\r\nCSeq: 1 INVITE\r\n\r\n`,
      '10.0.0.1',
    );
    call.cancel();
    setup.network.wheel.advance(40_000);
    expect(setup.caller.events).toEqual(['provisional 183', 'failed cancelled null']);
    expect(setup.alice.transactionCount).toBe(0);
  });
});

it('a second 2xx from another fork is ACKed and hung up; the first call goes on', () => {
  const setup = pair();
  const peer = stranger(setup);
  const call = setup.alice.invite({ target: createUri({ user: 'x', host: '10.0.0.9' }), sdp: SDP }, setup.caller);
  setup.network.wheel.advance(20);
  const invite = peer.got[0]!;
  for (const tag of ['f1', 'f2', 'f2']) {
    peer.say(
      `SIP/2.0 200 OK\r\nVia: ${invite.topVia.text}\r\nFrom: ${invite.fromText}\r\nTo: <sip:x@10.0.0.9>;tag=${tag}\r\nCall-ID: ${call.callId}\r\n` +
        `CSeq: 1 INVITE\r\nContact: <sip:${tag}@10.0.0.9>\r\n\r\n`,
      '10.0.0.1',
    );
  }
  const later = peer.got.slice(1).map((message) => `${message.method} ${message.requestUri} ${message.to.tag}`);
  expect(later).toEqual([
    'ACK sip:f1@10.0.0.9 f1',
    'ACK sip:f2@10.0.0.9 f2',
    'BYE sip:f2@10.0.0.9 f2',
    'ACK sip:f2@10.0.0.9 f2',
  ]);
  expect(setup.caller.events).toEqual(['answered 200']);
});

/** A call that was hung up; `say` answers its INVITE once more. */
function overCall() {
  const setup = pair();
  const peer = stranger(setup);
  const call = setup.alice.invite({ target: createUri({ user: 'x', host: '10.0.0.9' }), sdp: SDP }, setup.caller);
  setup.network.wheel.advance(20);
  const invite = peer.got[0]!;
  const say = (tag: string, via = invite.topVia.text, method = 'INVITE'): void =>
    peer.say(
      `SIP/2.0 200 OK\r\nVia: ${via}\r\nFrom: ${invite.fromText}\r\nTo: <sip:x@10.0.0.9>;tag=${tag}\r\nCall-ID: ${call.callId}\r\n` +
        `CSeq: ${method === 'BYE' ? 2 : 1} ${method}\r\nContact: <sip:${tag}@10.0.0.9>\r\n\r\n`,
      '10.0.0.1',
    );
  say('f1');
  call.bye();
  setup.network.wheel.advance(setup.network.wheel.nowMs + 50);
  say('f1', peer.got.at(-1)!.topVia.text, 'BYE');
  expect(setup.caller.events).toEqual(['answered 200', 'ended local bye 200']);
  expect(setup.alice.transactionCount).toBe(0);
  const before = peer.got.length;
  const since = () =>
    peer.got.slice(before).map((message) => `${message.method} ${message.requestUri} ${message.to.tag}`);
  return { setup, say, since };
}

describe('a 2xx to a call that is over', () => {
  it('is ACKed and hung up: a copy whose ACK was lost, and one of a fork that answers late', () => {
    const { setup, say, since } = overCall();
    say('f1');
    say('f1'); // its BYE is under way
    say('f2');
    expect(since()).toEqual([
      'ACK sip:f1@10.0.0.9 f1',
      'BYE sip:f1@10.0.0.9 f1',
      'ACK sip:f1@10.0.0.9 f1',
      'ACK sip:f2@10.0.0.9 f2',
      'BYE sip:f2@10.0.0.9 f2',
    ]);
    expect(setup.caller.events).toHaveLength(2);
    setup.network.wheel.advance(setup.network.wheel.nowMs + 40_000);
    expect([setup.alice.transactionCount, setup.alice.sessionCount]).toEqual([0, 0]);
  });

  it('gets nothing when the branch is none of ours', () => {
    const { setup, say, since } = overCall();
    say('f2', 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKother');
    expect(since()).toEqual([]);
    expect(setup.alice.counters.strayResponses).toBe(1);
  });

  it('is no way to make us send without end: beyond a hundred BYEs without an answer nothing goes out', () => {
    const { setup, say, since } = overCall();
    for (let i = 0; i < 150; i++) say(`t${i}`);
    expect(new Set(since().filter((line) => line.startsWith('BYE'))).size).toBe(100);
    expect(since().filter((line) => line.startsWith('ACK'))).toHaveLength(100);
    expect(setup.alice.counters.droppedForks).toBe(50);
  });
});

it('a 2xx whose Contact cannot be read fails the call once', () => {
  const setup = pair();
  const peer = stranger(setup);
  const call = setup.alice.invite({ target: createUri({ user: 'x', host: '10.0.0.9' }), sdp: SDP }, setup.caller);
  setup.network.wheel.advance(20);
  const invite = peer.got[0]!;
  const answer =
    `SIP/2.0 200 OK\r\nVia: ${invite.topVia.text}\r\nFrom: ${invite.fromText}\r\nTo: <sip:x@10.0.0.9>;tag=q\r\nCall-ID: ${call.callId}\r\n` +
    'CSeq: 1 INVITE\r\nContact: <tel:+1>\r\n\r\n';
  peer.say(answer, '10.0.0.1');
  peer.say(answer, '10.0.0.1');
  expect(setup.caller.events).toEqual(['failed malformed-response 200']);
  expect(setup.alice.counters.malformed).toBe(1);
});

describe('requests that no call wants', () => {
  it.each([
    ['OPTIONS', '', '<sip:bob@10.0.0.2>', 200, 'Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO'],
    ['REGISTER', '', '<sip:bob@10.0.0.2>', 405, 'Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO'],
    ['INVITE', 'Require: 100rel, foo\r\n', '<sip:bob@10.0.0.2>', 420, 'Unsupported', 'foo'],
    ['BYE', '', '<sip:bob@10.0.0.2>;tag=nobody', 481, 'Unsupported', null],
    ['CANCEL', '', '<sip:bob@10.0.0.2>', 481, 'Unsupported', null],
    ['INVITE', 'Contact: <http://x>\r\n', '<sip:bob@10.0.0.2>', 400, 'Unsupported', null],
  ] as const)('%s %s', (...row) => {
    const [method, extra, to, status, header, value] = row;
    const setup = pair();
    const peer = stranger(setup);
    peer.say(request(method, extra, to));
    expect(peer.got.map((message) => message.status)).toEqual([status]);
    expect(peer.got[0]!.header(header)).toBe(value);
    expect(peer.got[0]!.to.tag).not.toBeNull();
    peer.say(request(method, extra, to));
    expect(peer.got.map((message) => message.status)).toEqual([status, status]);
    expect(peer.got[1]!.toText).toBe(peer.got[0]!.toText);
  });

  it('a malformed request is counted and answered 400 where it can be; an ACK never', () => {
    const setup = pair();
    const peer = stranger(setup);
    peer.say(request('INVITE').replace('CSeq: 5 INVITE', 'CSeq: 5 BYE'));
    peer.say(request('INVITE').replace('Content-Length: 0', 'Content-Length: 99'));
    peer.say(request('ACK').replace('CSeq: 5 ACK', 'CSeq: 5 BYE'));
    peer.say('hello\r\n\r\n');
    peer.say('\r\n\r\n');
    expect(peer.got.map((message) => message.status)).toEqual([400, 400]);
    expect(setup.bob.counters.malformed).toBe(4);
  });

  it('an INVITE that comes by two paths is answered 482 the second time', () => {
    const setup = pair();
    const peer = stranger(setup);
    peer.say(request('INVITE', 'Contact: <sip:x@10.0.0.9>\r\n'));
    peer.say(request('INVITE', 'Contact: <sip:x@10.0.0.9>\r\n').replace('z9hG4bKINVITE', 'z9hG4bKother'));
    expect(setup.calls).toHaveLength(1);
    expect(peer.got.map((message) => message.status)).toEqual([180, 200, 482]);
  });

  it('a stray response is counted', () => {
    const setup = pair();
    stranger(setup).say(
      'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n\r\n',
    );
    expect(setup.bob.counters.strayResponses).toBe(1);
  });
});

it('in a dialog: re-INVITE 488, INFO 200, an old CSeq 500, BYE 200, BYE again with the same branch 200', () => {
  const setup = pair();
  const peer = stranger(setup);
  peer.say(request('INVITE', 'Contact: <sip:x@10.0.0.9>\r\n'));
  const to = peer.got.at(-1)!.toText;
  const inDialog = (method: string, cseq: number): void =>
    peer.say(
      request(method, '', to)
        .replace('branch=', `branch=z9hG4bK${cseq}`)
        .replace(`CSeq: 5 ${method}`, `CSeq: ${cseq} ${method}`),
    );
  peer.say(request('ACK', '', to));
  inDialog('INVITE', 6);
  inDialog('ACK', 6);
  inDialog('INFO', 7);
  inDialog('BYE', 3);
  inDialog('BYE', 8);
  inDialog('BYE', 8);
  const statuses = peer.got.map((message) => message.status);
  expect(statuses).toEqual([180, 200, 488, 200, 500, 200, 200]);
  expect(setup.callee.events).toEqual(['ack', 'offer-asked all', 'told INFO', 'ended remote bye 200']);
});

it('options() tells the status, or null when nobody answers', () => {
  const { network, alice } = pair();
  const results: unknown[] = [];
  alice.options(TARGET, (result) => void results.push(result));
  alice.options(createUri({ host: '10.9.9.9' }), (result) => void results.push(result));
  network.wheel.advance(40_000);
  expect(results).toEqual([
    { status: 200, cause: 'response', wasRetransmitted: false },
    { status: null, cause: 'timeout', wasRetransmitted: true },
  ]);
});

it('close() leaves no timer and says nothing', () => {
  const { network, alice, bob, caller, callee } = pair();
  network.lose = (data) => data.startsWith('ACK');
  alice.invite({ target: TARGET, sdp: SDP }, caller);
  network.wheel.advance(100);
  const before = [...caller.events, ...callee.events];
  alice.close();
  bob.close();
  network.wheel.advance(100_000);
  expect([...caller.events, ...callee.events]).toEqual(before);
  expect(network.wheel.size).toBe(0);
});

it('an early dialog that the caller leaves by BYE is cancelled', () => {
  const setup = pair();
  setup.bob.onInvite = (call: IncomingCall) => {
    call.listener = setup.callee;
    call.ring();
  };
  const peer = stranger(setup);
  peer.say(request('INVITE', 'Contact: <sip:x@10.0.0.9>\r\n'));
  peer.say(request('BYE', '', peer.got[0]!.toText).replace('CSeq: 5', 'CSeq: 6'));
  expect(peer.got.map((message) => `${message.status} ${message.method}`)).toEqual([
    '180 INVITE',
    '200 BYE',
    '487 INVITE',
  ]);
  expect(setup.callee.events).toEqual(['cancelled']);
});
