/** Results for the tests of the report: each one valid by the schema, deterministic, and made for one situation. */
import { Distribution } from '../../../src/metrics/histogram.js';
import type { DistributionKind } from '../../../src/metrics/histogram.js';
import { createRandom } from '../../../src/lib/random.js';
import { resultSchema } from '../../../src/run/result.js';
import { FINDINGS, findingText } from '../../../src/run/leg-findings.js';
import { failures, hostileLadder, worstCall, worstEvidence } from './worst-call-fixture.js';
import type { CallsBlock, GateResult, Result } from '../../../src/run/result.js';
import type { DirectionQuality, ResultSecond } from '../../../src/run/result-quality.js';

/** What a far side could put into every text that it controls. */
export const HOSTILE = '"><script>alert(1)</script></style>&#x0;\u202Eevil\u2066\n\u001B[2J\u0000`\'';

interface Shape {
  readonly calls: number;
  readonly seconds: number;
  readonly mos: number;
  readonly lossRatio: number;
  /** The far end reports on what it received: sent direction and round trip are known. */
  readonly sent?: boolean;
  /** Half of the legs use G.722. */
  readonly wideband?: boolean;
}

export const PASS: Shape = { calls: 100, seconds: 60, mos: 4.39, lossRatio: 0.0004 };

export function oneCallOneSecond(): Result {
  return runOf({ calls: 1, seconds: 1, mos: 4.41, lossRatio: 0, sent: true });
}

export function typicalPass(): Result {
  return runOf(PASS);
}

/** Two endpoints, two codecs; of one endpoint the sent direction is known, of the other not. Odd streams of every kind. */
export function bothDirections(): Result {
  const base = runOf({ ...PASS, sent: true, wideband: true });
  const [first, second] = base.endpoints;
  if (first === undefined || second === undefined) throw new Error('no endpoints');
  const received = first.quality.received;
  const wideband = received === null ? null : { ...received, mosLq: null, mosCq: null, rttMs: null };
  return checked({
    ...base,
    quality: {
      ...base.quality,
      findings: FINDINGS.map((finding, index) => ({
        finding,
        legs: index + 1,
        example: index * 3,
        text: findingText(finding, index % 2 === 0 ? null : 260),
      })),
    },
    endpoints: [
      first,
      {
        ...second,
        codec: 'G722',
        codecs: [{ codec: 'G722', legs: 50 }],
        quality: { received: wideband, sent: null, farEndXr: null },
      },
    ],
    generator: {
      ...base.generator,
      floor: { jitterMs: distribution('ms', [0.02, 0.05, 0.3]), source: 'before the run, over loopback, 5 s' },
    },
  });
}

/** The same for an hour: the largest report that a run of that length can have. */
export function oneHourBothDirections(): Result {
  return runOf({ calls: 7200, seconds: 3600, mos: 4.3, lossRatio: 0.002, sent: true, wideband: true });
}

export function oneHour(): Result {
  return runOf({ calls: 7200, seconds: 3600, mos: 4.3, lossRatio: 0.002 });
}

export function badMos(): Result {
  const base = runOf({ ...PASS, mos: 3.3, lossRatio: 0.034 });
  return checked({
    ...base,
    verdict: 'fail',
    exitCode: 3,
    reasons: ['mos.p5 >= 3.6: observed 3.02 MOS, 0.58 below the limit'],
    gates: [
      gate({ expr: 'success_ratio >= 99%', observed: 1, limit: 0.99, unit: 'ratio', margin: 0.01 }),
      gate({ expr: 'mos.p5 >= 3.6', state: 'fail', observed: 3.02, limit: 3.6, margin: -0.58, firstFailedAtSecond: 4 }),
      gate({
        expr: 'loss.p95 <= 1%',
        state: 'fail',
        severity: 'warn',
        observed: 0.051,
        limit: 0.01,
        unit: 'ratio',
        margin: -0.041,
      }),
      gate({
        expr: 'jitter.p95 <= 20ms',
        state: 'untrusted',
        observed: 12.4,
        limit: 20,
        unit: 'ms',
        margin: 7.6,
        reason: 'receive drops 0.4 % spoil jitter',
      }),
      gate({
        expr: 'rtt.p95 <= 50ms',
        state: 'no-data',
        observed: null,
        limit: 50,
        unit: 'ms',
        margin: null,
        samples: 0,
        reason: 'not measured: no RTCP',
      }),
    ],
    generator: {
      ...base.generator,
      verdict: 'strained',
      reasons: ['receive drops 0.4 % are above 0.01 %'],
      receiveDrops: 1204,
      signallingDrops: 0,
      receiveDropRatio: 0.004,
    },
  });
}

