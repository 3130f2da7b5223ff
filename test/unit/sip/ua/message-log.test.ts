import { describe, expect, it } from 'vitest';
import { indexMessage } from '../../../../src/sip/message/parser.js';
import { parseUri } from '../../../../src/sip/message/uri.js';
import { MessageLog } from '../../../../src/sip/ua/message-log.js';
import { agentOn, autoAnswer, Network, Recorder, SDP } from './network.js';

const textOf = (callId: string, body = ''): string =>
  `BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: ${callId}\r\nCSeq: 1 BYE\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const firstLines = (log: MessageLog, callId: string): string[] =>
  (log.read(callId)?.messages ?? []).map(
    ({ isSent, text }) => `${isSent ? '→' : '←'} ${text.slice(0, text.indexOf('\r\n'))}`,
  );

describe('the log of a user agent', () => {
  it('has the messages of a call in the order in which they went and came, with their times', () => {
    const network = new Network();
    const log = new MessageLog({ now: () => network.wheel.nowMs * 1e6 });
    const caller = agentOn(network, '10.0.0.1', 1, { log });
    const callee = agentOn(network, '10.0.0.2', 2);
    autoAnswer(callee.agent, new Recorder());
    const call = caller.agent.invite({ target: parseUri('sip:bob@10.0.0.2'), sdp: SDP, callId: 'c1' }, new Recorder());
    caller.agent.options(parseUri('sip:10.0.0.2'), () => {});
    network.wheel.advance(100);
    call.bye();
    network.wheel.advance(200);
    expect(firstLines(log, 'c1')).toEqual([
      '→ INVITE sip:bob@10.0.0.2 SIP/2.0',
      '← SIP/2.0 180 Ringing',
      '← SIP/2.0 200 OK',
      '→ ACK sip:user2@10.0.0.2:5060 SIP/2.0',
      '→ BYE sip:user2@10.0.0.2:5060 SIP/2.0',
      '← SIP/2.0 200 OK',
    ]);
    expect(log.read('c1')?.messages.map(({ atNs }) => atNs / 1e6)).toEqual([0, 20, 20, 20, 100, 120]);
    expect(log.size.calls).toBe(1); // OPTIONS is no call
    expect(log.read('c1')?.messages[0]?.text).toContain(SDP);
  });

  it('has what comes again as often as it came', () => {
    const network = new Network();
    const log = new MessageLog({ now: () => 0 });
    network.lose = (data) => data.startsWith('INVITE') && network.log.length === 1;
    const caller = agentOn(network, '10.0.0.1', 1, { log });
    const callee = agentOn(network, '10.0.0.2', 2);
    callee.agent.onInvite = (incoming) => incoming.reject(486);
    caller.agent.invite({ target: parseUri('sip:bob@10.0.0.2'), sdp: SDP, callId: 'c1' }, new Recorder());
    network.wheel.advance(600);
    expect(firstLines(log, 'c1')).toEqual([
      '→ INVITE sip:bob@10.0.0.2 SIP/2.0',
      '→ INVITE sip:bob@10.0.0.2 SIP/2.0',
      '← SIP/2.0 486 Busy Here',
      '→ ACK sip:bob@10.0.0.2 SIP/2.0',
    ]);
  });
});

const invite = (callId: string) => indexMessage(Buffer.from(textOf(callId), 'latin1'));

describe('the other end of a call, where it came back to us', () => {
  it('has its messages beside those of the call, from its INVITE on', () => {
    const log = new MessageLog({ now: () => 0 });
    log.open('c1');
    log.noteSent(textOf('c1'));
    expect(log.readOtherEnd('c1')).toBeNull();
    log.openOtherEnd('c1', invite('o1'));
    log.noteSent(textOf('o1'));
    log.openOtherEnd('c1', invite('o2')); // a call has one
    log.openOtherEnd('c9', invite('o9')); // no call of ours
    log.noteReceived(invite('o2'));
    expect(log.read('c1')?.messages).toHaveLength(1);
    expect(log.readOtherEnd('c1')?.messages.map(({ isSent }) => isSent)).toEqual([false, true]);
    expect([log.read('o1'), log.readOtherEnd('c9')]).toEqual([null, null]);
    // Ended, and said with its BYE.
    log.close('c1');
    log.noteReceived(invite('o1'));
    expect(log.readOtherEnd('c1')?.messages).toHaveLength(3);
    expect(log.endedCalls()).toEqual(['c1']);
    log.forgetEnded(1);
    expect(log.readOtherEnd('c1')).toBeNull();
    expect(log.size).toEqual({ calls: 0, bytes: 0 });
    log.open('c1');
    log.noteReceived(invite('o1'));
    expect(log.size.bytes).toBe(0);
  });

  it('with the same Call-ID is in the call itself', () => {
    const log = new MessageLog({ now: () => 0 });
    log.open('c1');
    log.openOtherEnd('c1', invite('c1'));
    expect(log.readOtherEnd('c1')).toBeNull();
  });

  it('goes with a call that is let go, and makes room with one that has ended', () => {
    const log = new MessageLog({ now: () => 0, maxBytes: 2 * 512 });
    log.open('c1');
    log.openOtherEnd('c1', invite('o1'));
    log.drop('c1');
    expect(log.size).toEqual({ calls: 0, bytes: 0 });
    log.open('c1');
    log.openOtherEnd('c1', invite('o1'));
    log.noteSent(textOf('c1'));
    log.close('c1');
    log.noteSent(textOf('o1')); // there is no room, and it does not make any of its own
    expect(log.readOtherEnd('c1')).toMatchObject({ omitted: 1, messages: [{ isSent: false }] });
    log.open('c2');
    log.noteSent(textOf('c2'));
    log.noteSent(textOf('c2'));
    expect(log.readOtherEnd('c1')).toBeNull();
    expect(log.read('c2')?.messages).toHaveLength(2);
  });
});

describe('the log is bounded', () => {
  it('by the first 24 and the last 16 messages of a call', () => {
    const log = new MessageLog({ now: () => 0 });
    log.open('c1');
    for (let index = 0; index < 100; index++) log.noteSent(textOf('c1', String(index)));
    const kept = log.read('c1');
    const numbers = kept?.messages.map(({ text }) => Number(text.slice(text.indexOf('\r\n\r\n') + 4)));
    expect(numbers).toEqual([
      ...Array.from({ length: 24 }, (_, index) => index),
      ...Array.from({ length: 16 }, (_, index) => 84 + index),
    ]);
    expect(kept).toMatchObject({ omitted: 60, firstKept: 24 });
  });

  it('by the bytes in all: ended calls make room, oldest first, then nothing more is kept', () => {
    const size = textOf('c1').length;
    const block = 512; // of the store, which holds one such text with its head
    let now = 0;
    const log = new MessageLog({ now: () => now++, maxBytes: 3 * block });
    for (const callId of ['c1', 'c2', 'c3']) {
      log.open(callId);
      log.noteSent(textOf(callId));
    }
    log.close('c2');
    log.close('c1');
    log.open('c4');
    log.noteReceived(indexMessage(Buffer.from(textOf('c4'), 'latin1')));
    expect(['c1', 'c2', 'c3', 'c4'].map((callId) => log.read(callId)?.messages.length)).toEqual([1, undefined, 1, 1]);
    log.open('c5');
    log.noteSent(textOf('c5'));
    log.noteSent(textOf('c5'));
    expect(log.read('c1')).toBeNull();
    expect(log.read('c5')).toMatchObject({ omitted: 1, messages: [{ byteLength: size }] });
    expect(log.size).toEqual({ calls: 3, bytes: 3 * block });
  });

  it('by the bytes in all, whatever sizes came before: a long text takes the room of as many short ones as it needs', () => {
    const log = new MessageLog({ now: () => 0, maxBytes: 64 * 1024 });
    for (let call = 0; call < 1000; call++) {
      log.open(`short${call}`);
      log.noteSent(textOf(`short${call}`));
      log.close(`short${call}`);
    }
    expect(log.size.calls).toBe(128); // blocks of 512 bytes
    log.open('long');
    log.noteSent(textOf('long', 'x'.repeat(4000)));
    expect(log.read('long')?.messages[0]?.text).toBe(textOf('long', 'x'.repeat(4000)));
    expect(log.size.calls).toBe(128 - 9 + 1); // 4,000 bytes and what stands before them take nine
    // It is still up; the calls after it go round in the room of the others.
    for (let call = 0; call < 1000; call++) {
      log.open(`again${call}`);
      log.noteSent(textOf(`again${call}`));
      log.close(`again${call}`);
    }
    expect(log.size.calls).toBe(128 - 9 + 1);
  });

  it('by time, once a call has ended; a long text by its beginning', () => {
    let now = 10;
    const log = new MessageLog({ now: () => now });
    log.open('c1');
    log.noteSent(textOf('c1', 'x'.repeat(50_000)));
    expect(log.read('c1')?.messages[0]?.text.length).toBe(8192);
    expect(log.read('c1')?.messages[0]?.byteLength).toBe(textOf('c1', 'x'.repeat(50_000)).length);
    log.open('c2');
    log.close('c1');
    now = 30;
    log.forgetEnded(10);
    expect(log.endedCalls()).toEqual(['c1']);
    log.forgetEnded(11);
    expect(log.endedCalls()).toEqual([]);
    expect(log.size).toEqual({ calls: 1, bytes: 0 });
  });
});

it('a further dialog of a call has its messages among those of the call, and goes with it', () => {
  const log = new MessageLog({ now: () => 0 });
  log.openPart('c9', 'p9'); // no call of ours
  log.open('c1');
  log.openPart('c1', 'p1');
  log.noteSent(textOf('p1'));
  log.noteReceived(invite('p1'));
  log.noteSent(textOf('p9'));
  expect(firstLines(log, 'c1')).toEqual(['→ BYE sip:a@b SIP/2.0', '← BYE sip:a@b SIP/2.0']);
  expect([log.read('p1'), log.readOtherEnd('c1'), log.size.calls]).toEqual([null, null, 1]);
  log.drop('c1');
  log.noteSent(textOf('p1'));
  expect(log.size).toEqual({ calls: 0, bytes: 0 });
});
