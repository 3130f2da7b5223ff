/** What the far side may begin within a call, and how it is answered (RFC 3261 §12.2.2, §14, RFC 3311 §5.2, RFC 6086). */
import { describe, expect, it } from 'vitest';
import type { Referral } from '../../../../src/sip/ua/referral.js';
import { SDP } from './network.js';
import { answersOf, established, wordsOf } from './peer-in-call.js';

const HOLD = `${SDP}a=sendonly\r\n`;
const ANSWER = `${SDP}a=recvonly\r\n`;

describe('requests that ask nothing of the call', () => {
  it.each<[string, number]>([
    ['INFO', 200],
    ['MESSAGE', 200],
    ['NOTIFY', 200],
    ['OPTIONS', 200],
    ['REFER', 603],
    ['SUBSCRIBE', 405],
    ['FOO', 405],
    ['PRACK', 481],
  ])('%s is answered %s, and the call goes on', (method, status) => {
    const { got, say, callee, calls } = established(ANSWER);
    say(method, 6, { headers: ['RAck: 1 5 INVITE'] });
    expect(answersOf(got)).toEqual([status]);
    const isTold = ['INFO', 'MESSAGE', 'NOTIFY'].includes(method);
    expect(callee.events).toEqual(isTold ? [`told ${method}`] : []);
    calls[0]!.bye();
    say('OPTIONS', 7);
    expect(wordsOf(got)).toEqual([status, 'BYE', 200]);
  });

  it('405 says what is allowed, OPTIONS also what is supported', () => {
    const { got, say } = established(ANSWER);
    say('FOO', 6);
    say('OPTIONS', 7);
    const allowed = 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO';
    expect(got.map((message) => message.header('Allow'))).toEqual([allowed, allowed]);
    expect(got[1]!.header('Supported')).toBe('100rel, timer');
  });

  it('INFO of a package that nobody agreed on is refused with 469 and an empty Recv-Info (RFC 6086 §4.2.2)', () => {
    const { got, say, callee } = established(ANSWER);
    say('INFO', 6, { headers: ['Info-Package: foo'] });
    expect(answersOf(got)).toEqual([469]);
    expect(got[0]!.header('Recv-Info')).toBe('');
    expect(callee.events).toEqual([]);
  });

  it.each(['INFO', 'UPDATE', 'PRACK'])('%s outside of a dialog has none (481)', (method) => {
    const { network, got } = established(ANSWER);
    const text =
      `${method} sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKlone\r\nFrom: <sip:x@10.0.0.9>;tag=q\r\n` +
      `To: <sip:bob@10.0.0.2>\r\nCall-ID: lone\r\nCSeq: 1 ${method}\r\nContent-Length: 0\r\n\r\n`;
    network.nodes.get('10.0.0.9:5060')!.send(text, '10.0.0.2', 5060);
    network.wheel.advance(network.wheel.nowMs + 50);
    expect(answersOf(got)).toEqual([481]);
  });

  it('whatever requires what we do not speak is refused with 420', () => {
    const { got, say } = established(ANSWER);
    say('INFO', 6, { headers: ['Require: replaces, timer'] });
    expect([got[0]!.status, got[0]!.header('Unsupported')]).toEqual([420, 'replaces']);
  });
});

describe('a re-INVITE without SDP', () => {
  it('gets our offer in the 200, and its answer comes by the ACK (§14.2)', () => {
    const { got, say, callee } = established(null);
    callee.ownOffer = SDP;
    say('INVITE', 6);
    expect(got.map(({ status, body }) => [status, body])).toEqual([[200, SDP]]);
    say('ACK', 6, { sdp: ANSWER });
    expect(callee.events).toEqual(['offer-asked all', `offer-answered ${ANSWER.length}`]);
  });

  it('an ACK without the answer says so', () => {
    const { say, callee } = established(null);
    callee.ownOffer = SDP;
    say('INVITE', 6);
    say('ACK', 6);
    expect(callee.events).toEqual(['offer-asked all', 'offer-answered 0']);
  });

  it('keeps every other offer out until that ACK: 491', () => {
    const { got, say, callee } = established(ANSWER);
    callee.ownOffer = SDP;
    say('INVITE', 6);
    say('UPDATE', 7, { sdp: HOLD });
    say('INVITE', 8, { sdp: HOLD });
    say('UPDATE', 9);
    expect(answersOf(got)).toEqual([200, 491, 491, 200]);
    say('ACK', 6, { sdp: ANSWER });
    say('UPDATE', 10, { sdp: HOLD });
    expect(answersOf(got).at(-1)).toBe(200);
  });

  it('with a body that is no SDP is refused with 415', () => {
    const { got, say } = established(ANSWER);
    say('INVITE', 6, { body: ['text/plain', 'hello'] });
    expect([got[0]!.status, got[0]!.header('Accept')]).toEqual([415, 'application/sdp']);
  });
});