/** One late second in sixty, otherwise calm. */
function generatorSeconds(seconds: number): Result['generator']['seconds'] {
  return Array.from({ length: seconds }, (_, second) => ({
    second,
    sendLatenessMs: { p99: second % 60 === 30 ? 2.4 : 0.4, max: second % 60 === 30 ? 6.1 : 1.2 },
    sentPackets: 1500,
    missedPackets: 0,
    receiveDrops: 0,
    eventLoopDelayP99Ms: 1.3,
    cpuRatio: 0.34,
    hostCpuRatio: 0.61,
    startsDue: 2,
    startsMade: 2,
  }));
}

/** Every call was refused: there is a delay, there is no audio. */
export function allFailed(): Result {
  const base = runOf(PASS);
  const causes = [
    { phase: 'setup' as const, sipStatus: 503, cause: 'serviceUnavailable', count: 61 },
    { phase: 'setup' as const, sipStatus: 486, cause: 'busy', count: 39 },
  ];
  return silent(base, { ...noCalls(), requested: 100, attempted: 100, failed: 100, causes }, 'fail');
}

/** No packet came back at all. */
export function nothingAnswered(): Result {
  const base = runOf(PASS);
  const causes = [{ phase: 'setup' as const, sipStatus: null, cause: 'timeout', count: 100 }];
  const dead = silent(base, { ...noCalls(), requested: 100, attempted: 100, failed: 100, causes }, 'could-not-run');
  return checked({ ...dead, signalling: { ...dead.signalling, setupDelayMs: null, responses: [] } });
}

/** A run that could not start: no second, no endpoint, no gate. */
export function nothingAtAll(): Result {
  const base = silent(runOf(PASS), noCalls(), 'could-not-run');
  const signalling = {
    ...base.signalling,
    successRatio: null,
    setupDelayMs: null,
    retransmissionRatio: null,
    responses: [],
  };
  const generator = {
    ...base.generator,
    sendLatenessMs: null,
    startLagMs: null,
    eventLoopDelayMs: null,
    ackToRtpMs: null,
    cpuRatio: null,
    seconds: [],
  };
  return checked({
    ...base,
    durationMs: 0,
    signalling,
    generator,
    seconds: [],
    endpoints: [],
    gates: [],
    warnings: [],
  });
}

