/** A new offer of the far side within the dialog (RFC 3261 §14.2): answered by the call above, repeated until its ACK. */
import { describe, expect, it } from 'vitest';
import { SDP } from './network.js';
import { answersOf, established } from './peer-in-call.js';

const HOLD = `${SDP}a=sendonly\r\n`;
const ANSWER = `${SDP}a=recvonly\r\n`;

describe('a re-INVITE', () => {
  it('gets the answer of the call above, with a Contact, and nothing again after its ACK', () => {
    const { network, got, say, callee } = established(ANSWER);
    say('INVITE', 6, { sdp: HOLD });
    expect(callee.events).toEqual([`reoffer ${HOLD.length}`]);
    expect(got.map(({ status, body }) => [status, body])).toEqual([[200, ANSWER]]);
    expect(got[0]!.header('Contact')).toContain('10.0.0.2');
    say('ACK', 6);
    network.wheel.advance(network.wheel.nowMs + 60_000);
    expect(answersOf(got)).toEqual([200]);
    expect(callee.events).toEqual([`reoffer ${HOLD.length}`]);
  });

  it('has its 200 repeated until the ACK comes: at 0.5, 1.5 and 3.5 s', () => {
    const { network, got, say } = established(ANSWER);
    const beganMs = network.wheel.nowMs;
    say('INVITE', 6, { sdp: HOLD });
    network.wheel.advance(beganMs + 4000);
    say('ACK', 6);
    network.wheel.advance(beganMs + 60_000);
    expect(answersOf(got)).toEqual([200, 200, 200, 200]);
    expect(new Set(got.map(({ toText }) => toText)).size).toBe(1);
  });

  it('that is never acknowledged ends the call by BYE after 64·T1', () => {
    const { network, got, say, callee } = established(ANSWER);
    say('INVITE', 6, { sdp: HOLD });
    network.wheel.advance(network.wheel.nowMs + 40_000);
    expect(got.at(-1)).toMatchObject({ isRequest: true, method: 'BYE' });
    expect(callee.events).toEqual([`reoffer ${HOLD.length}`, 'reanswer-lost']);
  });

  it('moves the dialog to its Contact once it is accepted, and not before', () => {
    const refused = established(null);
    refused.say('INVITE', 6, { sdp: HOLD, contact: '<sip:moved@10.0.0.9:5099>' });
    refused.calls[0]!.bye();
    expect(refused.network.log.at(-1)).toContain('BYE sip:x@10.0.0.9 ');
    const { say, calls, network } = established(ANSWER);
    say('INVITE', 6, { sdp: HOLD, contact: '<sip:moved@10.0.0.9:5099>' });
    say('ACK', 6);
    calls[0]!.bye();
    expect(network.log.at(-1)).toContain('BYE sip:moved@10.0.0.9:5099');
  });

  it('with a Contact that cannot be read is a bad request, and changes nothing', () => {
    const { got, say, callee } = established(ANSWER);
    say('INVITE', 6, { sdp: HOLD, contact: '<sip:@@@' });
    expect(answersOf(got)).toEqual([400]);
    expect(callee.events).toEqual([]);
  });

  it('is refused with 488 where the call above has no answer, where there is no offer, and while we hang up', () => {
    const refused = established(null);
    refused.say('INVITE', 6, { sdp: HOLD });
    expect(answersOf(refused.got)).toEqual([488]);
    const { got, say, calls, callee } = established(ANSWER);
    say('INVITE', 6);
    calls[0]!.bye();
    say('INVITE', 7, { sdp: HOLD });
    expect(got.map(({ isRequest, status, method }) => (isRequest ? method : status))).toEqual([488, 'BYE', 488]);
    expect(callee.events).toEqual(['offer-asked all']);
  });

  it('leaves no timer behind when the call ends before its ACK', () => {
    const { network, agent, say } = established(ANSWER);
    say('INVITE', 6, { sdp: HOLD });
    say('BYE', 7);
    network.wheel.advance(network.wheel.nowMs + 60_000);
    expect([agent.sessionCount, agent.transactionCount, network.wheel.size]).toEqual([0, 0, 0]);
  });
});