describe('UPDATE', () => {
  it('with an offer is answered as a re-INVITE is, and needs no ACK', () => {
    const { network, got, say, callee } = established(ANSWER);
    say('UPDATE', 6, { sdp: HOLD });
    network.wheel.advance(network.wheel.nowMs + 60_000);
    expect(got.map(({ status, body }) => [status, body])).toEqual([[200, ANSWER]]);
    expect(got[0]!.header('Contact')).toContain('10.0.0.2');
    expect(callee.events).toEqual([`reoffer ${HOLD.length}`]);
  });

  it('without SDP asks nothing, and moves the dialog to its Contact', () => {
    const { network, got, say, callee, calls } = established(ANSWER);
    say('UPDATE', 6, { contact: '<sip:moved@10.0.0.9:5099>' });
    expect(got.map(({ status, body }) => [status, body])).toEqual([[200, '']]);
    expect(callee.events).toEqual([]);
    calls[0]!.bye();
    expect(network.log.at(-1)).toContain('BYE sip:moved@10.0.0.9:5099');
  });

  it('that has no answer of ours is refused with 488', () => {
    const { got, say } = established(null);
    say('UPDATE', 6, { sdp: HOLD });
    expect(answersOf(got)).toEqual([488]);
  });

  it('with a Contact that nobody can be reached at is a bad request', () => {
    const { got, say, calls } = established(ANSWER);
    say('UPDATE', 6, { contact: '<sip:x@10.0.0.9;maddr=>' });
    expect(answersOf(got)).toEqual([400]);
    calls[0]!.bye();
    say('OPTIONS', 7);
    expect(wordsOf(got)).toEqual([400, 'BYE', 200]);
  });
});

/** Time for a message of ours to arrive. */
const ARRIVAL_MS = 20;