/** Hostile text wherever the schema takes text. */
export function hostile(): Result {
  const base = badMos();
  const [cause] = allFailed().calls.causes;
  const calls = { ...base.calls, causes: cause === undefined ? [] : [{ ...cause, cause: HOSTILE }] };
  return checked({
    ...base,
    name: HOSTILE,
    tool: { ...base.tool, version: HOSTILE, commit: HOSTILE },
    reasons: [HOSTILE],
    warnings: [HOSTILE],
    calls,
    gates: base.gates.map((one) => ({ ...one, expr: `mos.p5 >= 3.6${HOSTILE}`, reason: HOSTILE, unit: HOSTILE })),
    signalling: {
      ...base.signalling,
      retransmissions: [{ method: HOSTILE, count: 1 }],
      responses: [{ method: HOSTILE, status: 200, count: 1 }],
      registrations: {
        users: 2,
        registeredAtBegin: 1,
        refused: 1,
        attempts: 3,
        ineffective: 1,
        bindingsLost: 3,
        failures: [{ sipStatus: 403, cause: HOSTILE, count: 1 }],
        leftRegistered: null,
        secondLegs: { byHeader: 0, byCallerName: 1, byCalledUser: 0 },
        audioMarkers: { confirmed: 1, contradicted: 0, notHeard: 0 },
        strangeCalls: 0,
      },
    },
    endpoints: base.endpoints.map((one) => ({
      ...one,
      name: HOSTILE,
      target: HOSTILE,
      codec: HOSTILE,
      codecs: [
        { codec: HOSTILE, legs: 1 },
        { codec: HOSTILE, legs: 2 },
      ],
      labels: { [HOSTILE]: HOSTILE },
    })),
    quality: { ...base.quality, findings: [{ finding: HOSTILE, legs: 1, example: 1, text: HOSTILE }] },
    worstCalls: base.worstCalls.map((one) =>
      Object.assign(one, {
        callId: HOSTILE,
        endpoint: HOSTILE,
        outcome: HOSTILE,
        codec: HOSTILE,
        findings: [HOSTILE],
        detail: HOSTILE,
        evidence: HOSTILE,
        ladder: hostileLadder(HOSTILE),
      }),
    ),
    evidence: failures(
      worstCall({ outcome: HOSTILE, detail: HOSTILE, evidence: HOSTILE, ladder: hostileLadder(HOSTILE) }),
    ),
    generator: {
      ...base.generator,
      reasons: [HOSTILE],
      lostWorkers: [HOSTILE],
      floor: { jitterMs: null, source: HOSTILE },
    },
    environment: { ...base.environment, node: HOSTILE, platform: HOSTILE, cpuModel: HOSTILE, command: HOSTILE },
    method: {
      ...base.method,
      model: HOSTILE,
      echo: HOSTILE,
      oneWayDelay: HOSTILE,
      burstRatio: HOSTILE,
      sentFrom: HOSTILE,
      rtcpInterval: HOSTILE,
      codecs: [{ codec: HOSTILE, ie: 0, bpl: 25.1, source: HOSTILE }],
    },
    scenario: { [HOSTILE]: HOSTILE },
  });
}

/** Every situation by its name. */
export const FIXTURES: Readonly<Record<string, () => Result>> = {
  oneCallOneSecond,
  typicalPass,
  badMos,
  allFailed,
  nothingAnswered,
  nothingAtAll,
  hostile,
  bothDirections,
  oneHour,
  oneHourBothDirections,
};

/** Of calls none of which was answered: 503, 486, or no response. */
function sessionsOf({ attempted: attempts, causes }: CallsBlock) {
  const busy = causes.reduce((sum, { sipStatus, count }) => sum + (sipStatus === 486 ? count : 0), 0);
  const share = (count: number): number | null => (attempts === 0 ? null : count / attempts);
  const none = { ser: share(0), scr: share(0), asr: share(0), sessionDurationMs: null };
  return { attempts, redirected: 0, ...none, seer: share(busy), ner: share(busy), isa: share(attempts - busy) };
}

function silent(base: Result, calls: CallsBlock, verdict: Result['verdict']): Result {
  const seconds = base.seconds.map((row) => ({
    ...row,
    activeCalls: 0,
    answered: 0,
    failed: row.started,
    received: null,
  }));
  const { answerDelayMs: _answer, disconnectDelayMs: _disconnect, ...signalling } = base.signalling;
  const withoutAnswer = {
    ...signalling,
    ...sessionsOf(calls),
    successRatio: 0,
    answerDelayMs: null,
    disconnectDelayMs: null,
  };
  return checked({
    ...base,
    verdict,
    exitCode: verdict === 'fail' ? 3 : 5,
    reasons: ['success_ratio >= 99%: observed 0 %'],
    calls,
    signalling: withoutAnswer,
    quality: { received: null, sent: null, farEndXr: null, findings: [] },
    seconds,
    gates: [
      gate({ expr: 'success_ratio >= 99%', state: 'fail', observed: 0, limit: 0.99, unit: 'ratio', margin: -0.99 }),
      gate({
        expr: 'mos.p5 >= 3.6',
        state: 'no-data',
        observed: null,
        margin: null,
        samples: 0,
        reason: 'no call was answered',
      }),
    ],
    endpoints: base.endpoints.map((one) => ({
      ...one,
      calls,
      quality: { received: null, sent: null, farEndXr: null },
      codecs: [],
      codec: null,
      seconds: [],
    })),
    worstCalls: [],
    generator: {
      ...base.generator,
      sendLatenessMs: null,
      sentPackets: 0,
      ackToRtpMs: null,
      seconds: base.generator.seconds.map((row) => ({
        ...row,
        sendLatenessMs: null,
        sentPackets: 0,
        missedPackets: 0,
      })),
    },
  });
}

