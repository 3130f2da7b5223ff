import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGates } from '../../../src/gates/check.js';
import { defaultGates } from '../../../src/gates/defaults.js';
import { evaluateGates } from '../../../src/gates/evaluate.js';
import { Distribution, type DistributionKind } from '../../../src/metrics/histogram.js';
import { serializeResult } from '../../../src/report/json.js';
import { healthOf } from '../../../src/run/live-gates.js';
import { buildResult, type RunFacts } from '../../../src/run/result-builder.js';
import { resultSchema, type Result } from '../../../src/run/result.js';
import { type DistributionSummary } from '../../../src/run/result-fields.js';
import { RunBook } from '../../../src/run/run-book.js';
import { LEG, ROW, type CallRecord, type MediaBatch, type SignallingBatch } from '../../../src/worker/messages.js';
import {
  concat,
  cutRecord,
  droppedRecord,
  failedRecord,
  legsOf,
  mediaBatch,
  notStartedRecord,
  recordOf,
  rowsOf,
  sentLegsOf,
  sentRowsOf,
  signallingBatch,
} from './batches.js';

const ENDPOINTS = [
  { name: 'trunk-a', target: 'sip:a@10.0.0.2', labels: { site: 'north' } },
  { name: 'trunk-b', target: 'sip:b@10.0.0.3', labels: {} },
];

interface Situation {
  readonly endpoints?: 1 | 2;
  readonly media?: boolean;
  readonly gates?: readonly string[];
  readonly verdict?: RunFacts['verdict'];
  readonly areDefaults?: boolean;
  readonly codecs?: Result['method']['codecs'];
}

function factsOf(situation: Situation): RunFacts {
  const { endpoints = 1, media = true, gates = [], verdict = {}, areDefaults = false, codecs = [] } = situation;
  const names = ENDPOINTS.map(({ name }) => name);
  const context = { endpoints: names, labels: {}, codecs: ['PCMU', 'PCMA', 'G722'], areDefaults };
  const checked = parseGates(gates, context);
  expect(checked.problems).toEqual([]);
  return {
    tool: { name: 'callgauge', version: '0.1.0', commit: null },
    name: 'test',
    startedAt: '2026-11-20T23:05:09.000Z',
    durationMs: 5000,
    endpoints: ENDPOINTS.slice(0, endpoints),
    media,
    gates: checked.gates,
    verdict,
    warnings: ['said before'],
    cpuRatio: null,
    netBackend: media ? 'libc' : 'none',
    environment: {
      node: 'v20.0.0',
      platform: 'linux',
      cpuModel: 'test',
      cores: 2,
      memoryBytes: 1,
      openFilesLimit: null,
      workers: { signalling: 1, media: 1 },
      socketBufferBytes: { requested: 0, granted: null },
      signallingDscp: null,
      mediaDscp: null,
      seenAddress: null,
      command: 'callgauge run',
    },
    method: {
      scoreWindowSeconds: 5,
      jitterBufferMs: 60,
      model: 'test',
      codecs,
      echo: null,
      advantageFactor: null,
      oneWayDelay: null,
      burstRatio: null,
      sentFrom: null,
      rtcpInterval: null,
    },
    scenario: {},
    seed: 1,
    targetRateAt: (second) => second + 0.5,
    peakTargetRate: 10,
  };
}

const farLegsOf = (legs: readonly object[]): Float64Array =>
  legsOf(...legs.map((leg, call) => Object.assign(without({ ...leg }, 'second'), { call, direction: 1, basis: 2 })));

interface Batches {
  readonly far?: readonly Float64Array[];
  readonly signalling?: readonly Partial<SignallingBatch>[];
  readonly media?: readonly Partial<MediaBatch>[];
}

/** Valid by the schema, and as JSON exactly what it was: no NaN, no Infinity, nothing undefined. */
function resultOf(batches: Batches, situation: Situation = {}): Result {
  const facts = factsOf(situation);
  const book = new RunBook({ ...facts, warmupMs: 0, watched: facts.gates });
  batches.signalling?.forEach((batch) => book.addSignalling(signallingBatch(batch)));
  batches.media?.forEach((batch) => book.addMedia(mediaBatch(batch)));
  batches.far?.forEach((table) => book.addFarLegs(table));
  book.flush();
  const result = buildResult(book, facts);
  expect(resultSchema.parse(result)).toEqual(result);
  const text = serializeResult(result);
  expect(JSON.parse(text)).toEqual(result);
  result.seconds.forEach(({ second }, index) => expect(second).toBe(index));
  result.endpoints.forEach(({ seconds }) => seconds.forEach(({ second }, index) => expect(second).toBe(index)));
  return result;
}

const GATES = ['success_ratio >= 99%', 'mos.p5 >= 3.6', 'one_way == 0', 'loss{per=call}.max < 1%', 'dropped <= 1%'];

