/**
 * Results of whole runs for the report: the book of a run is fed with the batches that workers would send, second by
 * second, with audio that a made-up network spoils. Deterministic; the result is what the program itself would write.
 */
import { parseGates } from '../../../src/gates/check.js';
import { createRandom } from '../../../src/lib/random.js';
import { codecIndexOf } from '../../../src/run/codec-scale.js';
import { buildResult, type RunFacts } from '../../../src/run/result-builder.js';
import { resultSchema, type Result } from '../../../src/run/result.js';
import { RunBook } from '../../../src/run/run-book.js';
import type { CallRecord, MediaPulse } from '../../../src/worker/messages.js';
import {
  failedRecord,
  legsOf,
  mediaBatch,
  recordOf,
  rowsOf,
  sentLegsOf,
  sentRowsOf,
  signallingBatch,
  type RowFigures,
} from '../run/batches.js';

export interface SimulatedRun {
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly holdSeconds: number;
  readonly endpoints?: readonly string[];
  readonly codecs?: readonly string[];
  /** The far end sends RTCP: sent direction and round trip are known. */
  readonly rtcp?: boolean;
  /** `refused`: every call gets 503 or 486; `silent`: no response comes at all. */
  readonly far?: 'answers' | 'refused' | 'silent';
  readonly gates?: readonly string[];
  readonly name: string;
}

const GATES = [
  'success_ratio >= 99%',
  'mos.p5 >= 3.6',
  'loss{per=call}.p95 <= 1%',
  'jitter.p95 <= 20ms',
  'one_way == 0',
];
const RTCP_SECONDS = 5;

interface SimulatedCall {
  readonly record: CallRecord;
  readonly codec: string;
  /** The seconds in which the link of the second endpoint is bad. */
  readonly trouble: readonly [number, number];
}

/** The result of a run; valid by the schema. */
export function simulate(run: SimulatedRun): Result {
  const random = createRandom(11);
  const calls = Array.from({ length: run.calls }, (_, call) => callOf(run, call, random.next()));
  const book = new RunBook({ ...endpointsOf(run), media: true, warmupMs: 0 });
  const last = Math.max(...calls.map(({ record }) => Math.ceil(record.endedMs / 1000)));
  const answered = run.far === undefined || run.far === 'answers';
  let live: SimulatedCall[] = [];
  const due = calls.toReversed();
  const ending = new Map<number, SimulatedCall[]>();
  for (const call of calls) {
    const second = Math.floor(call.record.endedMs / 1000);
    ending.set(second, [...(ending.get(second) ?? []), call]);
  }
  for (let second = 0; second <= last + 6; second++) {
    while ((due.at(-1)?.record.startedMs ?? Infinity) < (second + 1) * 1000) live.push(due.pop()!);
    const ended = ending.get(second) ?? [];
    book.addSignalling(counted(run, calls, { second, ended }));
    book.generatorSeconds.addCpu(second, 0.06 + live.length / 6000);
    if (answered) {
      const pulse = pulseOf(second, live.length);
      book.addMedia(
        mediaBatch({
          second,
          rows: rowsOf(...live.map((call) => receivedRow(call, second, random.next()))),
          legs: legsOf(...ended.map((call) => legFigures(call, run.rtcp === true))),
          sent: pulse.sent,
          missed: pulse.missed,
          received: live.length * 50,
          drops: 0,
          pulses: [pulse],
          latenessUs:
            live.length === 0 ? new Float64Array(0) : Float64Array.of(40, live.length * 45, 300, live.length * 5),
        }),
      );
      if (run.rtcp === true) {
        const reporting = live.filter(({ record }) => (record.call + second) % RTCP_SECONDS === 0);
        book.addMedia(
          mediaBatch({
            second,
            rows: sentRowsOf(...reporting.map((call) => sentRow(call, second, random.next()))),
            legs: sentLegsOf(...ended.map(sentFigures)),
          }),
        );
      }
    }
    live = live.filter(({ record }) => record.endedMs >= (second + 1) * 1000);
  }
  book.flush();
  return resultSchema.parse(buildResult(book, factsOf(run, last)));
}

/** The generator is a little later the more it does, and has one bad moment. */
function pulseOf(second: number, live: number): MediaPulse {
  const isBad = second === 20;
  const latenessP99Ms = live === 0 ? Number.NaN : isBad ? 3.4 : 0.2 + live / 4000 + (second % 7) * 0.02;
  const missed = isBad ? Math.ceil(live / 40) : 0;
  return { second, sent: live * 50 - missed, missed, latenessP99Ms, latenessMaxMs: latenessP99Ms * 3, drops: 0 };
}