function runOf(shape: Shape): Result {
  const random = createRandom(7);
  const noise = (): number => (random.nextUint32() % 1000) / 1000;
  const seconds = Array.from({ length: shape.seconds }, (_, second) => secondOf(shape, second, noise));
  const calls = {
    ...noCalls(),
    requested: shape.calls,
    attempted: shape.calls,
    answered: shape.calls,
    completed: shape.calls,
    succeeded: shape.calls,
    peakConcurrent: Math.min(shape.calls, 40),
  };
  const received = qualityOf(shape, noise);
  const { packets, ...sentFigures } = qualityOf({ ...shape, mos: shape.mos - 0.3, lossRatio: 0.01 }, noise);
  const { stray: _, malformed: __, srtpAuthFailures: ___, ...sentPackets } = packets;
  const sentLegs = { rtcp: shape.calls, answerer: 0 };
  const sent = shape.sent === true ? { ...sentFigures, packets: sentPackets, legs: sentLegs } : null;
  const codecs = [
    { codec: 'PCMU', legs: shape.calls },
    ...(shape.wideband === true ? [{ codec: 'G722', legs: shape.calls }] : []),
  ];
  const delay = (middle: number) =>
    distribution(
      'ms',
      Array.from({ length: 200 }, () => middle * (0.7 + noise())),
    );
  const delays = {
    successRatio: 1,
    attempts: shape.calls,
    redirected: 0,
    ser: 1,
    seer: 1,
    isa: 0,
    scr: 1,
    asr: 1,
    ner: 1,
    sessionDurationMs: distribution('ms', [29_900, 30_000, 30_100]),
    setupDelayMs: delay(42),
    answerDelayMs: delay(950),
    disconnectDelayMs: delay(18),
  };
  const responses = [
    { method: 'INVITE', status: 100, count: shape.calls },
    { method: 'INVITE', status: 180, count: shape.calls },
    { method: 'INVITE', status: 200, count: shape.calls },
    { method: 'BYE', status: 200, count: shape.calls },
  ];
  return checked({
    schemaVersion: '1.0',
    tool: { name: 'callgauge', version: '0.1.0', commit: '0123abcd' },
    name: 'peak hour to trunk A',
    startedAt: '2026-11-20T14:03:22.512Z',
    durationMs: shape.seconds * 1000,
    verdict: 'pass',
    exitCode: 0,
    reasons: ['all 3 gates passed'],
    warnings: [
      `${shape.calls} calls without a failure only show a success of ≥ ${shape.calls > 1 ? '97.0' : '5.0'} % at 95 % confidence`,
    ],
    gates: [
      gate({
        expr: 'success_ratio >= 99%',
        observed: 1,
        limit: 0.99,
        unit: 'ratio',
        margin: 0.01,
        samples: shape.calls,
        window: null,
      }),
      gate({ observed: 4.38, margin: 0.78 }),
      gate({
        expr: 'one_way == 0',
        observed: 0,
        limit: 0,
        unit: 'count',
        margin: 0,
        samples: shape.calls,
        window: null,
      }),
    ],
    load: {
      targetRate: 2,
      intended: shape.calls,
      achieved: shape.calls,
      heldBack: 0,
      activeCalls: distribution('calls', [1, 20, 40]),
      startRate: distribution('rate', [1, 2, 3]),
    },
    calls,
    signalling: {
      ...delays,
      responses,
      retransmissionRatio: 0.0013,
      retransmissions: [{ method: 'INVITE', count: 2 }],
      malformed: 0,
      dropped: 0,
    },
    quality: { received, sent, findings: [] },
    seconds,
    endpoints: ['trunk-a', 'branch-office'].map((name, index) => ({
      name,
      target: `sip:10.0.0.${index + 1}:5060;transport=udp`,
      labels: { site: 'main', carrier: `carrier ${index + 1}` },
      codec: codecs.length === 1 ? 'PCMU' : null,
      codecs,
      calls,
      signalling: { ...delays, finalResponses: [{ status: 200, count: shape.calls }] },
      quality: { received: index === 0 ? received : null, sent: index === 0 ? sent : null },
      seconds: [],
    })),
    worstCalls: Array.from({ length: Math.min(8, shape.calls) }, (_, index) => ({
      call: index * 7 + 1,
      callId: `9f86d081884c7d65-${index}@10.0.0.9`,
      endpoint: 'trunk-a',
      startedAtMs: index * 900,
      outcome: 'completed',
      codec: 'PCMU',
      mosLq: index === 7 ? null : shape.mos - 0.5 + index * 0.02,
      ...(shape.sent === true ? worstSent(shape, index) : {}),
      lossRatio: shape.lossRatio * 2,
      discardRatio: 0.00012,
      jitterMs: 3.4 + index,
      ...worstEvidence(index * 7 + 1, shape.seconds),
    })),
    generator: {
      verdict: 'healthy',
      reasons: [],
      sendLatenessMs: distribution('ms', [0.02, 0.05, 0.4, 1.2]),
      missedPackets: 0,
      sentPackets: shape.calls * 1500,
      sendErrors: 0,
      eventLoopDelayMs: distribution('ms', [0.1, 1.3, 4.2]),
      receiveDrops: 0,
      signallingDrops: 0,
      receiveDropRatio: 0,
      startLagMs: distribution('ms', [0.2, 0.9, 3.1]),
      ackToRtpMs: distribution('ms', [0.4, 2, 8]),
      clockSteps: 0,
      cpuRatio: 0.34,
      netBackend: 'libc',
      lostWorkers: [],
      spoiledCallSeconds: 0,
      spoiledScoreSeconds: 0,
      seconds: generatorSeconds(shape.seconds),
    },
    environment: {
      node: 'v20.20.2',
      platform: 'linux x64',
      cpuModel: 'AMD EPYC 7B13',
      cores: 2,
      memoryBytes: 8 * 1024 ** 3,
      openFilesLimit: 65_536,
      workers: { signalling: 1, media: 1 },
      socketBufferBytes: { requested: 262_144, granted: null },
      signallingDscp: 24,
      mediaDscp: 46,
      seenAddress: null,
      command: 'callgauge run scenarios/peak.yaml --seed 7',
    },
    method: {
      scoreWindowSeconds: 5,
      jitterBufferMs: 60,
      model: 'ITU-T G.107 (E-model), narrowband',
      codecs: [
        { codec: 'PCMU', ie: 0, bpl: 25.1, source: 'ITU-T G.113, with concealment' },
        ...(shape.wideband === true ? [G722] : []),
      ],
      echo: 'none: T = Tr = 0',
      advantageFactor: 0,
      oneWayDelay: 'Ta = RTT/2 + 60 ms jitter buffer + 20 ms packet time + codec look-ahead',
      burstRatio: 'mean length of the runs of lost packets × (1 − loss ratio), at least 1',
      sentFrom: 'RTCP reports of the far end',
      rtcpInterval: 'RFC 3550 §6.2 (5 s, randomised)',
    },
    scenario: {
      version: 1,
      endpoints: { 'trunk-a': { target: 'sip:10.0.0.1', password: '***' } },
      load: { rate: '2/s' },
    },
    seed: 7,
  });
}