describe('offers of ours', () => {
  const offer = { method: 'INVITE', sdp: () => HOLD } as const;

  function offering(method: 'INVITE' | 'UPDATE' = 'INVITE') {
    const bench = established(ANSWER);
    const outcomes: [number | null, string, string][] = [];
    bench.calls[0]!.offer({ ...offer, method }, ({ response, cause }) => {
      outcomes.push([response?.status ?? null, response?.body ?? '', cause]);
    });
    const wait = (ms = ARRIVAL_MS): void => bench.network.wheel.advance(bench.network.wheel.nowMs + ms);
    wait();
    return { ...bench, outcomes, wait };
  }

  it('go out by re-INVITE with a Contact, and the 2xx is acknowledged, again for each copy (§13.2.2.4)', () => {
    const { got, reply, outcomes } = offering();
    expect(wordsOf(got)).toEqual(['INVITE']);
    expect([got[0]!.body, got[0]!.header('Contact') !== null]).toEqual([HOLD, true]);
    reply(got[0]!, 200, { sdp: ANSWER });
    reply(got[0]!, 200, { sdp: ANSWER });
    expect(wordsOf(got)).toEqual(['INVITE', 'ACK', 'ACK']);
    expect(got[1]!.cseq.number).toBe(got[0]!.cseq.number);
    expect(outcomes).toEqual([[200, ANSWER, 'response']]);
  });

  it('that are refused leave the call as it was', () => {
    const { got, reply, outcomes, calls, wait } = offering();
    reply(got[0]!, 488);
    expect(outcomes).toEqual([[488, '', 'response']]);
    calls[0]!.bye();
    wait();
    expect(wordsOf(got)).toEqual(['INVITE', 'ACK', 'BYE']);
  });

  it.each(['INVITE', 'UPDATE'] as const)(
    'keep those of the far side out while they are under way: %s, 491',
    (method) => {
      const { got, say, callee } = offering(method);
      say('INVITE', 6, { sdp: HOLD });
      say('UPDATE', 7, { sdp: HOLD });
      say('UPDATE', 8);
      expect(wordsOf(got)).toEqual([method, 491, 491, 200]);
      expect(callee.events).toEqual([]);
    },
  );

  it('that meet one of the far side (491) come again: within 2 s from the callee (§14.1)', () => {
    const { got, reply, outcomes, wait } = offering();
    reply(got[0]!, 491);
    wait(2100);
    expect(wordsOf(got)).toEqual(['INVITE', 'ACK', 'INVITE']);
    expect(got[2]!.cseq.number).toBe(got[0]!.cseq.number + 1);
    reply(got[2]!, 200, { sdp: ANSWER });
    expect(outcomes).toEqual([[200, ANSWER, 'response']]);
  });

  it('wait as long as a 500 says, and no longer than 10 s', () => {
    const { got, reply, wait } = offering('UPDATE');
    reply(got[0]!, 500, { headers: ['Retry-After: 3 (busy)'] });
    wait(2900);
    expect(wordsOf(got)).toEqual(['UPDATE']);
    wait(100);
    reply(got[1]!, 500, { headers: ['Retry-After: 99999'] });
    wait(9900);
    expect(wordsOf(got)).toEqual(['UPDATE', 'UPDATE']);
    wait(100);
    expect(wordsOf(got)).toEqual(['UPDATE', 'UPDATE', 'UPDATE']);
  });

  it('are given up after six tries', () => {
    const { got, reply, outcomes, wait } = offering('UPDATE');
    for (let tries = 0; tries < 10; tries++) {
      reply(got.at(-1)!, 491);
      wait(4100);
    }
    expect(wordsOf(got)).toHaveLength(6);
    expect(outcomes).toEqual([[491, '', 'response']]);
  });

  it('wait for the ACK of a re-INVITE of the far side', () => {
    const { got, say, calls, network } = established(ANSWER);
    say('INVITE', 6, { sdp: HOLD });
    calls[0]!.offer(offer, () => {});
    network.wheel.advance(network.wheel.nowMs + 100);
    expect(wordsOf(got)).toEqual([200]);
    say('ACK', 6);
    network.wheel.advance(network.wheel.nowMs + 2100);
    expect(wordsOf(got).filter((word) => word === 'INVITE')).toEqual(['INVITE']);
  });

  it('to which nobody says more than 100 are given up after 64·T1, and the call can still be ended', () => {
    const { got, reply, outcomes, calls, wait, agent, network } = offering();
    reply(got[0]!, 100);
    wait(33_000);
    expect(outcomes).toEqual([[null, '', 'timeout']]);
    calls[0]!.bye();
    wait();
    reply(got.at(-1)!, 200);
    network.wheel.advance(network.wheel.nowMs + 60_000);
    expect([agent.sessionCount, agent.transactionCount, network.wheel.size]).toEqual([0, 0, 0]);
  });

  it('that cross a BYE are heard of no more, and leave nothing behind', () => {
    const { got, say, reply, outcomes, agent, network } = offering();
    say('BYE', 6);
    reply(got[0]!, 481);
    network.wheel.advance(network.wheel.nowMs + 60_000);
    expect(outcomes).toEqual([]);
    expect([agent.sessionCount, agent.transactionCount, network.wheel.size]).toEqual([0, 0, 0]);
  });
});

it('REFER names where its NOTIFYs are to go (RFC 3515 §2.2), INFO does not', () => {
  const { network, got, calls } = established(ANSWER);
  calls[0]!.send({ method: 'REFER' }, () => {});
  calls[0]!.send({ method: 'INFO' }, () => {});
  network.wheel.advance(network.wheel.nowMs + ARRIVAL_MS);
  expect(got.map((request) => [request.method, request.header('Contact') !== null])).toEqual([
    ['REFER', true],
    ['INFO', false],
  ]);
});