function callOf(run: SimulatedRun, call: number, noise: number): SimulatedCall {
  const { endpoints = ['trunk-a'], codecs = ['PCMU'], far = 'answers', callsPerSecond, holdSeconds } = run;
  const startedMs = (call * 1000) / callsPerSecond;
  const base = {
    call,
    callId: `9f86d081884c-${call}@192.0.2.9`,
    endpoint: call % endpoints.length,
    intendedMs: startedMs,
    startedMs,
  };
  const codec = codecs[call % codecs.length]!;
  const seconds = run.calls / callsPerSecond + holdSeconds;
  const trouble = [Math.round(seconds * 0.35), Math.round(seconds * 0.46)] as const;
  if (far === 'silent') {
    return {
      codec,
      trouble,
      record: failedRecord({ ...base, endedMs: startedMs + 32_000, sipStatus: null, cause: 'timeout' }),
    };
  }
  if (far === 'refused') {
    const isBusy = noise < 0.4;
    const why = { sipStatus: isBusy ? 486 : 503, cause: isBusy ? 'busy' : 'serviceUnavailable' };
    return { codec, trouble, record: failedRecord({ ...base, endedMs: startedMs + 20 + noise * 60, ...why }) };
  }
  const setupDelayMs = 24 + noise * 50;
  const establishedMs = startedMs + 180 + noise * 900;
  return {
    codec,
    trouble,
    record: recordOf({
      ...base,
      establishedMs,
      endedMs: establishedMs + holdSeconds * 1000,
      setupDelayMs,
      answerDelayMs: establishedMs - startedMs,
      disconnectDelayMs: 6 + noise * 20,
      hasMedia: true,
    }),
  };
}

function counted(run: SimulatedRun, calls: readonly SimulatedCall[], now: { second: number; ended: SimulatedCall[] }) {
  const endMs = (now.second + 1) * 1000;
  const started = Math.min(run.calls, Math.ceil((endMs / 1000) * run.callsPerSecond));
  const responses: [string, number, number][] =
    run.far === 'silent'
      ? []
      : run.far === 'refused'
        ? [['INVITE', 503, started]]
        : [
            ['INVITE', 100, started],
            ['INVITE', 180, started],
            ['INVITE', 200, started],
            ['BYE', 200, Math.floor(started * 0.9)],
          ];
  return signallingBatch({
    second: now.second,
    records: now.ended.map(({ record }) => record),
    started,
    intended: started,
    peakActive: Math.min(run.calls, Math.ceil(run.callsPerSecond * run.holdSeconds)),
    loopDelayUs: Float64Array.of(200, 45, 1400, 5),
    sip: {
      requests: [['INVITE', started]],
      retransmissions: [['INVITE', run.far === 'silent' ? started * 6 : 2]],
      responses,
      malformed: 0,
      dropped: 0,
    },
    finished: now.second * 1000 > (calls.at(-1)?.record.endedMs ?? 0),
  });
}

/** The link of the second endpoint is bad for a while; every link breathes a little. */
function lossOf(
  { record: { endpoint, call }, trouble: [from, to] }: SimulatedCall,
  second: number,
  noise: number,
): number {
  const isBad = endpoint === 1 && second >= from && second < to;
  const quiet = noise < 0.93 ? 0 : noise < 0.99 ? 1 : 2;
  return isBad ? Math.floor(noise * 26) : call % 97 === 13 && second % 3 === 0 ? 3 : quiet;
}

function figuresOf(call: SimulatedCall, second: number, noise: number): RowFigures {
  const lost = lossOf(call, second, noise);
  const percent = (lost / 250) * 100; // over the score window of 5 s
  const rFactor = 93.2 - (95 * percent) / (percent + 25.1) - noise * 0.4;
  const mosLq = 1 + 0.035 * rFactor + 7e-6 * rFactor * (rFactor - 60) * (100 - rFactor);
  const { record } = call;
  const isFirst = second * 1000 < (record.establishedMs ?? 0) + 2000;
  return {
    call: record.call,
    endpoint: record.endpoint,
    codec: codecIndexOf(call.codec),
    second,
    received: 50 - lost,
    lost,
    jitterMs: 1.2 + noise * 2.5 + lost * 1.4 + Math.sin(second / 40) * 0.4,
    rFactor,
    mosLq: isFirst ? Number.NaN : mosLq - (call.codec === 'G722' ? 0.3 : 0),
    mosLqNoPlc: isFirst ? Number.NaN : mosLq - lost * 0.1,
  };
}

function receivedRow(call: SimulatedCall, second: number, noise: number): RowFigures {
  return figuresOf(call, second, noise);
}

function sentRow(call: SimulatedCall, second: number, noise: number): RowFigures {
  const figures = figuresOf(call, second, noise);
  return {
    ...figures,
    expected: 250,
    received: 248,
    lost: 2 * noise,
    rttMs: 36 + noise * 22,
    mosCq: (figures.mosLq ?? 4) - 0.1,
  };
}

