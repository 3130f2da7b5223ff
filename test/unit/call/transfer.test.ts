/** Blind transfer (RFC 3515): what the NOTIFY says, and how the call of who asked for it ends. */
import { describe, expect, it } from 'vitest';
import { transferStatus } from '../../../src/call/transfer.js';
import { parseMessage } from '../../../src/sip/message/parser.js';
import { TwoSides } from './two-sides.js';

const NOTIFY = (event: string, body: string, type = 'message/sipfrag;version=2.0') =>
  parseMessage(
    Buffer.from(
      `NOTIFY sip:a@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r\nFrom: <sip:b@10.0.0.2>;tag=1\r\nTo: <sip:a@10.0.0.1>;tag=2\r\n` +
        `Call-ID: x\r\nCSeq: 9 NOTIFY\r\nEvent: ${event}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ),
  );

// The bodies of RFC 3515 §4.1.
it.each([
  ['refer;id=93809823', 'SIP/2.0 100 Trying\r\n', 100],
  ['refer', 'SIP/2.0 200 OK\r\n', 200],
  ['refer', 'SIP/2.0 503 Service Unavailable', 503],
  ['refer', 'SIP/2.0 200', 200],
  ['presence', 'SIP/2.0 200 OK\r\n', null],
  ['refer', 'SIP/2.0 999 No\r\n', null],
  ['refer', '', null],
  ['refer', 'x'.repeat(99), null],
])('a NOTIFY of %s with %j is %s', (event, body, status) => {
  expect(transferStatus(NOTIFY(event, body))).toBe(status);
});

it('a NOTIFY that is no sipfrag says nothing', () => {
  expect(transferStatus(NOTIFY('refer', 'SIP/2.0 200 OK\r\n', 'text/plain'))).toBeNull();
});

/** The far side takes every REFER, and says this of it, in its own words. */
function transferred(says: readonly string[], { hangsUp = false } = {}) {
  const sides = new TwoSides(
    { holdMs: 60_000, flow: { steps: [{ kind: 'refer', to: 'sip:carol@10.0.0.3' }] } },
    { ringMs: 0 },
  );
  const { transport } = sides.answerer;
  const send = transport.send.bind(transport);
  const refers: string[] = [];
  // The answerer declines; on the way that becomes 202, and NOTIFYs follow.
  transport.send = (data, host, port) => {
    if (!data.startsWith('SIP/2.0 603')) {
      send(data, host, port);
      return;
    }
    refers.push(data);
    send(data.replace('603 Decline', '202 Accepted'), host, port);
    const header = (name: string): string => new RegExp(`^${name}: (.*)\\r$`, 'm').exec(data)?.[1] ?? '';
    const request = (method: string, cseq: number, more: string, body = ''): void =>
      send(
        `${method} sip:user1@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKn${cseq}\r\nFrom: ${header('To')}\r\n` +
          `To: ${header('From')}\r\nCall-ID: ${header('Call-ID')}\r\nCSeq: ${cseq} ${method}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`,
        host,
        port,
      );
    says.forEach((said, index) => {
      const more = 'Event: refer\r\nContent-Type: message/sipfrag\r\n';
      sides.network.wheel.schedule(100 * (index + 1), () =>
        request('NOTIFY', 100 + index, more, `SIP/2.0 ${said}\r\n`),
      );
    });
    if (hangsUp) sides.network.wheel.schedule(500, () => request('BYE', 200, ''));
  };
  sides.place();
  sides.advance(40_000);
  return { sides, record: sides.callerRecords[0], refers };
}

describe('a call that hands its far side over', () => {
  it('is hung up when the transfer has come to something, and is a good one', () => {
    const { record, sides } = transferred(['100 Trying', '200 OK']);
    expect(record).toMatchObject({ outcome: 'completed', succeeded: true });
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', 'REFER', '200', '200', 'BYE']);
  });

  it('is a good one too where the far side hangs up first, as many do', () => {
    expect(transferred(['100 Trying'], { hangsUp: true }).record).toMatchObject({
      outcome: 'completed',
      succeeded: true,
      cause: null,
    });
  });

  it('has failed where the target of the transfer refuses', () => {
    expect(transferred(['100 Trying', '486 Busy Here']).record).toMatchObject({
      outcome: 'dropped',
      succeeded: false,
      sipStatus: 486,
      cause: 'transferFailed',
    });
  });

  it('has failed where nobody says what became of it', () => {
    expect(transferred([]).record).toMatchObject({ outcome: 'dropped', succeeded: false, cause: 'transferTimeout' });
  });
});
