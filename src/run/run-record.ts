/**
 * `run.json`: what is known of a run before its first packet. It is written at the start, so that a run that crashed can be
 * rebuilt from its row files by the code that would have ended it. No password is in it: the scenario is the redacted one.
 */
import { z } from 'zod';
import type { CheckedGates } from '../gates/check.js';
import { REFERENCES, type Gate } from '../gates/grammar.js';
import { PROFILES } from '../gates/profiles.js';
import { checkRunGates, type RunGates } from '../gates/run-gates.js';
import type { MetricSource } from '../gates/source.js';
import type { VerdictInput } from '../gates/verdict.js';
import { NET_BACKENDS } from '../lib/net-backend.js';
import { messageOf, ProblemsError } from '../lib/errors.js';
import { buildSchedule } from '../schedule/schedule.js';
import { NOTHING_LOST, type LostList } from './lost-calls.js';
import type { EndingGate } from './live-gates.js';
import { resultSchema } from './result.js';
import type { RunFacts } from './result-builder.js';

export const RUN_RECORD_VERSION = '1.0';
const MAX_PROBLEMS = 10;

const { tool, name, startedAt, environment, method, seed } = resultSchema.shape;

const stageSchema = z.strictObject({
  kind: z.enum(['ramp', 'hold']),
  rate: z.number().nonnegative(),
  durationMs: z.number().nonnegative().nullable(),
});

export const runRecordSchema = z.strictObject({
  schemaVersion: z.literal(RUN_RECORD_VERSION),
  tool,
  name,
  startedAt,
  /** Whose run it is: whether it still lives tells a run that goes on from one that crashed. */
  process: z.strictObject({
    pid: z.int().positive(),
    /** Start of the process in the system's own count; null where the system does not tell. */
    startTicks: z.string().nullable(),
    hostName: z.string(),
    bootId: z.string().nullable(),
  }),
  endpoints: z
    .array(
      z.strictObject({
        name: z.string(),
        target: z.string(),
        labels: z.record(z.string(), z.string()),
        /** As in the result. */
        partOf: z.string().nullable().default(null),
      }),
    )
    .min(1)
    .max(10_000),
  media: z.boolean(),
  warmupMs: z.number().nonnegative(),
  idleMs: z.number().nonnegative(),
  /** As they were given, and what their names are checked against. */
  gates: z.strictObject({
    inputs: z.array(z.unknown()).max(10_000),
    context: z.looseObject({
      endpoints: z.array(z.string()),
      labels: z.record(z.string(), z.array(z.string())),
      codecs: z.array(z.string()),
      areDefaults: z.boolean().optional(),
      references: z.array(z.enum(REFERENCES)).optional(),
    }),
    profile: z.enum(PROFILES).nullable(),
    scope: z.strictObject({
      answered: z.boolean(),
      scales: z.array(z.enum(['narrowband', 'wideband'])),
      hasAudio: z.boolean().optional(),
    }),
  }),
  inconclusive: z.enum(['fail', 'warn']).nullable(),
  ignoreGates: z.boolean(),
  warnings: z.array(z.string()),
  schedule: z.strictObject({ calls: z.int().positive().nullable(), stages: z.array(stageSchema).min(1) }),
  /** How Call-IDs are made; null until the sockets are open. */
  callIds: z.strictObject({ runToken: z.string(), host: z.string() }).nullable(),
  netBackend: z.enum([...NET_BACKENDS, 'none']).nullable(),
  environment,
  method,
  /** Codecs that are not built in, by their indices in rows. */
  replayedCodecs: z
    .array(
      z.strictObject({
        name: z.string().max(64),
        cost: z.strictObject({ scale: z.enum(['narrowband', 'wideband']), ie: z.number(), bpl: z.number() }).nullable(),
      }),
    )
    .max(100)
    .default([]),
  scenario: z.unknown(),
  seed,
});
export type RunRecord = z.infer<typeof runRecordSchema>;

/** @throws ProblemsError naming what is not as it must be */
export function parseRunRecord(text: string): RunRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ProblemsError([{ code: 'not-json', where: 'run.json', message: `expected JSON (${messageOf(error)})` }]);
  }
  const parsed = runRecordSchema.safeParse(value);
  if (parsed.success) {
    return parsed.data;
  }
  const problems = parsed.error.issues.slice(0, MAX_PROBLEMS).map(({ path, message }) => {
    const where = ['run.json', ...path.map(String)].join('.');
    return { code: 'bad-record', where, message };
  });
  throw new ProblemsError(problems);
}

/** How a run ended, or how it stands. */
export interface RunOutcome {
  readonly durationMs: number;
  readonly cpuSeconds: number | null;
  readonly interrupted: VerdictInput['interrupted'];
  /** It still goes on, or may do so. */
  readonly unfinished?: VerdictInput['unfinished'];
  readonly couldNotRun: string | null;
  readonly hint: string | null;
  readonly fault: string | null;
  readonly lostWorkers: readonly string[];
  readonly lostCalls?: LostList;
  readonly doubts: readonly string[];
  /** The gate that ended the run early. */
  readonly endedBy?: EndingGate | null;
  readonly warnings: readonly string[];
}

/** What a result says beside its measurements, by the same words whether the run ended well or is rebuilt. */
export function factsOf(
  record: RunRecord,
  outcome: RunOutcome,
  judged: { readonly gates: readonly Gate[]; readonly baseline: MetricSource | null },
): RunFacts {
  const schedule = buildSchedule(record.schedule);
  const hint = outcome.hint === null ? '' : ` (${outcome.hint})`;
  const cpuWindow = (outcome.durationMs / 1000) * record.environment.cores;
  return {
    tool: record.tool,
    name: record.name,
    startedAt: record.startedAt,
    durationMs: outcome.durationMs,
    endpoints: record.endpoints,
    media: record.media,
    gates: judged.gates,
    baseline: judged.baseline,
    endedBy: outcome.endedBy ?? null,
    verdict: {
      interrupted: outcome.interrupted ?? null,
      unfinished: outcome.unfinished ?? null,
      fault: outcome.fault,
      couldNotRun: outcome.couldNotRun === null ? null : outcome.couldNotRun + hint,
      lostWorkers: outcome.lostWorkers,
      doubts: outcome.doubts,
      inconclusive: record.inconclusive,
      ignoreGates: record.ignoreGates,
    },
    lostCalls: outcome.lostCalls ?? NOTHING_LOST,
    warnings: [...record.warnings, ...outcome.warnings],
    cpuRatio: cpuWindow > 0 && outcome.cpuSeconds !== null ? outcome.cpuSeconds / cpuWindow : null,
    netBackend: record.netBackend ?? 'none',
    environment: record.environment,
    method: record.method,
    scenario: record.scenario,
    seed: record.seed,
    targetRateAt: (second) => schedule.rateAt(second * 1000 + 500),
    peakTargetRate: schedule.peakRate,
  };
}

/** The gates of a record, checked as they were at the start; none where they are no gates to this version. */
export function gatesOf({ gates }: RunRecord): CheckedGates {
  return checkRunGates(gates as RunGates);
}