function legFigures(call: SimulatedCall, hasRtcp: boolean) {
  const { record } = call;
  const seconds = Math.max(1, Math.round((record.endedMs - (record.establishedMs ?? 0)) / 1000));
  const expected = seconds * 50;
  const lost =
    record.call % 97 === 13 ? seconds : record.endpoint === 1 ? Math.round(seconds * 0.6) : Math.round(seconds * 0.08);
  const percent = (lost / expected) * 100;
  const rFactor = 93.2 - (95 * percent) / (percent + 25.1);
  const mosLq = 1 + 0.035 * rFactor + 7e-6 * rFactor * (rFactor - 60) * (100 - rFactor);
  return {
    call: record.call,
    endpoint: record.endpoint,
    codec: codecIndexOf(call.codec),
    expected,
    received: expected - lost,
    taken: expected - lost,
    lost,
    jitterMs: 1.4 + (record.call % 11) * 0.3,
    rFactor,
    mosLq,
    mosLqNoPlc: mosLq - 0.2,
    sent: expected,
    rtcpReceived: hasRtcp ? Math.ceil(seconds / RTCP_SECONDS) : 0,
    answeredMs: record.establishedMs ?? 0,
    establishedForMs: seconds * 1000,
  };
}

/** What a report block tells of a whole leg. */
function sentFigures(call: SimulatedCall) {
  const {
    rtcpReceived: _,
    sent: __,
    answeredMs: ___,
    establishedForMs: ____,
    taken: _____,
    ...figures
  } = legFigures(call, true);
  return { ...figures, rttMs: 42, jitterMs: 2.2 };
}

function endpointsOf({ endpoints = ['trunk-a'] }: SimulatedRun) {
  return {
    endpoints: endpoints.map((name, index) => ({
      name,
      target: `sip:192.0.2.${index + 1}:5060;transport=udp`,
      labels: { site: index % 2 === 0 ? 'north' : 'south' },
    })),
  };
}

function factsOf(run: SimulatedRun, lastSecond: number): RunFacts {
  const { endpoints } = endpointsOf(run);
  const codecs = run.codecs ?? ['PCMU'];
  const context = {
    endpoints: endpoints.map(({ name }) => name),
    labels: { site: ['north', 'south'] },
    codecs,
    areDefaults: false,
  };
  const { gates, problems } = parseGates([...(run.gates ?? GATES)], context);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('; '));
  const startSeconds = run.calls / run.callsPerSecond;
  return {
    tool: { name: 'callgauge', version: '0.1.0', commit: null },
    name: run.name,
    startedAt: '2026-11-20T14:03:22.512Z',
    durationMs: lastSecond * 1000,
    endpoints,
    media: true,
    gates,
    verdict: {},
    warnings: [],
    cpuRatio: 0.34,
    netBackend: 'libc',
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
      codecs: [...new Set(codecs)].map((codec) =>
        codec === 'G722'
          ? { codec, ie: 13, bpl: 4.5, source: 'ITU-T G.113 App. IV', scale: 'wideband', provisional: true }
          : {
              codec,
              ie: 0,
              bpl: 25.1,
              source: 'ITU-T G.113, with concealment',
              scale: 'narrowband',
              provisional: false,
            },
      ),
      echo: 'none: T = Tr = 0',
      advantageFactor: 0,
      oneWayDelay: 'Ta = RTT/2 + 60 ms jitter buffer + 20 ms packet time',
      burstRatio: null,
      sentFrom: null,
      rtcpInterval: null,
    },
    scenario: { version: 1, load: { rate: `${run.callsPerSecond}/s` } },
    seed: 7,
    targetRateAt: (second) => (second < startSeconds ? run.callsPerSecond : 0),
    peakTargetRate: run.callsPerSecond,
  };
}

/** The runs whose reports are looked at, each by its name. */
export const SIMULATED: Readonly<Record<string, () => Result>> = {
  'one-call-one-second': () =>
    simulate({ name: 'smoke', calls: 1, callsPerSecond: 1, holdSeconds: 1, gates: ['success_ratio >= 99%'] }),
  'thousand-calls': () =>
    simulate({
      name: 'peak hour to the trunks',
      calls: 1000,
      callsPerSecond: 50,
      holdSeconds: 60,
      rtcp: true,
      endpoints: ['trunk-a', 'trunk-b', 'branch-office'],
    }),
  'a-day': () =>
    simulate({
      name: 'around the clock',
      calls: 1440,
      callsPerSecond: 1 / 60,
      holdSeconds: 90,
      rtcp: true,
      endpoints: ['trunk-a', 'trunk-b'],
    }),
  'all-failed': () =>
    simulate({ name: 'peak hour to the trunks', calls: 400, callsPerSecond: 10, holdSeconds: 30, far: 'refused' }),
  'nothing-answered': () =>
    simulate({ name: 'peak hour to the trunks', calls: 100, callsPerSecond: 10, holdSeconds: 30, far: 'silent' }),
  'no-rtcp': () => simulate({ name: 'office PBX', calls: 100, callsPerSecond: 5, holdSeconds: 40 }),
  'two-codecs': () =>
    simulate({
      name: 'mixed handsets',
      calls: 120,
      callsPerSecond: 6,
      holdSeconds: 40,
      rtcp: true,
      endpoints: ['trunk-a', 'trunk-b'],
      codecs: ['PCMU', 'G722', 'G722'],
      gates: [...GATES, 'mos_lq_wb.p5 >= 3.6', 'rtt.p95 <= 300ms'],
    }),
};