describe('a run in which nothing was measured at all', () => {
  it('knows nothing, and says so instead of 0', () => {
    const result = resultOf({}, { gates: [...GATES, 'active_calls.max >= 0', 'retransmission_ratio <= 1%'] });
    expect(result.gates.map(({ state, observed, window }) => [state, observed, window])).toEqual(
      Array.from({ length: 7 }, () => ['no-data', null, null]),
    );
    expect([result.verdict, result.exitCode]).toEqual(['inconclusive', 4]);
    expect(result.signalling).toMatchObject({ successRatio: null, setupDelayMs: null, retransmissionRatio: null });
    expect(result.load).toMatchObject({ activeCalls: null, startRate: null, intended: 0, achieved: 0 });
    expect(result.quality.received).toBeNull();
    expect(result.endpoints).toMatchObject([{ codec: null, quality: { received: null }, seconds: [] }]);
    expect(result.generator).toMatchObject({ receiveDrops: null, receiveDropRatio: null, sendLatenessMs: null });
    expect([result.seconds, result.worstCalls]).toEqual([[], []]);
  });
});

describe('a run in which all calls failed', () => {
  const records = Array.from({ length: 20 }, (_, call) => failedRecord({ call, startedMs: call * 100, endedMs: 3050 }));

  it('fails by its success ratio, and its audio is no data', () => {
    const result = resultOf({ signalling: [{ records }], media: [{}] }, { gates: GATES });
    expect(result.gates.map(({ state }) => state)).toEqual(['fail', 'no-data', 'no-data', 'no-data', 'no-data']);
    expect([result.verdict, result.exitCode]).toEqual(['fail', 3]);
    expect(result.signalling.successRatio).toBe(0);
    expect(result.calls).toMatchObject({ requested: 20, attempted: 20, answered: 0, failed: 20 });
    expect(result.calls.causes).toEqual([{ phase: 'setup', sipStatus: 503, cause: 'serviceUnavailable', count: 20 }]);
    expect(result.endpoints[0]?.signalling.finalResponses).toEqual([{ status: 503, count: 20 }]);
    expect(result.worstCalls).toHaveLength(10);
    expect(result.worstCalls[0]).toMatchObject({
      endpoint: 'trunk-a',
      outcome: 'failed: serviceUnavailable',
      mosLq: null,
      lossRatio: null,
      jitterMs: null,
    });
    expect(result.seconds.map(({ failed }) => failed)).toEqual([0, 0, 0, 20]);
  });
});

const secondOf = (startedMs: number): number => Math.floor(startedMs / 1000) + 1;

/** 400 calls at ten a second, each with a leg and two rows. */
function normalRun(endpoints: 1 | 2): Batches {
  const calls = Array.from({ length: 400 }, (_, call) => ({ call, endpoint: call % endpoints, startedMs: call * 100 }));
  return {
    signalling: [
      {
        intended: 400,
        peakActive: 21,
        records: calls.map(({ startedMs, ...call }) =>
          recordOf({
            ...call,
            startedMs,
            intendedMs: startedMs,
            establishedMs: startedMs + 50,
            endedMs: startedMs + 2050,
            hasMedia: true,
          }),
        ),
      },
    ],
    media: [
      {
        sent: 40_000,
        received: 40_000,
        rows: rowsOf(
          ...calls.flatMap(({ call, endpoint, startedMs }) => [
            { call, endpoint, second: secondOf(startedMs), lost: call % 2 },
            { call, endpoint, second: secondOf(startedMs) + 1, jitterMs: (call % 40) / 7 },
          ]),
        ),
        legs: legsOf(
          ...calls.map(({ call, endpoint }) => ({ call, endpoint, lost: call % 2, rFactor: 93.2 - (call % 2) })),
        ),
      },
    ],
  };
}

