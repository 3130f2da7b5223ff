/** Whatever a far side says within a call, in whatever order: each request is answered, nothing throws, and nothing is left behind. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Referral } from '../../src/sip/ua/referral.js';
import { SDP } from '../unit/sip/ua/network.js';
import { established } from '../unit/sip/ua/peer-in-call.js';

const METHODS = ['INVITE', 'UPDATE', 'INFO', 'REFER', 'NOTIFY', 'PRACK', 'OPTIONS', 'MESSAGE', 'ACK', 'SUBSCRIBE', 'X'];
const HEADERS = [
  'Session-Expires: 90;refresher=uac',
  'Session-Expires: 99999999999999999999;refresher=',
  'Session-Expires: -1',
  'x: 1800;refresher=uas',
  'Min-SE: 4294967296',
  'Min-SE: x',
  'Supported: timer, 100rel',
  'Require: timer',
  'Require: foo',
  'RAck: 1 1 INVITE',
  'RAck: 99999999999999999999999 x',
  'Event: refer',
  'Content-Type: message/sipfrag',
  'Info-Package: x',
  'Allow: UPDATE',
  'Contact: <sip:x@10.0.0.9;maddr=>',
  'Contact: *',
  'Refer-To: <sip:112@10.0.0.9>',
  'Refer-To: <sip:carol@10.0.0.9>',
  'r: <sip:carol@10.0.0.9;maddr=?Replaces=%>',
  'Refer-To: "',
  'Referred-By: \u0080;;,<',
  'Retry-After: 99999999999',
];

const said = fc.record({
  method: fc.constantFrom(...METHODS),
  headers: fc.uniqueArray(fc.constantFrom(...HEADERS), { maxLength: 4 }),
  body: fc.constantFrom<readonly [string, string]>(
    ['application/sdp', ''],
    ['application/sdp', SDP],
    ['application/sdp', 'v=0\r\nrubbish'],
    ['text/plain', 'SIP/2.0 200 OK'],
    ['message/sipfrag', 'SIP/2.0 999'],
  ),
  step: fc.integer({ min: -2, max: 5 }),
  pauseMs: fc.constantFrom(0, 500, 40_000),
  /** What we begin meanwhile. */
  ours: fc.constantFrom('nothing', 'offer', 'update', 'info'),
  answer: fc.constantFrom<string | null>(null, SDP),
});

it('is answered once for each request, and ends without a trace', () => {
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 12 }), (sequence) => {
      const { network, agent, callee, calls, got, say } = established(SDP);
      // Whoever transfers us is told at once that nobody was called, or never.
      Object.assign(callee, {
        onReferred: (referral: Referral) => {
          if ('status' in referral.call) return;
          referral.accept();
          if (index % 2 === 0) referral.conclude(503);
        },
      });
      let index = 0;
      let cseq = 10;
      for (const { method, headers, body, step, pauseMs, ours, answer } of sequence) {
        index++;
        callee.reanswer = callee.ownOffer = answer;
        if (ours === 'offer') calls[0]!.offer({ method: 'INVITE', sdp: () => SDP }, () => {});
        if (ours === 'update') calls[0]!.send({ method: 'UPDATE' }, () => {});
        if (ours === 'info') calls[0]!.send({ method: 'INFO' }, () => {});
        cseq = Math.max(1, cseq + step);
        const before = got.filter(({ isRequest }) => !isRequest).length;
        say(method, cseq, { headers, body, branch: `n${index}` });
        const responses = got.filter(({ isRequest }) => !isRequest).slice(before);
        expect([method, responses.some(({ status }) => status >= 200)]).toEqual([method, method !== 'ACK']);
        network.wheel.advance(network.wheel.nowMs + pauseMs);
      }
      say('BYE', 1000);
      network.wheel.advance(network.wheel.nowMs + 400_000);
      expect([agent.sessionCount, agent.transactionCount, network.wheel.size]).toEqual([0, 0, 0]);
    }),
    { numRuns: 300 },
  );
});
