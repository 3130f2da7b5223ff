/** A call that went badly, with everything that can be known of one. */
import type { EvidenceBlock, WorstCall } from '../../../src/run/result-evidence.js';

/** 5 % loss in bursts of ratio 2 at a delay of 250 ms: by hand 95·5/30.1 = 15.78, 95·5/27.6 − 15.78 = 1.43, Idd = 8.92. */
export function worstCall(changes: Partial<WorstCall> = {}): WorstCall {
  return {
    call: 12,
    callId: 'abc-12@192.0.2.1',
    endpoint: 'trunk-a',
    startedAtMs: 3200,
    outcome: 'completed',
    codec: 'PCMU',
    srtp: null,
    mosLq: 3.864,
    mosLqWb: null,
    mosCq: 3.4574,
    mosCqWb: null,
    lossRatio: 0.05,
    discardRatio: 0,
    jitterMs: 12.5,
    rttMs: 340,
    mouthToEarMs: 250,
    sent: null,
    findings: [],
    sipStatus: null,
    detail: null,
    answeredAtMs: 3260,
    endedAtMs: 68_002,
    seconds: {
      received: {
        binSeconds: 1,
        points: [
          point(4, { mosLq: 4.41, lossRatio: 0, discardRatio: 0, jitterMs: 2 }),
          point(5, { mosLq: 2.1, lossRatio: 0.25, discardRatio: 0.04, jitterMs: 31, rttMs: 340 }),
        ],
        spoiled: [],
        spoiledScores: [],
      },
      sent: null,
    },
    breakdown: {
      received: {
        scale: 'narrowband',
        faultlessR: 93.2062,
        steps: [
          { term: 'codec', points: 0, rFactor: 93.2062, mos: 4.4094 },
          { term: 'lost', points: 15.7807, rFactor: 77.4255, mos: 3.9232 },
          { term: 'late', points: 0, rFactor: 77.4255, mos: 3.9232 },
          { term: 'bursts', points: 1.4294, rFactor: 75.9961, mos: 3.864 },
          { term: 'delay', points: 8.9167, rFactor: 67.0794, mos: 3.4574 },
        ],
        rFactor: 75.9961,
        rFactorCq: 67.0794,
      },
      sent: null,
    },
    calledLadder: null,
    ladder: {
      messages: [
        message(0, 'out', 'INVITE sip:bob@192.0.2.9 SIP/2.0', 'v=0\r\nm=audio 4000 RTP/AVP 0\r\n'),
        { ...message(1.204, 'in', 'SIP/2.0 486 Busy Here', ''), cutBytes: 77 },
        message(1.25, 'out', 'ACK sip:bob@192.0.2.9 SIP/2.0', ''),
      ],
      omitted: 3,
      omittedAfter: 1,
    },
    evidence: 'evidence/call-12.txt',
    capture: 'evidence/call-12.pcapng',
    audio: 'evidence/call-12.wav',
    ...changes,
  };
}

type Point = NonNullable<NonNullable<WorstCall['seconds']>['received']>['points'][number];
type Message = NonNullable<WorstCall['ladder']>['messages'][number];

export function point(second: number, changes: Partial<Point>): Point {
  const unknown = { mosLq: null, mosLqWb: null, lossRatio: null, discardRatio: null, jitterMs: null, rttMs: null };
  return { second, ...unknown, ...changes };
}

export function message(atMs: number, direction: Message['direction'], firstLine: string, body: string): Message {
  const head = 'Call-ID: abc-12@192.0.2.1\r\nServer: pbx/1\r\n';
  return { atMs, direction, firstLine, text: `${firstLine}\r\n${head}\r\n${body}`, cutBytes: 0 };
}

/** What is known of a worst call of a run: a bad minute in both directions, as large as such things become. */
export function worstEvidence(call: number, seconds: number): Partial<WorstCall> {
  const { breakdown } = worstCall();
  const binSeconds = Math.ceil(seconds / 120);
  const points = Array.from({ length: Math.ceil(seconds / binSeconds) }, (_, index) => {
    const isBad = (index + call) % 12 < 5;
    return point(index * binSeconds, {
      mosLq: index === 0 ? null : 3.5 + Math.sin((index + call) / 4) * 0.8,
      lossRatio: isBad ? ((index * 3 + call) % 5) / 50 : 0,
      discardRatio: isBad ? (index % 4) / 100 : 0,
      jitterMs: 4 + (index % 9),
    });
  });
  const strip = { binSeconds, points, spoiled: [], spoiledScores: [] };
  return {
    seconds: { received: strip, sent: strip },
    breakdown: { received: breakdown?.received ?? null, sent: breakdown?.received ?? null },
    ladder: {
      messages: [
        message(0, 'out', `INVITE sip:${call}@192.0.2.9:5060 SIP/2.0`, 'v=0\r\n'),
        message(12, 'in', 'SIP/2.0 100 Trying', ''),
        message(40.5, 'in', 'SIP/2.0 180 Ringing', ''),
        message(950, 'in', 'SIP/2.0 200 OK', 'v=0\r\n'),
        message(951.2, 'out', `ACK sip:${call}@192.0.2.9:5060 SIP/2.0`, ''),
        message(60_951, 'out', `BYE sip:${call}@192.0.2.9:5060 SIP/2.0`, ''),
        message(60_969, 'in', 'SIP/2.0 200 OK', ''),
      ],
      omitted: 0,
      omittedAfter: 0,
    },
    evidence: `evidence/call-${call}.txt`,
    capture: null,
    audio: null,
  };
}

/** Failed calls of two causes, the first with an example that no other list has. */
export function failures(example: WorstCall): EvidenceBlock {
  const phase = 'setup';
  return {
    files: [{ call: example.call, path: `evidence/call-${example.call}.txt`, why: ['failed'] }],
    failures: [
      { phase, sipStatus: 486, cause: 'busy', count: 30, files: 20, example },
      { phase, sipStatus: null, cause: 'timeout', count: 2, files: 2, example: null },
    ],
    withoutFile: 10,
    captures: [{ call: 12, path: 'evidence/call-12.pcapng', audio: null, why: 'failed', packets: 200, isWhole: true }],
  };
}

/** First lines, headers and bodies of a peer that attacks the reader. */
export function hostileLadder(text: string): NonNullable<WorstCall['ladder']> {
  const message = {
    atMs: 0,
    direction: 'in' as const,
    firstLine: text,
    text: `${text}\r\nReason: ${text}\r\n\r\nv=0${text}`,
  };
  return { messages: [{ ...message, cutBytes: 0 }], omitted: 1, omittedAfter: 1 };
}