describe('a normal run', () => {
  const result = resultOf(normalRun(1), { gates: GATES });

  it('passes with all its figures', () => {
    expect(result.gates.map(({ expr, state }) => [expr, state])).toEqual([
      ['success_ratio >= 99%', 'pass'],
      ['mos.p5 >= 3.6', 'pass'],
      ['one_way == 0', 'pass'],
      ['loss{per=call}.max < 1%', 'fail'],
      ['dropped <= 1%', 'pass'],
    ]);
    expect(result.calls).toMatchObject({
      requested: 400,
      attempted: 400,
      completed: 400,
      oneWay: 0,
      peakConcurrent: 21,
    });
    expect(result.load).toMatchObject({ intended: 400, achieved: 400, startRate: { min: 10, max: 10, count: 40 } });
    expect(result.generator).toMatchObject({ verdict: 'healthy', reasons: [], receiveDrops: 0 });
    expect(result.warnings).toEqual(['said before']);
    expect(result.seconds[7]?.targetRate).toBe(7.5);
  });

  it('tells the calls that are evidence apart: after the warm-up, by start, and their legs by answer', () => {
    const facts = factsOf({ gates: GATES });
    const book = new RunBook({ ...facts, warmupMs: 10_000, watched: facts.gates });
    // One in the warm-up and dropped, one that was answered after it, one that we cut, two of the time that counts.
    const records = [
      droppedRecord({ call: 0, startedMs: 1000, establishedMs: 1050, hasMedia: true }),
      recordOf({ call: 1, startedMs: 9990, establishedMs: 10_040, hasMedia: true }),
      cutRecord('after', { call: 2, startedMs: 11_000 }),
      recordOf({ call: 3, startedMs: 12_000, establishedMs: 12_050, hasMedia: true }),
      failedRecord({ call: 4, startedMs: 12_000 }),
    ];
    book.addSignalling(signallingBatch({ records }));
    const silent = { taken: 0, received: 0, expected: 250, sent: 250 };
    book.addMedia(
      mediaBatch({
        legs: legsOf(
          { call: 0, answeredMs: 1050, ...silent },
          { call: 1, answeredMs: 10_040 },
          { call: 3, answeredMs: 12_050, ...silent },
        ),
      }),
    );
    const { calls, endpoints } = buildResult(book, facts);
    const judged = {
      fromMs: 10_000,
      attempted: 2,
      succeeded: 1,
      answered: 1,
      dropped: 0,
      legs: 2,
      oneWay: 1,
      noMedia: 1,
    };
    expect(calls).toMatchObject({ attempted: 5, dropped: 1, noMedia: 2, judged });
    expect(endpoints[0]?.calls.judged).toEqual(judged);
  });

  it('has seconds of the whole run and of each endpoint', () => {
    expect(result.seconds).toHaveLength(42);
    expect(result.seconds[5]).toMatchObject({ started: 10, answered: 10, activeCalls: 20, received: { legs: 20 } });
    expect(result.seconds.at(-1)).toMatchObject({ started: 0, activeCalls: 0 });
    expect(result.endpoints[0]?.seconds).toHaveLength(42);
  });

  it('has distributions whose histogram gives back what stands beside it', () => {
    const kinds: readonly [DistributionKind, DistributionSummary | null | undefined][] = [
      ['mos', result.quality.received?.mosLq],
      ['rFactor', result.quality.received?.perCall.rFactor],
      ['ratio', result.quality.received?.lossRatio],
      ['ms', result.quality.received?.jitterMs],
      ['ms', result.signalling.setupDelayMs],
      ['ms', result.generator.startLagMs],
      ['calls', result.load.activeCalls],
      ['rate', result.load.startRate],
    ];
    for (const [kind, summary] of kinds) {
      expect(summary?.count).toBeGreaterThan(0);
      const decoded = Distribution.decode(kind, summary!.histogram, summary!);
      expect({ ...decoded.summary(), stdDev: summary?.stdDev }).toEqual(summary);
      expect(decoded.stdDev).toBeCloseTo(summary!.stdDev, 9);
    }
  });

  it('with two endpoints gives each its own, and they add up', () => {
    const both = resultOf(normalRun(2), {
      endpoints: 2,
      gates: ['loss{endpoint=trunk-b}.max <= 1%', 'loss{endpoint=trunk-a}.max == 0'],
    });
    expect(both.gates).toMatchObject([
      { state: 'fail', observed: 0.02, firstFailedAtSecond: 1 },
      { state: 'pass', observed: 0 },
    ]);
    const [a, b] = both.endpoints;
    expect([a?.calls.attempted, b?.calls.attempted]).toEqual([200, 200]);
    expect([a?.quality.received?.packets.lost, b?.quality.received?.packets.lost]).toEqual([0, 200]);
    expect([a?.codec, a?.calls.peakConcurrent, both.calls.peakConcurrent]).toEqual(['PCMU', 10, 21]);
    expect(both.quality).toEqual(result.quality);
    expect(both.seconds).toEqual(result.seconds);
  });
});

/** Two endpoints: one of G.711 that reports on us, one of G.711 and G.722 that does not. */
const MIXED: Batches = {
  signalling: [
    {
      records: [0, 1, 2].map((call) => recordOf({ call, endpoint: call === 0 ? 0 : 1, hasMedia: true, startedMs: 0 })),
    },
  ],
  media: [
    {
      second: 4,
      rows: concat(
        rowsOf(
          { call: 0, second: 1, codec: 0, mosLq: 4.4, mosCq: 4.3, rttMs: 40, mouthToEarMs: 100 },
          { call: 1, second: 1, codec: 1, endpoint: 1, mosLq: 4.2 },
          { call: 2, second: 1, codec: 2, endpoint: 1, mosLq: 4.3, rFactor: 115 },
        ),
        sentRowsOf({ call: 0, second: 1, codec: 0, mosLq: 3.9, expected: 250, lost: 25, discarded: Number.NaN }),
      ),
      legs: concat(
        legsOf(
          { call: 0, codec: 0, mosLq: 4.4, rttMs: 41, rtcpReceived: 1 },
          { call: 1, codec: 1, endpoint: 1, mosLq: 4.2, clockSkewPpm: 260 },
          { call: 2, codec: 2, endpoint: 1, mosLq: 4.3, rFactor: 115, otherSource: 1 },
        ),
        sentLegsOf({ call: 0, codec: 0, mosLq: 3.8, lost: 20, discarded: Number.NaN, duplicate: Number.NaN }),
      ),
    },
  ],
};