const G722 = { codec: 'G722', ie: 13, bpl: 4.5, source: 'ITU-T G.113 App. IV', scale: 'wideband', provisional: true };

function worstSent({ mos }: Shape, index: number) {
  const scores = { mosLq: mos - 0.9, mosLqWb: null, mosCq: mos - 1, mosCqWb: null };
  const figures = { lossRatio: 0.021, discardRatio: null, jitterMs: 6.25 };
  return {
    mosCq: index === 7 ? null : mos - 0.6,
    rttMs: 84.2,
    mouthToEarMs: 122.1,
    sent: index === 5 ? null : { basis: 'rtcp', ...scores, ...figures },
    findings: index === 3 ? ['otherSource', 'clockSkew', 'rtcpMissing'] : [],
  };
}

const spread = (middle: number) => ({ p5: middle - 0.3, p50: middle, p95: middle + 0.02, min: middle - 0.6 });

function secondOf(shape: Shape, second: number, noise: () => number): ResultSecond {
  const active = Math.min(shape.calls, 40, Math.round((second + 1) * 2));
  const mos = shape.mos - noise() * 0.15;
  // Nothing is scored in the first two seconds of a longer run.
  const scored = second >= 2 || shape.seconds === 1;
  const received = {
    legs: active,
    mosLq: scored ? spread(mos) : null,
    mosLqWb: scored && shape.wideband === true ? spread(mos - 0.1) : null,
    lossRatio: shape.lossRatio * noise() * 2,
    jitterMs: { p50: 2 + noise(), p95: 5 + noise() * 3 },
    rttMs: shape.sent === true && second % 7 !== 3 ? { p50: 40 + noise() * 8, p95: 60 + noise() * 30 } : null,
  };
  const reports = shape.sent === true && second % 7 !== 3 ? Math.ceil(active / 5) : 0;
  const sent =
    reports === 0 ? null : { ...received, legs: reports, mosLq: spread(mos - 0.4), lossRatio: 0.01 * noise() };
  return {
    second,
    targetRate: 2,
    activeCalls: active,
    started: Math.round(1 + noise() * 2),
    answered: 2,
    failed: 0,
    received,
    sent,
  };
}

