/** Hold and resume by the far side: what the slot hears of it, and what is answered. */
import { describe, expect, it } from 'vitest';
import { SDP } from '../sip/ua/network.js';
import { TwoSides } from './two-sides.js';

const withDirection = (direction: string): string => `${SDP}a=${direction}\r\n`;

const MEDIA = { codecs: ['PCMU', 'PCMA'], ptimeMs: 20, mayReach: (host: string) => host.startsWith('10.') };

/** A call of ours that is up; the far side's offers come straight to its listener, as the session hands them over. */
function up() {
  const sides = new TwoSides({ holdMs: 10_000, media: MEDIA });
  const { call } = sides.place();
  sides.advance(1000);
  return { sides, call };
}

describe('a call that is put on hold', () => {
  it.each([
    ['sendonly', 'recvonly', { sends: false, receives: true }],
    ['inactive', 'inactive', { sends: false, receives: false }],
    ['recvonly', 'sendonly', { sends: true, receives: false }],
    ['sendrecv', 'sendrecv', { sends: true, receives: true }],
  ])('by %s answers %s and tells the slot', (offered, answered, flows) => {
    const { sides, call } = up();
    const sdp = call.onReoffer(withDirection(offered));
    expect(sdp).toContain(`a=${answered}`);
    expect(sides.callerSlots.updates).toMatchObject([{ ...flows, answeredAtNs: 1000e6, codec: 'PCMU' }]);
  });

  it('answers with the next version of its SDP each time (RFC 3264 §8)', () => {
    const { call } = up();
    const versions = [withDirection('sendonly'), withDirection('sendrecv')].map(
      (offer) => /^o=\S+ \d+ (\d+) /m.exec(call.onReoffer(offer) ?? '')?.[1],
    );
    expect(versions).toEqual(['2', '3']);
  });

  it('keeps the codec that was agreed on where the new offer has it, whatever stands before it', () => {
    const { sides, call } = up();
    expect(call.onReoffer(SDP.replace('RTP/AVP 0', 'RTP/AVP 8 0'))).toContain('m=audio 20000 RTP/AVP 0\r\n');
    expect(sides.callerSlots.updates).toMatchObject([{ codec: 'PCMU' }]);
  });

  it('changes to another codec of ours where the new offer has only that, and back', () => {
    const { sides, call } = up();
    expect(call.onReoffer(SDP.replace('RTP/AVP 0', 'RTP/AVP 8'))).toContain('m=audio 20000 RTP/AVP 8\r\n');
    call.onReoffer(SDP);
    expect(sides.callerSlots.updates).toMatchObject([
      { codec: 'PCMA', payloadType: 8 },
      { codec: 'PCMU', payloadType: 0 },
    ]);
  });

  it('leaves all as it was where the new offer is of no use', () => {
    const { sides, call } = up();
    expect(call.onReoffer(SDP.replace('RTP/AVP 0', 'RTP/AVP 9'))).toBeNull();
    expect(call.onReoffer('rubbish')).toBeNull();
    expect(sides.callerSlots.updates).toEqual([]);
    expect(sides.settle().caller).toMatchObject({ outcome: 'completed' });
  });

  it('refuses an address that may not be reached', () => {
    const { sides, call } = up();
    expect(call.onReoffer(SDP.replaceAll('10.0.0.1', '192.0.2.1'))).toBeNull();
    expect(sides.callerSlots.updates).toEqual([]);
  });

  it('on the answering side is heard as well', () => {
    const { sides } = up();
    expect(sides.answeringCalls[0]?.onReoffer(withDirection('inactive'))).toContain('a=inactive');
    expect(sides.answererSlots.updates).toMatchObject([{ sends: false, receives: false }]);
  });

  it('and never acknowledges our answer has dropped it, by whichever side it was placed', () => {
    const { sides, call } = up();
    call.onReanswerLost();
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'dropped', succeeded: false, phase: 'established', cause: 'noAck' });
    const other = up();
    other.sides.answeringCalls[0]?.onReanswerLost();
    const ended = other.sides.settle();
    expect(ended.answerer).toMatchObject({ outcome: 'dropped', succeeded: false, cause: 'noAck' });
    expect(ended.caller).toMatchObject({ outcome: 'dropped', cause: 'remoteBye' });
  });
});