/** A good run whose legs all use this codec, judged by the default gates of both scales. */
const judgedByDefault = (codec: number): Result =>
  resultOf(
    {
      signalling: [{ records: placed(400) }],
      media: [
        {
          rows: rowsOf(...Array.from({ length: 20 }, (_, second) => ({ second, codec, mosLq: 4.3 }))),
          legs: legsOf({ codec }),
        },
      ],
    },
    { gates: defaultGates(['narrowband', 'wideband']), areDefaults: true },
  );

it('encrypted legs stand by suite and endpoint, with what was not authentic; of legs in the clear that is unknown', () => {
  const legs = legsOf(
    { call: 1, srtpSuite: 0, srtpAuthFailures: 3 },
    { call: 2, srtpSuite: 4, srtpAuthFailures: 0 },
    { call: 3, srtpSuite: 0, srtpAuthFailures: 2 },
    { call: 4, endpoint: 1 },
  );
  const { endpoints, quality } = resultOf({ media: [{ legs }] }, { endpoints: 2 });
  expect(endpoints.map(({ srtp }) => srtp)).toEqual([
    [
      { suite: 'AES_CM_128_HMAC_SHA1_80', legs: 2 },
      { suite: 'AEAD_AES_128_GCM', legs: 1 },
    ],
    [],
  ]);
  const failures = [quality, ...endpoints.map((endpoint) => endpoint.quality)].map(
    ({ received }) => received?.packets.srtpAuthFailures,
  );
  expect(failures).toEqual([5, 5, null]);
  expect(quality.findings).toMatchObject([{ finding: 'srtpAuthFailures', legs: 2, example: 1 }]);
});

describe('a run of two codecs whose far end reports in part', () => {
  const result = resultOf(MIXED, { endpoints: 2 });

  it('has both directions, each scale under its own name', () => {
    const { received, sent } = result.quality;
    expect(received).toMatchObject({
      mosLq: { count: 2, min: 4.2, max: 4.4, scale: 'MOS-LQEN' },
      mosLqWb: { count: 1, min: 4.3, scale: 'MOS-LQEW' },
      mosCq: { count: 1, min: 4.3, scale: 'MOS-CQEN' },
      mosCqWb: null,
      rFactor: { count: 2 },
      rttMs: { count: 1, p50: 40 },
      mouthToEarMs: { p50: 100 },
      perCall: { mosLqWb: { count: 1 }, rttMs: { p50: 41 }, burstR: { count: 3 }, burstMs: null, gapMs: { p50: 2000 } },
    });
    expect(sent).toMatchObject({
      mosLq: { count: 1, max: 3.9 },
      mosLqWb: null,
      lossRatio: { p50: 0.1 },
      discardRatio: null,
      perCall: { mosLq: { max: 3.8 }, lossRatio: { p50: 0.2 } },
      packets: { expected: 100, received: 100, lost: 20, discarded: null, duplicate: null, reordered: 0 },
      legs: { rtcp: 1, answerer: 0 },
    });
  });

  it('has them by endpoint, with the codecs that were used', () => {
    const [a, b] = result.endpoints;
    expect([a?.codec, a?.codecs]).toEqual(['PCMU', [{ codec: 'PCMU', legs: 1 }]]);
    expect([b?.codec, b?.codecs]).toEqual([
      null,
      [
        { codec: 'PCMA', legs: 1 },
        { codec: 'G722', legs: 1 },
      ],
    ]);
    expect([a?.quality.sent?.mosLq?.count, b?.quality.sent]).toEqual([1, null]);
    expect(b?.quality.received).toMatchObject({ mosLq: { count: 1 }, mosLqWb: { count: 1 }, rttMs: null });
  });

  it('has them by second', () => {
    expect(result.seconds[1]).toMatchObject({
      received: { legs: 3, mosLq: { min: 4.2, p95: 4.4 }, mosLqWb: { p50: 4.3 }, rttMs: { p50: 40, p95: 40 } },
      sent: { legs: 1, mosLq: { p50: 3.9 }, mosLqWb: null, lossRatio: 0.1 },
    });
    expect(result.seconds[0]).toMatchObject({ received: null, sent: null });
    expect(result.endpoints[1]?.seconds[1]).toMatchObject({ received: { legs: 2 }, sent: null });
  });

  it('names odd streams, and has all of it in its worst calls', () => {
    expect(result.quality.findings).toMatchObject([
      { finding: 'otherSource', legs: 1, example: 2 },
      { finding: 'clockSkew', legs: 1, example: 1, text: expect.stringContaining('+260 ppm') },
    ]);
    const [first, second, third] = [0, 1, 2].map((call) => result.worstCalls.find((worst) => worst.call === call));
    expect(first).toMatchObject({
      codec: 'PCMU',
      mosLq: 4.4,
      mosLqWb: null,
      rttMs: 41,
      findings: [],
      sent: { basis: 'rtcp', mosLq: 3.8, mosLqWb: null, lossRatio: 0.2, discardRatio: null },
    });
    expect(second).toMatchObject({ codec: 'PCMA', sent: null, findings: ['clockSkew'] });
    expect(third).toMatchObject({ codec: 'G722', mosLq: null, mosLqWb: 4.3, findings: ['otherSource'] });
  });

  it('judges gates by direction, codec and endpoint, and says why one has no data', () => {
    const { gates } = resultOf(MIXED, {
      endpoints: 2,
      gates: [
        'loss{direction=sent}.max <= 5%',
        'mos{direction=sent,endpoint=trunk-b}.min >= 3.6',
        'mos_lq_wb{codec=G722}.min >= 4',
        'mos{codec=PCMA,endpoint=trunk-b}.min >= 4.3',
        'rtt{endpoint=trunk-b}.max <= 50ms',
        'rtt.max <= 50ms',
      ],
    });
    expect(gates.map(({ state, observed, reason }) => [state, observed, reason])).toEqual([
      ['fail', 0.1, null],
      ['no-data', null, 'no RTCP came from the far end, and it is not our own answerer'],
      ['pass', 4.3, null],
      ['fail', 4.2, null],
      ['no-data', null, 'no RTCP came from the far end, and it is not our own answerer'],
      ['pass', 40, null],
    ]);
    expect(gates[0]?.firstFailedAtSecond).toBe(1);
  });

  it('passes the default gates of both scales with legs of one', () => {
    expect(judgedByDefault(0).gates.map(({ state }) => state)).toEqual(['pass', 'pass', 'not-evaluated', 'pass']);
    expect(judgedByDefault(2).gates.map(({ state }) => state)).toEqual(['pass', 'not-evaluated', 'pass', 'pass']);
    expect([judgedByDefault(0).verdict, judgedByDefault(2).verdict]).toEqual(['pass', 'pass']);
  });
});