function qualityOf(shape: Shape, noise: () => number): DirectionQuality {
  const size = Math.max(1, Math.min(20_000, shape.calls * 30));
  const values = (low: number, range: number, count: number): number[] =>
    Array.from({ length: count }, () => low + noise() ** 2 * range);
  const known = shape.sent === true;
  const blockOf = (count: number) => ({
    mosCq: known ? distribution('mosCq', values(shape.mos - 0.1, -0.5, count)) : null,
    mosLqWb: shape.wideband === true ? distribution('mosWb', values(shape.mos - 0.1, -0.7, count)) : null,
    mosCqWb: shape.wideband === true && known ? distribution('mosCqWb', values(shape.mos - 0.2, -0.7, count)) : null,
    mosLqNoPlc: distribution('mos', values(shape.mos - 0.2, -0.9, count)),
    rttMs: known ? distribution('ms', values(40, 60, count)) : null,
    mouthToEarMs: known ? distribution('ms', values(100, 30, count)) : null,
    mosLq: distribution('mos', values(shape.mos, -0.5, count)),
    rFactor: distribution('rFactor', values(93, -12, count)),
    lossRatio: distribution('ratio', values(0, shape.lossRatio * 4, count)),
    discardRatio: distribution('ratio', values(0, 0.001, count)),
    jitterMs: distribution('ms', values(1, 9, count)),
  });
  const expected = size * 50;
  const lost = Math.round(expected * shape.lossRatio);
  const packets = {
    expected,
    received: expected - lost,
    lost,
    discarded: 3,
    duplicate: 0,
    reordered: 1,
    stray: 0,
    malformed: 0,
    srtpAuthFailures: null,
  };
  const bursts = {
    burstR: distribution('burstR', values(1, 2, shape.calls)),
    burstDensity: null,
    burstMs: null,
    gapDensity: distribution('density', values(0, 0.02, shape.calls)),
    gapMs: distribution('ms', values(1000, 9000, shape.calls)),
  };
  return { ...blockOf(size), perCall: { ...blockOf(shape.calls), ...bursts }, packets };
}

function distribution(kind: DistributionKind, values: readonly number[]) {
  const histogram = new Distribution(kind);
  for (const value of values) histogram.record(value);
  return histogram.summary();
}

function gate(change: Partial<GateResult>): GateResult {
  return {
    expr: 'mos.p5 >= 3.6',
    state: 'pass',
    observed: 4.4,
    limit: 3.6,
    unit: 'MOS',
    margin: 0.8,
    samples: 2900,
    window: { fromSecond: 0, toSecond: 59 },
    severity: 'gate',
    firstFailedAtSecond: null,
    reason: null,
    comparedWith: 'limit',
    reference: null,
    forMs: null,
    afterMs: 0,
    limitFloor: null,
    profile: null,
    ...change,
  };
}

function noCalls(): CallsBlock {
  return {
    requested: 0,
    notStarted: 0,
    attempted: 0,
    answered: 0,
    failed: 0,
    completed: 0,
    dropped: 0,
    cut: 0,
    succeeded: 0,
    oneWay: 0,
    noMedia: 0,
    roundTrip: 0,
    peakConcurrent: 0,
    causes: [],
    judged: null,
  };
}

function checked(result: unknown): Result {
  return resultSchema.parse(result);
}
