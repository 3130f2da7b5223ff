import { describe, expect, it } from 'vitest';
import { renderEvidence } from '../../../src/report/evidence.js';
import type { WorstCall } from '../../../src/run/result-evidence.js';
import { HOSTILE } from './result-fixture.js';
import { point, worstCall } from './worst-call-fixture.js';

const RUN = { name: 'peak', startedAt: '2026-11-20T14:03:22.123Z' };
const linesOf = (call: WorstCall): string[] => renderEvidence(call, RUN).split('\n');

describe('the evidence of a call', () => {
  it('says what it was and how it ended', () => {
    expect(
      linesOf(worstCall({ outcome: 'failed: busy', sipStatus: 486, detail: 'Busy Here', answeredAtMs: null })),
    ).toEqual(
      expect.arrayContaining([
        'Evidence of call 12',
        'run       peak, started 2026-11-20 14:03:22 UTC',
        'Call-ID   abc-12@192.0.2.1',
        'started   0:03.200 after the start of the run',
        'answered  no',
        'ended     1:08.002',
        'outcome   failed: busy (the called user is busy), SIP 486',
        'detail    Busy Here',
      ]),
    );
  });

  it('names the suite of encrypted audio', () => {
    expect(linesOf(worstCall({ srtp: 'AEAD_AES_128_GCM' }))).toContain('SRTP      AEAD_AES_128_GCM');
    expect(linesOf(worstCall()).join()).not.toContain('SRTP');
  });

  it('has its figures with the points of R, and its seconds', () => {
    const lines = linesOf(worstCall());
    expect(lines).toContain('  MOS-LQ 3.86, MOS-CQ 3.46, loss 5 %, too late 0 %, jitter 12.5 ms');
    expect(lines).toContain('  R 76.0 of 93.2, MOS-LQ 3.86; with the delay R 67.1, MOS-CQ 3.46');
    expect(lines).toContain('  points of R: lost packets −15.8, delay −8.9, loss in bursts −1.4');
    expect(lines).toContain('      0:04      4.41       0 %       0 %      2 ms         -');
    expect(lines).toContain('      0:05      2.10      25 %       4 %     31 ms    340 ms');
    expect(lines).toContain('Audio received, each second');
  });

  it('marks the seconds that this host spoiled', () => {
    const call = worstCall();
    const received = call.seconds?.received;
    if (received === undefined || received === null) throw new Error('no seconds');
    const strip = { ...received, points: [point(4, {}), point(5, { lossRatio: 0 })], spoiled: [4], spoiledScores: [5] };
    const lines = linesOf({ ...call, seconds: { received: strip, sent: null } });
    expect(lines).toContain(
      '      0:04         -         -         -         -         -  spoiled: this host dropped packets',
    );
    expect(lines).toContain(
      '      0:05         -       0 %         -         -         -  no score: this host had just dropped packets',
    );
  });

  it('draws the ladder in order, and then has the messages whole', () => {
    const lines = linesOf(worstCall());
    const start = lines.indexOf('SIP ladder, time since the first message');
    expect(lines.slice(start + 1, start + 7)).toEqual([
      '        ms  Callgauge                                              far end',
      '     0.000  |-- INVITE sip:bob@192.0.2.9 (SDP) ------------------------->|',
      '            : 3 messages were not kept',
      '     1.204  |<------------------------------------------ 486 Busy Here --|',
      '     1.250  |-- ACK sip:bob@192.0.2.9 ---------------------------------->|',
      '',
    ]);
    expect(lines).toContain('[2] received at 1.204 ms; 77 bytes of it are left out');
    expect(lines).toContain('    SIP/2.0 486 Busy Here');
    expect(lines).toContain('    m=audio 4000 RTP/AVP 0');
  });

  it('has the ladder of the called user behind it, where that is one of ours', () => {
    const { ladder } = worstCall();
    const title = 'SIP ladder of the called user, time since the first message of the caller';
    const lines = linesOf(worstCall({ calledLadder: ladder }));
    const [first, second] = [lines.indexOf('SIP ladder, time since the first message'), lines.indexOf(title)];
    expect(second).toBeGreaterThan(first);
    expect(lines.slice(second + 1)).toEqual(lines.slice(first + 1, second - 1).concat(''));
    expect(linesOf(worstCall())).not.toContain(title);
  });

  it('says that no messages were kept', () => {
    expect(linesOf(worstCall({ ladder: null })).at(-2)).toBe('SIP ladder: no messages of this call were kept');
  });

  it('shows control characters instead of obeying them, wherever they stand', () => {
    const text = renderEvidence(
      worstCall({
        callId: HOSTILE,
        endpoint: HOSTILE,
        outcome: HOSTILE,
        detail: HOSTILE,
        codec: HOSTILE,
        findings: [HOSTILE],
        ladder: {
          messages: [
            { atMs: 0, direction: 'in', firstLine: HOSTILE, text: `${HOSTILE}\r\n\r\nv=0${HOSTILE}`, cutBytes: 0 },
          ],
          omitted: 0,
          omittedAfter: 0,
        },
      }),
      { name: HOSTILE, startedAt: RUN.startedAt },
    );
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).toContain('⟨U+001B⟩[2J');
  });
});