it('the method lists the codecs that were used; where no leg tells, those that were offered', () => {
  const scale = 'narrowband' as const;
  const codecs = ['PCMU', 'PCMA', 'G722'].map((codec) => {
    return { codec, ie: 0, bpl: 25.1, source: 'test', provisional: false, scale };
  });
  const namesOf = (batches: Batches): string[] =>
    resultOf(batches, { endpoints: 2, codecs }).method.codecs.map(({ codec }) => codec);
  expect(namesOf({ media: [{ legs: legsOf({ codec: 1 }) }] })).toEqual(['PCMA']);
  expect(namesOf({})).toEqual(['PCMU', 'PCMA', 'G722']);
});

it('the floor of this host stands beside the figures where it was measured', () => {
  const floor = { jitterUs: Float64Array.of(150, 3, 400, 1), transitUs: Float64Array.of(40, 4) };
  expect(resultOf({}).generator.floor).toBeNull();
  const measured = resultOf({ media: [{ floor }] }).generator.floor;
  expect(measured?.jitterMs).toMatchObject({ count: 4, max: 0.4 });
  expect(measured?.source).toContain('during the run');
});

describe('a run that ended early', () => {
  it('whose worker died is no pass, and what was measured stands', () => {
    const lost = 'a media thread died (test); its calls are unknown';
    const result = resultOf(
      {
        signalling: [{ records: [recordOf({ hasMedia: true })] }],
        media: [{ rows: rowsOf({ second: 0 }, { second: 1 }) }],
      },
      { gates: ['success_ratio >= 50%', 'one_way == 0'], verdict: { lostWorkers: [lost] } },
    );
    expect([result.verdict, result.exitCode, result.generator.verdict]).toEqual(['inconclusive', 4, 'strained']);
    expect(result.generator.lostWorkers).toEqual([lost]);
    expect(result.gates.map(({ state }) => state)).toEqual(['pass', 'no-data']);
    expect(result.quality.received).toMatchObject({ mosLq: { count: 2 }, perCall: { mosLq: null } });
    expect(result.endpoints[0]).toMatchObject({ codec: 'PCMU', quality: { received: { mosLq: { count: 2 } } } });
  });

  it('by a signal is interrupted: calls that we cut are in no ratio and not among the worst', () => {
    const records = [
      ...Array.from({ length: 5 }, (_, call) => recordOf({ call })),
      cutRecord('before', { call: 5 }),
      cutRecord('after', { call: 6 }),
      notStartedRecord({ call: 7, cause: 'interrupted', heldBack: true }),
    ];
    const result = resultOf(
      { signalling: [{ records }] },
      { gates: ['success_ratio >= 99%'], verdict: { interrupted: 'SIGINT' } },
    );
    expect([result.verdict, result.exitCode]).toEqual(['interrupted', 130]);
    expect(result.signalling).toMatchObject({ successRatio: 1, setupDelayMs: { count: 6 } });
    expect(result.calls).toMatchObject({ requested: 8, attempted: 7, answered: 6, cut: 2, notStarted: 1 });
    expect(result.worstCalls).toEqual([]);
  });

  it('without media says nothing of audio', () => {
    const result = resultOf({ signalling: [{ records: [recordOf()] }] }, { media: false, gates: ['one_way == 0'] });
    expect(result.quality.received).toBeNull();
    expect(result.endpoints[0]).toMatchObject({ codec: null, quality: { received: null } });
    expect(result.generator).toMatchObject({ receiveDrops: null, netBackend: 'none' });
    expect(result.gates[0]?.state).toBe('no-data');
  });
});

