/** From arguments to a plan that has been checked: nothing is sent, everything that is wrong is said at once. */
import { parseGates, type GateContext } from '../gates/check.js';
import { defaultGates } from '../gates/defaults.js';
import { REFERENCES, type Gate } from '../gates/grammar.js';
import { withProfile } from '../gates/profiles.js';
import type { MetricSource } from '../gates/source.js';
import { CannotRunError, messageOf, ProblemsError, type Problem } from '../lib/errors.js';
import { WavError } from '../media/source/wav-error.js';
import type { ScoreScale } from '../metrics/names.js';
import { resolveHost } from '../net/resolve.js';
import { scaleOfName } from '../run/codec-scale.js';
import { readResult, ResultSource } from '../run/result-source.js';
import { idleMsOf } from '../scenario/fit-stages.js';
import { loadScenario } from '../scenario/load.js';
import { applyOverrides, type RunFlags } from '../scenario/overrides.js';
import { checkPorts, expectedPeak, type Peak } from '../scenario/peak.js';
import { checkSafety } from '../scenario/safety.js';
import { placeOf, type Scenario } from '../scenario/scenario.js';
import { buildSchedule, type Schedule } from '../schedule/schedule.js';
import type { CodecClip } from '../worker/messages.js';
import { loadClips } from './clips.js';
import type { ProcessHost } from './host.js';
import type { ScenarioArguments } from './scenario-flags.js';

export const PTIME_MS = 20;

