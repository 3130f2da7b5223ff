import { describe, expect, it } from 'vitest';
import { HealthBook } from '../../../src/run/health.js';
import { adviceFor } from '../../../src/report/advice.js';
import type { Cause, GateResult, Result } from '../../../src/run/result.js';
import { mediaBatch, signallingBatch } from '../run/batches.js';
import { allFailed, badMos, bothDirections, FIXTURES, nothingAnswered, typicalPass } from './result-fixture.js';

/** A pass of 100 calls of which nothing more is to be said. */
function good(): Result {
  const base = bothDirections();
  const gates = base.gates.filter(({ expr }) => !expr.startsWith('success_ratio'));
  return { ...base, gates, scenario: { load: { calls: 100, stages: [{ rate: '2/s' }] } } };
}

function withCauses(...causes: readonly Partial<Cause>[]): Result {
  const base = good();
  const full = causes.map((cause) =>
    Object.assign({ phase: 'setup' as const, sipStatus: null, cause: 'x', count: 1 }, cause),
  );
  const failed = full.reduce((sum, { count }) => sum + count, 0);
  return { ...base, calls: { ...base.calls, causes: full, failed, answered: 100 - failed } };
}

function withCalls(changes: Partial<Result['calls']>, base = good()): Result {
  return { ...base, calls: { ...base.calls, ...changes } };
}

function strained(reason: string, environment: Partial<Result['environment']> = {}): Result {
  const base = good();
  return {
    ...base,
    generator: { ...base.generator, verdict: 'strained', reasons: [reason] },
    environment: { ...base.environment, ...environment },
  };
}

function withGate(changes: Partial<GateResult>, base = good()): Result {
  const [gate] = base.gates;
  if (gate === undefined) throw new Error('no gate');
  return { ...base, gates: [{ ...gate, ...changes }] };
}

function withScenario(result: Result, scenario: object): Result {
  return { ...result, scenario };
}

const SHORT = { state: 'no-data', reason: '8 samples, at least 20 are needed', samples: 8 } as const;
const SUPPORT = { expr: 'success_ratio >= 99%', state: 'pass', observed: 1, limit: 0.99, samples: 100 } as const;
const LATE = 'audio left late: send lateness p99 15.0 ms (limit 5 ms)';