const supportOf = (good: number, bad: number, gates: readonly string[]): string[] =>
  resultOf(
    {
      signalling: [
        {
          records: Array.from({ length: good + bad }, (_, call) =>
            call < good ? recordOf({ call }) : failedRecord({ call }),
          ),
        },
      ],
    },
    { gates, media: false },
  ).warnings.slice(1);

const endedWith = (signallingDrops: number) => {
  const facts = factsOf({ gates: ['setup_delay.max <= 1ms'] });
  const book = new RunBook({ ...facts, warmupMs: 0, watched: facts.gates });
  book.addSignalling(signallingBatch({ records: [recordOf({ setupDelayMs: 90 })] }));
  const [seen] = evaluateGates(facts.gates, book, healthOf(book, 'libc'));
  if (seen === undefined) throw new Error('no gate');
  book.health.signallingDrops = signallingDrops;
  return buildResult(book, { ...facts, endedBy: { index: 0, result: { ...seen, reason: 'ended the run' } } });
};

describe('the gate that ended a run', () => {
  it('stays failed as it was seen', () => {
    expect(endedWith(0).gates).toMatchObject([{ state: 'fail', reason: 'ended the run' }]);
  });

  it('is untrusted where the end shows that this host spoiled it', () => {
    const { gates, exitCode } = endedWith(3);
    expect(gates).toMatchObject([{ state: 'untrusted', observed: 90 }]);
    expect(gates[0]?.reason).toBe(
      'ended the run; this host dropped 3 SIP messages that had reached its sockets, as their receive buffers were full',
    );
    expect(exitCode).toBe(4);
  });
});

describe('what the sample supports', () => {
  it('is said where a gate passes on too few calls, rounded down', () => {
    expect(supportOf(200, 0, ['success_ratio >= 99.5%'])).toEqual([
      '200 calls without a failure only show a success ratio of at least 98.5 % at 95 % confidence',
    ]);
    // 0.05^(1/298) is 0.98999…: to say 99.0 % would be to say that the gate is met
    expect(supportOf(298, 0, ['success_ratio >= 99%'])[0]).toContain('at least 98.9 %');
    expect(supportOf(299, 0, ['success_ratio >= 99%'])).toEqual([]);
    expect(supportOf(999, 1, ['success_ratio >= 99.6%'])[0]).toMatch(/^1000 calls with 1 failure only show/);
    expect(supportOf(1, 0, ['success_ratio >= 99%'])[0]).toMatch(/^1 call without a failure only show/);
  });

  it('is said of the gate that asks for too much, not of the first one', () => {
    expect(supportOf(200, 0, ['success_ratio >= 90%', 'success_ratio > 99%'])).toHaveLength(1);
  });

  it('is not said of a gate that failed, nor of one that asks for failures', () => {
    expect(supportOf(90, 10, ['success_ratio >= 99%'])).toEqual([]);
    expect(supportOf(0, 20, ['success_ratio <= 50%'])).toEqual([]);
  });

  it('counts the calls of the endpoint that the gate is about', () => {
    const records = Array.from({ length: 400 }, (_, call) => recordOf({ call, endpoint: call % 2 }));
    const gates = ['success_ratio{endpoint=trunk-a} >= 99%'];
    const { warnings } = resultOf({ signalling: [{ records }] }, { endpoints: 2, gates, media: false });
    expect(warnings[1]).toMatch(/^200 calls without a failure/);
  });
});

it('says where audio came from elsewhere, and where it is our own', () => {
  const result = resultOf(
    {
      media: [
        { legs: legsOf({}, { reflected: 1, otherSource: 1 }, { reflected: 1 }), latenessUs: Float64Array.of(9000, 1) },
      ],
    },
    { gates: ['jitter{per=call}.max < 10ms'] },
  );
  expect(result.warnings.slice(1)).toEqual([
    'on 1 of 3 legs the audio came from another address or port than the SDP named',
    '2 of 3 legs received their own packets back (RTP echo): their figures cover both ways',
  ]);
  expect(result.gates[0]).toMatchObject({ state: 'untrusted' }); // what we sent late came back to us
  expect(result.generator).toMatchObject({ verdict: 'strained' });
});

function without(figures: Readonly<Record<string, number>>, ...names: readonly string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).filter(([name]) => !names.includes(name)));
}

const nanOr = (max: number) => fc.oneof(fc.constant(Number.NaN), fc.double({ min: 0, max, noNaN: true }));