export interface Prepared {
  readonly scenario: Scenario;
  readonly gates: readonly Gate[];
  /** The result of `--baseline`; null: none is given. */
  readonly baseline: MetricSource | null;
  readonly schedule: Schedule;
  readonly peak: Peak;
  /** Addresses of the targets' hosts. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  readonly clips: readonly CodecClip[];
  readonly warnings: readonly string[];
}

/**
 * Reads and checks everything that can be known before a packet leaves.
 * @throws ProblemsError for bad input (exit 2), CannotRunError when a name does not resolve (exit 5)
 */
export async function prepare(host: ProcessHost, given: ScenarioArguments): Promise<Prepared> {
  const { scenario, warnings } = readScenario(host, given);
  const baseline = readBaseline(host, given.baseline);
  const gates = readGates(scenario, given.flags, baseline !== null);
  const schedule = buildSchedule(scenario.load);
  const peak = expectedPeak(scenario, schedule);
  const clips = readClips(host, scenario);
  const addresses = await resolveTargets(scenario);
  const problems = [
    ...gates.problems,
    ...checkPorts(scenario, peak),
    ...checkFamily(scenario),
    ...checkSafety(scenario, (name) => addresses.get(name) ?? [], peak.calls),
    ...('problem' in clips ? [clips.problem] : []),
    ...(baseline !== null && 'problem' in baseline ? [baseline.problem] : []),
  ];
  if (problems.length > 0 || 'problem' in clips || (baseline !== null && 'problem' in baseline)) {
    throw new ProblemsError(problems);
  }
  checkFiles(host, peak);
  return {
    scenario,
    gates: gates.gates,
    baseline,
    schedule,
    peak,
    addresses,
    clips,
    warnings: [...warnings, ...gates.warnings],
  };
}

function readScenario(host: ProcessHost, given: ScenarioArguments): { scenario: Scenario; warnings: string[] } {
  const loaded = given.scenario === undefined ? null : loadFile(host, given.scenario);
  const overridden = applyOverrides(loaded?.scenario ?? null, given.flags);
  if (overridden.scenario === null || overridden.problems.length > 0) {
    throw new ProblemsError(overridden.problems);
  }
  return { scenario: overridden.scenario, warnings: [...(loaded?.warnings ?? []), ...overridden.warnings] };
}

function loadFile(host: ProcessHost, file: string): { scenario: Scenario; warnings: readonly string[] } {
  let text: string;
  try {
    text = host.readText(file);
  } catch (error) {
    const hint = 'give the path of a scenario, or only flags: callgauge run --target sip:user@host';
    throw new ProblemsError([
      { code: 'no-scenario', where: file, message: `cannot be read: ${reasonOf(error)}`, hint },
    ]);
  }
  const loaded = loadScenario(text, { file, env: host.env, readFile: (path) => host.readText(path) });
  if (loaded.scenario === null || loaded.problems.length > 0) {
    throw new ProblemsError(loaded.problems);
  }
  return { scenario: loaded.scenario, warnings: loaded.warnings };
}

/** Why a file cannot be read, without its path once more. */
function reasonOf(error: unknown): string {
  return messageOf(error).replace(/^[A-Z]+: (.*?),? (?:open|read)\b.*$/, '$1');
}

interface ReadGates {
  readonly gates: readonly Gate[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** The run's own gates, those of its profile, or the default ones. */
function readGates(scenario: Scenario, { noGates }: RunFlags, hasBaseline: boolean): ReadGates {
  const answered = scenario.call.expect === 'answered';
  const scales = scenario.media && answered ? scalesOf(scenario.codecs) : [];
  const { profile } = scenario;
  const entries = scenario.gates ?? (profile === null ? defaultGates(scales) : []);
  const context = gateContext(scenario, hasBaseline);
  const own = parseGates(
    entries.map((entry) => (typeof entry === 'string' ? entry : withoutPlace(entry))),
    {
      ...context,
      places: entries.map((entry) => (typeof entry === 'string' ? 'default gate' : entry.where)),
      areDefaults: scenario.gates === null,
    },
  );
  const gates = profile === null ? own.gates : withProfile(own.gates, profile, { answered, scales }, context);
  // Gates that are not heeded end no run either.
  return { ...own, gates: noGates === true ? gates.map((gate) => ({ ...gate, abortOnFail: false })) : gates };
}

function gateContext(scenario: Scenario, hasBaseline: boolean): GateContext {
  const labels: Record<string, string[]> = {};
  for (const endpoint of scenario.endpoints) {
    for (const [key, value] of Object.entries(endpoint.labels)) {
      (labels[key] ??= []).push(value);
    }
  }
  return {
    endpoints: scenario.endpoints.map(({ name }) => name),
    labels,
    codecs: scenario.codecs,
    references: REFERENCES.filter((name) => (name === 'idle' ? idleMsOf(scenario.load) > 0 : hasBaseline)),
  };
}

/** @returns null where none is given @throws nothing: what is wrong with the file is a problem */
function readBaseline(host: ProcessHost, file: string | undefined): MetricSource | null | { problem: Problem } {
  if (file === undefined || file === '') {
    return null;
  }
  try {
    return new ResultSource(readResult(host.readText(file)));
  } catch (error) {
    const hint = 'give the result.json of a run';
    return {
      problem: { code: 'baseline', where: `--baseline ${file}`, message: `cannot be read: ${reasonOf(error)}`, hint },
    };
  }
}

function scalesOf(codecs: readonly string[]): ScoreScale[] {
  return codecs.map(scaleOfName).filter((scale) => scale !== null);
}

function withoutPlace(entry: NonNullable<Scenario['gates']>[number]): object {
  const { where: _, ...gate } = entry;
  return gate;
}

function readClips(host: ProcessHost, scenario: Scenario): readonly CodecClip[] | { problem: Problem } {
  try {
    return loadClips(host, scenario.codecs, { audio: scenario.audioPath, ptimeMs: PTIME_MS });
  } catch (error) {
    if (!(error instanceof WavError)) {
      throw error;
    }
    const where = placeOf(scenario, 'audio');
    return { problem: { code: `wav-${error.code}`, where, message: error.message } };
  }
}

/** @throws CannotRunError when the limit of open files is below what the peak needs */
function checkFiles(host: ProcessHost, peak: Peak): void {
  const limit = host.facts().openFilesLimit;
  const { files: needed } = peak;
  if (limit !== null && needed > limit) {
    const message = `${peak.calls} calls at once need ${needed} open files, and the limit of this host is ${limit}`;
    throw new CannotRunError('too-few-files', message, `raise it (ulimit -n ${needed}), or lower the concurrency`);
  }
}

function checkFamily(scenario: Scenario): Problem[] {
  return scenario.endpoints.flatMap(({ target }, index) => {
    if (target.kind === 'loopback' || !target.host.includes(':')) {
      return [];
    }
    const where = placeOf(scenario, `endpoints[${index}].target`);
    return [
      {
        code: 'ipv6',
        where,
        message: `IPv6 is not supported in this version: expected an IPv4 address or a name, got ${target.host}`,
      },
    ];
  });
}

async function resolveTargets(scenario: Scenario): Promise<ReadonlyMap<string, readonly string[]>> {
  const addresses = new Map<string, readonly string[]>();
  for (const { name, target } of scenario.endpoints) {
    if (target.kind === 'sip' && !addresses.has(target.host)) {
      addresses.set(target.host, await lookUp(target.host, name));
    }
  }
  return addresses;
}

/** The name itself stays out of the message: it may have come from a reference to a secret. */
async function lookUp(host: string, endpoint: string): Promise<readonly string[]> {
  try {
    return await resolveHost(host);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    const hint = 'check the spelling and the DNS of this host, or give an address';
    throw new CannotRunError('dns', `the host name of endpoint ${endpoint} cannot be resolved: ${reason}`, hint);
  }
}
