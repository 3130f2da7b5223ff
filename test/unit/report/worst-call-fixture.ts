/** A call that went badly, with everything that can be known of one. */
import type { WorstCall } from '../../../src/run/result.js';

/** What a peer may write where it can. */
export const HOSTILE = '"><script>alert(1)</script></style>&#x0;\u202Eevil\u2066\n\u001B[2J\u0000`\'';

/** 5 % loss in bursts of ratio 2 at a delay of 250 ms: by hand 95·5/30.1 = 15.78, 95·5/27.6 − 15.78 = 1.43, Idd = 8.92. */
export function worstCall(changes: Partial<WorstCall> = {}): WorstCall {
  return {
    call: 12,
    callId: 'abc-12@192.0.2.1',
    endpoint: 'trunk-a',
    startedAtMs: 3200,
    outcome: 'completed',
    codec: 'PCMU',
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