describe('whatever the workers send', () => {
  const ms = fc.double({ min: 0, max: 20_000, noNaN: true });
  const outcome = fc.constantFrom(
    recordOf,
    failedRecord,
    droppedRecord,
    notStartedRecord,
    (changes: Partial<CallRecord>) => cutRecord('before', changes),
    (changes: Partial<CallRecord>) => cutRecord('after', changes),
  );
  const record = fc.record({
    outcome,
    startedMs: ms,
    setupMs: ms,
    holdMs: ms,
    status: fc.integer({ min: 100, max: 699 }),
  });
  /** Anything at all in the columns that the sent direction, codecs and streams brought. */
  const anything = fc.oneof(
    fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0, 1, 2, 3, 1e12),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  );
  const added = fc.record({
    codec: anything,
    direction: fc.constantFrom(0, 1),
    mosLqNoPlc: anything,
    mosCq: anything,
    rttMs: anything,
    mouthToEarMs: anything,
  });
  const addedOfLeg = fc.record({
    basis: anything,
    burstR: anything,
    burstDensity: anything,
    burstMs: anything,
    gapDensity: anything,
    gapMs: anything,
    firstPacketMs: anything,
    earlyPackets: anything,
    reflected: anything,
    otherSource: anything,
    wrongPayloadType: anything,
    streams: anything,
    silentRatio: anything,
    clockSkewPpm: anything,
    rtcpReceived: anything,
    rtcpMalformed: anything,
    rtcpBlocks: anything,
  });
  const plain = fc
    .record({
      endpoint: fc.integer({ min: 0, max: 1 }),
      second: fc.integer({ min: 0, max: 30 }),
      expected: fc.integer({ min: 0, max: 60 }),
      lostShare: fc.double({ min: 0, max: 1, noNaN: true }),
      jitterMs: nanOr(500),
      rFactor: nanOr(93.2),
    })
    .map(({ lostShare, ...figures }) =>
      Object.assign(figures, {
        lost: Math.floor(lostShare * figures.expected),
        received: figures.expected - Math.floor(lostShare * figures.expected),
        mosLq: 1 + figures.rFactor / 30,
        ackToRtpMs: figures.jitterMs,
        taken: figures.expected,
      }),
    );
  const row = fc.tuple(plain, added).map(([figures, more]) => Object.assign(figures, more));
  const leg = fc.tuple(row, addedOfLeg).map(([figures, more]) => Object.assign(figures, more));
  const media = fc.record({
    worker: fc.integer({ min: 0, max: 2 }),
    second: fc.integer({ min: 0, max: 90 }),
    rows: fc.array(row, { maxLength: 6 }),
    legs: fc.array(leg, { maxLength: 4 }),
    far: fc.array(leg, { maxLength: 3 }),
    sent: fc.nat(1000),
    missed: fc.nat(10),
    received: fc.nat(1000),
    drops: fc.option(fc.nat(10)),
    late: fc.nat(50_000),
  });

  it('the result is valid, its seconds have no gaps and its calls add up', () => {
    const run = fc.record({
      records: fc.array(record, { maxLength: 30 }),
      media: fc.array(media, { maxLength: 12 }),
      endpoints: fc.constantFrom(1 as const, 2 as const),
    });
    fc.assert(
      fc.property(run, ({ records, media, endpoints }) => {
        const signalling = records.map(({ outcome, startedMs, setupMs, holdMs, status }, call) => {
          const { outcome: kind, establishedMs, startedMs: began } = outcome({});
          const answeredMs = establishedMs === null ? null : startedMs + setupMs;
          const record = outcome({
            call,
            endpoint: call % 2,
            intendedMs: startedMs,
            startedMs: began === null ? null : startedMs,
            establishedMs: answeredMs,
            endedMs: startedMs + setupMs + holdMs,
            sipStatus: kind === 'failed' ? status : null,
            hasMedia: call % 3 === 0,
          });
          return { worker: call % 2, intended: call, records: [record], loopDelayUs: Float64Array.of(holdMs, 1) };
        });
        const {
          calls,
          seconds,
          quality,
          endpoints: parts,
        } = resultOf(
          {
            signalling,
            far: media.map(({ far }) => farLegsOf(far)),
            media: media.map(({ rows, legs, late, far: _far, ...batch }) => ({
              ...batch,
              rows: rowsOf(...rows.map((row) => without(row, 'ackToRtpMs', 'taken'))),
              legs: legsOf(...legs.map((leg, call) => Object.assign(without(leg, 'second'), { call }))),
              latenessUs: Float64Array.of(late, 3),
            })),
          },
          { endpoints, gates: GATES },
        );
        const cutBefore = calls.attempted - calls.answered - calls.failed;
        expect(calls.requested).toBe(records.length);
        expect(calls.answered).toBe(calls.completed + calls.dropped + calls.cut - cutBefore);
        expect(seconds.reduce((sum, { started }) => sum + started, 0)).toBe(calls.attempted);
        expect(seconds.reduce((sum, { answered }) => sum + answered, 0)).toBe(calls.answered);
        expect(seconds.reduce((sum, { failed }) => sum + failed, 0)).toBe(calls.failed);
        expect(seconds.at(-1)?.activeCalls ?? 0).toBe(0);
        expect(parts.reduce((sum, part) => sum + part.calls.attempted, 0)).toBe(calls.attempted);
        const hasReceived = media.some(({ rows, legs }) => [...rows, ...legs].some(({ direction }) => direction === 0));
        expect(quality.received === null).toBe(!hasReceived);
        const told = (quality.sent?.legs.rtcp ?? 0) + (quality.sent?.legs.answerer ?? 0);
        expect(told).toBeLessThanOrEqual(4); // calls 0 to 3, each told of once
      }),
      { numRuns: 150 },
    );
  });

  it('the tables here are those of the workers', () => {
    expect([rowsOf({}).length, legsOf({}, {}).length]).toEqual([ROW.columns, 2 * LEG.columns]);
  });
});