it('a request of ours within the call has a number of its own, and its body', () => {
  const { network, got, reply, calls } = established(ANSWER);
  const statuses: (number | null)[] = [];
  const info = { method: 'INFO', contentType: 'application/dtmf-relay', body: 'Signal=5\r\nDuration=160' } as const;
  calls[0]!.send(info, ({ response }) => void statuses.push(response?.status ?? null));
  network.wheel.advance(network.wheel.nowMs + ARRIVAL_MS);
  expect([got[0]!.method, got[0]!.contentType, got[0]!.body]).toEqual(['INFO', info.contentType, info.body]);
  reply(got[0]!, 200);
  expect(statuses).toEqual([200]);
  calls[0]!.send(info, ({ response }) => void statuses.push(response?.status ?? null));
  network.wheel.advance(network.wheel.nowMs + 40_000);
  expect(statuses).toEqual([200, null]);
  expect(got[1]!.cseq.number).toBe(got[0]!.cseq.number + 1);
});

describe('REFER', () => {
  const CAROL = 'Refer-To: <sip:carol@10.0.0.9>';

  it('is allowed where it may be taken, and has no place outside of a call', () => {
    const { network, got, say } = established(ANSWER, { takesReferrals: true });
    say('FOO', 6);
    expect(got[0]!.header('Allow')).toBe('INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER');
    const text =
      `REFER sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKlone\r\nFrom: <sip:x@10.0.0.9>;tag=q\r\n` +
      `To: <sip:bob@10.0.0.2>\r\nCall-ID: lone\r\nCSeq: 1 REFER\r\n${CAROL}\r\nContent-Length: 0\r\n\r\n`;
    network.nodes.get('10.0.0.9:5060')!.send(text, '10.0.0.2', 5060);
    network.wheel.advance(network.wheel.nowMs + 50);
    expect(got[1]!.status).toBe(603);
  });

  it('that is taken says what it asks for, and is told how that goes, even when the call is over (RFC 3515 §2.4)', () => {
    const { network, got, say, callee } = established(ANSWER, { takesReferrals: true });
    let referral: Referral | null = null;
    Object.assign(callee, {
      onReferred: (asked: Referral) => {
        referral = asked;
        asked.accept();
      },
    });
    const to = '<sip:carol@10.0.0.9;method=INVITE?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>';
    say('REFER', 6, { headers: [`r: ${to}`, 'b: <sip:x@10.0.0.9>'] });
    expect(wordsOf(got)).toEqual([202, 'NOTIFY']);
    expect(got[0]!.header('Contact')).toBe('<sip:user2@10.0.0.2:5060>');
    const { call } = referral!;
    expect(call).toMatchObject({
      target: { user: 'carol', host: '10.0.0.9', params: '', headers: '' },
      hop: { host: '10.0.0.9', port: 5060 },
      headers: 'Replaces: a@b;to-tag=1;from-tag=2\r\nRequire: replaces\r\nReferred-By: <sip:x@10.0.0.9>\r\n',
    });
    say('BYE', 7);
    referral!.conclude(486);
    referral!.conclude(200); // it has been said
    network.wheel.advance(network.wheel.nowMs + 50);
    const notified = got.filter(({ method, isRequest }) => isRequest && method === 'NOTIFY');
    expect(
      notified.map((request) => [
        request.cseq.number,
        request.header('Event'),
        request.header('Subscription-State'),
        request.contentType,
        request.body,
      ]),
    ).toEqual([
      [1, 'refer;id=6', 'active;expires=180', 'message/sipfrag', 'SIP/2.0 100 Trying\r\n'],
      [2, 'refer;id=6', 'terminated;reason=noresource', 'message/sipfrag', 'SIP/2.0 486 Busy Here\r\n'],
    ]);
  });

  it('is told nothing more where nobody knows of it any more (481)', () => {
    const { network, got, say, reply, callee } = established(ANSWER, { takesReferrals: true });
    let referral: Referral | null = null;
    Object.assign(callee, { onReferred: (asked: Referral) => (referral = asked).accept() });
    say('REFER', 6, { headers: [CAROL] });
    reply(got[1]!, 481);
    referral!.conclude(200);
    network.wheel.advance(network.wheel.nowMs + 50);
    expect(wordsOf(got)).toEqual([202, 'NOTIFY']);
  });
});