describe('advice', () => {
  it('retransmissions to who never answers say nothing of the rate', () => {
    const base = good();
    const causes = [{ phase: 'setup', sipStatus: null, cause: 'timeout', count: 3 } as const];
    const result = {
      ...base,
      calls: { ...base.calls, causes: [...causes] },
      signalling: { ...base.signalling, retransmissionRatio: 2 },
    };
    expect(adviceFor(result).join()).not.toContain('sent again');
  });

  it('is none for a run of which nothing is to be said', () => {
    expect(adviceFor(good())).toEqual([]);
  });

  it.each<[string, Result, string]>([
    ['nothing answered', nothingAnswered(), '--wait 60s: the target answered nothing; '],
    [
      'only what is no SIP answered',
      { ...nothingAnswered(), signalling: { ...nothingAnswered().signalling, malformed: 7 } },
      '--target: what answers there is no SIP (7 datagrams could not be read): check the port',
    ],
    [
      'no connection',
      withCauses({ cause: 'connectionFailed', count: 12 }),
      '--wait 60s: no connection came about in 12 calls; ',
    ],
    [
      'no TLS',
      withCauses({ cause: 'tlsFailed', count: 3 }),
      '--tls-ca FILE: there was no agreement on TLS in 3 calls: ',
    ],
    [
      'credentials asked for',
      withCauses({ sipStatus: 401, count: 11 }, { sipStatus: 407 }),
      '--user NAME, with its password in CALLGAUGE_PASSWORD: the target asked for credentials in 12 calls (401, 407)',
    ],
    [
      'credentials refused',
      withScenario(withCauses({ sipStatus: 407 }), { auth: { user: 'u', password: '[redacted]' } }),
      '--user, CALLGAUGE_PASSWORD: the target refused the credentials of 1 call (407): check both',
    ],
    [
      'credentials of an endpoint refused',
      withScenario(withCauses({ sipStatus: 401 }), { endpoints: [{}, { auth: { user: 'u' } }] }),
      '--user, CALLGAUGE_PASSWORD: ',
    ],
    [
      'credentials withheld',
      withScenario(withCauses({ sipStatus: 401, cause: 'credentialsWithheld', count: 2 }), { auth: { user: 'u' } }),
      'endpoints of the scenario: another host asked for credentials in 2 calls that were redirected to it: ',
    ],
    ['forbidden', withCauses({ sipStatus: 403, count: 2 }), '--user NAME: the target forbade 2 calls (403): '],
    ['unknown number', withCauses({ sipStatus: 404, count: 3 }), '--target: no such number in 3 calls (404): '],
    [
      'codec not acceptable',
      {
        ...withCauses({ sipStatus: 488, count: 5 }),
        method: { ...good().method, codecs: typicalPass().method.codecs },
      },
      '--codec PCMU,PCMA: PCMU alone was not acceptable in 5 calls (488)',
    ],
    [
      'encryption refused',
      { ...withCauses({ cause: 'notAcceptable', sipStatus: 488, count: 5 }), scenario: { srtp: ['AEAD_AES_128_GCM'] } },
      '--srtp off: encrypted audio was not agreed on in 5 calls (488)',
    ],
    [
      'encryption not in the answer',
      { ...withCauses({ cause: 'sdp:no-crypto' }), scenario: { srtp: ['AEAD_AES_128_GCM'] } },
      '--srtp off: encrypted audio was not agreed on in 1 call: see',
    ],
    ['codec not in the answer', withCauses({ cause: 'sdp:no-common-codec' }), '--codec PCMU,G722,PCMA: '],
    [
      'busy with several at once',
      withCauses({ sipStatus: 486, count: 30 }, { sipStatus: 503, count: 9 }),
      '--concurrency 20: busy or unavailable in 39 calls (486, 503) with up to 40 at once: ',
    ],
    ['busy for all', allFailed(), '--calls 1: busy or unavailable in 100 calls (503, 486): '],
    [
      'no media slot',
      withCauses({ phase: 'start', cause: 'noSlot', count: 4 }),
      '--concurrency 40, or a wider network.rtpPorts: no media slot was free for 4 calls',
    ],
    [
      'no file handle for a media slot',
      {
        ...withCauses({ phase: 'start', cause: 'noSlot', count: 4 }),
        reasons: ['4 calls were not placed: no media slot was free: no file handle is left for UDP 10.0.0.1:4000'],
      },
      'ulimit -n: no media slot was free for 4 calls, as this host had no file handle left: ',
    ],
    [
      'no file handle for a connection',
      withCauses({ phase: 'start', cause: 'noFileHandle', count: 4 }),
      'ulimit -n: this host had no file handle left for 4 calls',
    ],
    [
      'no port for a connection',
      withCauses({ phase: 'start', cause: 'noLocalPort', count: 1 }),
      'net.ipv4.ip_local_port_range, or --connections worker: this host had no free local port left for 1 call',
    ],
    ['late audio, cores left', strained(LATE, { cores: 4 }), '--workers media=2: audio left late'],
    [
      'late audio, no core left',
      strained(LATE),
      '--concurrency 28, or a quieter host: audio left late with 40 at once; ',
    ],
    [
      'late signalling, no core left',
      strained('signalling threads were late: event-loop delay p99 30.0 ms (limit 20 ms)'),
      '--rate 1.4/s: the signalling threads were late at 2/s; ',
    ],
    [
      'late starts, cores left',
      strained('only 9 of 10 calls were started within 500 ms of their time (limit 98 %)', { cores: 3 }),
      '--workers signalling=2: calls were started too late, and this host has cores to spare',
    ],
    ['drops', strained('this host dropped 7 SIP messages that had reached its sockets'), 'callgauge doctor: this host'],
    [
      'one-way audio',
      withCalls({ oneWay: 3, noMedia: 1 }),
      '--advertise ADDRESS: audio did not come back on 3 of 250 legs: behind NAT, ',
    ],
    [
      'one-way audio with an advertised address',
      withScenario(withCalls({ noMedia: 2 }), { network: { advertise: '192.0.2.1', rtpPorts: '16384-24575' } }),
      'network.rtpPorts: audio did not come back on 2 of 250 legs: let its UDP ports (16384-24575) through',
    ],
    [
      'jitter of the host',
      withGate({ expr: 'jitter.p95 <= 0.4ms', state: 'fail', observed: 0.5, unit: 'ms' }),
      'callgauge doctor: this host alone has a jitter of 0.3 ms p95, which is much of the 0.5 ms measured: ',
    ],
    [
      'a score that failed by loss',
      badMos(),
      'the worst calls of the report: mos.p5 >= 3.6 failed with 3.4 % of the packets lost on the way from the far end, most on trunk-a (3.4 %)',
    ],
    [
      'a score of the sent direction without a gate on loss',
      withGate({ expr: 'mos{direction=sent}.p5 >= 4', state: 'fail', observed: 3.9 }),
      '--gate "loss{direction=sent}.p95 <= 1%": mos{direction=sent}.p5 >= 4 failed with 1 % of the packets lost on the way to the far end',
    ],
    [
      'retransmissions',
      { ...good(), signalling: { ...good().signalling, retransmissionRatio: 0.07 } },
      '--rate 1/s: 7 % of the SIP requests had to be sent again: ',
    ],
    ['too few samples', withGate(SHORT), '--calls 300: a gate has too few samples to judge by with 100 calls'],
    [
      'too few samples of stages with an end',
      // Starts in all of 60 seconds: 2.5 times as long, and a fifth to spare.
      withScenario(withGate(SHORT), { load: { stages: [{ rate: '2/s', hold: '60s' }] } }),
      '--duration 180s: a gate has',
    ],
    [
      'too few samples of counted calls in stages with an end',
      withScenario(withGate(SHORT), { load: { calls: 100, stages: [{ rate: '2/s', hold: '60s' }] } }),
      '--calls 300 --duration 180s: a gate has',
    ],
    ['no RTCP', { ...good(), quality: typicalPass().quality }, 'RTCP at the far end (RTP port + 1): no report came'],
    [
      'no RTCP in short calls',
      withScenario({ ...good(), quality: typicalPass().quality }, { call: { hold: '5s' } }),
      '--hold 15s: no RTCP report came in such short calls',
    ],
    [
      'a success ratio that so few calls do not show',
      // 0.99^298 = 0.0500, still above 5 %; 0.99^299 = 0.0495.
      withGate(SUPPORT),
      '--calls 299: so many without a failure show success_ratio >= 99% at 95 % confidence; 100 calls do not',
    ],
  ])('%s', (_situation, result, expected) => {
    const advice = adviceFor(result);
    expect(advice[0]?.slice(0, expected.length)).toBe(expected);
  });

  it.each<[string, Result]>([
    ['the run waited already', withScenario(nothingAnswered(), { network: { wait: '60s' } })],
    ['one call alone was busy', withCalls({ attempted: 1, peakConcurrent: 1 }, withCauses({ sipStatus: 486 }))],
    ['calls never met', withCalls({ peakConcurrent: 1 }, withCauses({ sipStatus: 503 }))],
    ['calls with credentials were forbidden', withScenario(withCauses({ sipStatus: 403 }), { auth: { user: 'u' } })],
    ['the host adds little jitter', withGate({ expr: 'jitter.p95 <= 10ms', state: 'fail', observed: 12, unit: 'ms' })],
    ['a score failed without loss', withGate({ state: 'fail' }, { ...good(), quality: withoutLoss() })],
    ['the ratio is supported', withGate({ ...SUPPORT, samples: 299 })],
    ['a failed ratio', withGate({ ...SUPPORT, state: 'fail', observed: 0.9 })],
    ['the run was stopped', { ...withGate(SHORT), verdict: 'interrupted' }],
    ['few retransmissions', { ...good(), signalling: { ...good().signalling, retransmissionRatio: 0.05 } }],
  ])('is none where %s', (_situation, result) => {
    expect(adviceFor(result)).toEqual([]);
  });

  it.each<[string, Result, string[]]>([
    [
      'where nothing answered says nothing of the load',
      { ...strained(LATE), signalling: nothingAnswered().signalling, calls: nothingAnswered().calls },
      ['--wait'],
    ],
    [
      'where no connection came about names it once',
      {
        ...nothingAnswered(),
        calls: {
          ...nothingAnswered().calls,
          causes: [{ phase: 'setup', sipStatus: null, cause: 'connectionFailed', count: 100 }],
        },
      },
      ['--wait'],
    ],
    [
      'after Ctrl-C says nothing of rates and numbers that only a whole run has',
      {
        ...strained('signalling threads were late: event-loop delay p99 30.0 ms (limit 20 ms)'),
        verdict: 'interrupted',
        gates: withGate(SHORT).gates,
        quality: typicalPass().quality,
        signalling: { ...good().signalling, retransmissionRatio: 0.2 },
      },
      [],
    ],
    [
      'after Ctrl-C still says what calls met',
      { ...withCauses({ sipStatus: 404 }), verdict: 'interrupted' },
      ['--target:'],
    ],
  ])('%s', (_situation, result, expected) => {
    expect(adviceFor(result).map((text) => text.split(' ')[0])).toEqual(expected);
  });

  it('reads the sentences that the health of the generator is told in', () => {
    const health = new HealthBook();
    health.addMedia(mediaBatch({ latenessUs: Float64Array.from([9000, 100]), sent: 100, received: 1, drops: 50 }));
    health.addSignalling(signallingBatch({ loopDelayUs: Float64Array.from([30_000, 100]) }));
    const { sendLateness, receiveDrops, eventLoopDelay } = health.conditions('libc');
    expect(adviceFor(strained(sendLateness ?? ''))[0]).toContain('audio left late');
    expect(adviceFor(strained(receiveDrops ?? ''))[0]).toContain('this host dropped packets');
    expect(adviceFor(strained(eventLoopDelay ?? ''))[0]).toContain('the signalling threads were late');
  });

  it('is three sentences at most, whatever befell', () => {
    const all = withCauses({ sipStatus: 401 }, { sipStatus: 404 }, { sipStatus: 488 }, { sipStatus: 486 });
    expect(adviceFor(all).map((text) => text.split(' ')[0])).toEqual(['--user', '--target:', '--codec']);
  });

  it.each(Object.entries(FIXTURES))('holds for any result: %s', (_name, fixture) => {
    expect(adviceFor(fixture()).every((text) => text.length > 20 && !/NaN|undefined|Infinity/.test(text))).toBe(true);
  });
});

function withoutLoss(): Result['quality'] {
  const { quality } = good();
  if (quality.received === null) throw new Error('no audio');
  const received = { ...quality.received, discardRatio: null, packets: { ...quality.received.packets, lost: 0 } };
  return { ...quality, received };
}