const placed = (count: number, lagMs = 0) =>
  Array.from({ length: count }, (_, call) => recordOf({ call, intendedMs: 0, startedMs: lagMs }));

const withdrawn = (cause: string, detail: string | null, call: number) => notStartedRecord({ call, cause, detail });

describe('a run that did not place its calls', () => {
  const gates = ['success_ratio >= 99%'];
  const verdictOf = (records: CallRecord[], situation: Situation = {}) => {
    const book = new RunBook({ endpoints: ENDPOINTS.slice(0, 1), media: true, warmupMs: 0 });
    book.addSignalling(signallingBatch({ records, finished: true }));
    const { verdict, exitCode, reasons } = buildResult(book, factsOf({ gates, ...situation }));
    return { verdict, exitCode, reasons };
  };

  it('for want of slots is no pass, though every call that was placed succeeded', () => {
    expect(verdictOf(placed(100))).toMatchObject({ verdict: 'pass', exitCode: 0 });
    const refused = verdictOf([...placed(100), notStartedRecord({ call: 100 })]);
    expect(refused).toMatchObject({ verdict: 'inconclusive', exitCode: 4 });
    expect(refused.reasons.join()).toContain('1 call was not placed: no media slot was free');
  });

  it('in time is no pass either', () => {
    const late = verdictOf([...placed(90), ...placed(10, 2000)]);
    expect(late).toMatchObject({ verdict: 'inconclusive', exitCode: 4 });
    expect(late.reasons.join()).toContain('only 90 of 100 calls were started within 500 ms');
  });

  it('names what this host had no more of, for each limit, and never the target', () => {
    const short = verdictOf([
      ...placed(997),
      withdrawn('noSlot', null, 997),
      withdrawn('noSlot', 'no RTP port pair is left in 4000-4003 (widen network.rtpPorts)', 998),
      withdrawn('noFileHandle', 'connect EMFILE', 999),
    ]);
    expect(short).toEqual({
      verdict: 'inconclusive',
      exitCode: 4,
      reasons: [
        '2 calls were not placed: no media slot was free: no RTP port pair is left in 4000-4003 (widen network.rtpPorts)',
        '1 call got no connection: this host had no file handle left (raise the limit of open files: ulimit -n, or let calls share connections)',
      ],
    });
    const early = verdictOf([...placed(999), withdrawn('noSlot', null, 999)]);
    expect(early.reasons).toEqual([
      '1 call was not placed: no media slot was free: more were wanted at once than could be opened in that time (limit the calls at once: --concurrency)',
    ]);
    const cut = {
      ...recordOf({ call: 999 }),
      outcome: 'cut',
      cause: 'noLocalPort',
      phase: 'teardown',
      succeeded: false,
    } as const;
    expect(verdictOf([...placed(999), cut]).reasons).toEqual([
      '1 call got no connection: this host had no free local port left (widen net.ipv4.ip_local_port_range, or let calls share connections)',
    ]);
  });

  it('and one whose audio was skipped, because this host was too slow for it, is no pass whatever its gates ask', () => {
    const book = new RunBook({ endpoints: ENDPOINTS.slice(0, 1), media: true, warmupMs: 0 });
    book.addSignalling(signallingBatch({ records: placed(100), finished: true }));
    book.addMedia(mediaBatch({ sent: 900, missed: 100 }));
    book.generatorSeconds.addHostCpu(0, 0.99);
    const result = buildResult(book, factsOf({ gates }));
    expect(result.gates[0]?.state).toBe('pass');
    expect([result.verdict, result.exitCode, result.reasons]).toEqual([
      'inconclusive',
      4,
      [
        '100 of 1000 audio packets were more than a packet time late and not sent (limit 0.1 %); the CPU of this host was used up (99 % busy in its busiest second)',
      ],
    ]);
  });

  it('because it was stopped early is no pass', () => {
    const stopped = verdictOf(placed(100), { verdict: { doubts: ['stopped early: 4 calls in a row failed'] } });
    expect(stopped).toMatchObject({ verdict: 'inconclusive', exitCode: 4 });
  });
});
