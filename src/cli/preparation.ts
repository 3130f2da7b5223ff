/** From arguments to a plan that has been checked: nothing is sent, everything that is wrong is said at once. */
import type { CheckedGates, GateContext } from '../gates/check.js';
import { defaultGates } from '../gates/defaults.js';
import { REFERENCES, type Gate } from '../gates/grammar.js';
import { checkRunGates, type RunGates } from '../gates/run-gates.js';
import type { MetricSource } from '../gates/source.js';
import { CannotRunError, fileErrorOf, ProblemsError, type Problem } from '../lib/errors.js';
import { WavError } from '../media/source/wav-error.js';
import type { ScoreScale } from '../metrics/names.js';
import { declareCodecs, scaleOfName } from '../run/codec-scale.js';
import { ResultSource } from '../run/result-source.js';
import { callGroups } from '../scenario/call-groups.js';
import { idleMsOf } from '../scenario/fit-stages.js';
import { codecsOfCalls } from '../scenario/flow-plan.js';
import { loadScenario } from '../scenario/load.js';
import { applyOverrides, type RunFlags } from '../scenario/overrides.js';
import { checkPorts, expectedPeak, usersWarning, type Peak } from '../scenario/peak.js';
import { checkReplay, ptimeOf } from '../scenario/replay.js';
import { checkSafety } from '../scenario/safety.js';
import { placeOf, type Scenario } from '../scenario/scenario.js';
import { checkUsers } from '../scenario/users-checks.js';
import { buildSchedule, type Schedule } from '../schedule/schedule.js';
import type { CodecClip, ReplayedCodec, TlsMaterial } from '../worker/messages.js';
import { loadClips } from './clips.js';
import type { ProcessHost } from './host.js';
import { replayedClips, replayedCodecs, scoreWarnings } from './replayed-codecs.js';
import type { ScenarioArguments } from './scenario-flags.js';
import { readBaselineRun, type StoredRun } from './stored-run.js';
import { findServers, type TargetServers } from './target-servers.js';
import { readTlsFiles } from './tls-files.js';

/** An earlier run, and its figures for gates. */
export interface Baseline {
  readonly stored: StoredRun;
  readonly source: MetricSource;
}

export interface Prepared {
  readonly scenario: Scenario;
  readonly gates: readonly Gate[];
  /** What `gates` was read from. */
  readonly runGates: RunGates;
  /** The run that `baseline.` gates and the report compare with; null: none is given. */
  readonly baseline: Baseline | null;
  readonly schedule: Schedule;
  readonly peak: Peak;
  /** Addresses of the targets' hosts. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** Where SIP for them goes, and over which transport: that of the targets, or of the outbound proxy. */
  readonly servers: TargetServers['of'];
  readonly tls: TlsMaterial;
  readonly clips: readonly CodecClip[];
  /** Codecs of calls that are not built in. */
  readonly replayed: readonly ReplayedCodec[];
  readonly warnings: readonly string[];
}

/**
 * Reads and checks everything that can be known before a packet leaves.
 * @throws ProblemsError for bad input (exit 2), CannotRunError when a name does not resolve (exit 5)
 */
export async function prepare(host: ProcessHost, given: ScenarioArguments): Promise<Prepared> {
  const { scenario, warnings } = readScenario(host, given);
  const replayed = replayedCodecs(scenario);
  declareCodecs(replayed.map(({ name, impairment }) => ({ name, cost: impairment })));
  const baseline = readBaseline(host, given.baseline);
  const gates = readGates(scenario, given.flags, baseline !== null);
  const schedule = buildSchedule(scenario.load);
  const peak = expectedPeak(scenario, schedule);
  const clips = readClips(host, scenario);
  const captured = await replayedClips(host, scenario);
  const tls = readTlsFiles(host, scenario.network.tls, (part) =>
    placeOf(scenario, `network.tls${part === '' ? '' : `.${part}`}`),
  );
  const known = [
    ...gates.problems,
    ...checkUsers(scenario),
    ...checkReplay(scenario),
    ...captured.problems,
    ...checkPorts(scenario, peak),
    ...('problems' in tls ? tls.problems : []),
    ...('problem' in clips ? [clips.problem] : []),
    ...(baseline !== null && 'problems' in baseline ? baseline.problems : []),
  ];
  const { of: servers, addresses } = await findServers(scenario).catch((error: unknown) => {
    // What is wrong with the input comes before what is wrong with the network.
    throw known.length > 0 ? new ProblemsError(known) : error;
  });
  const problems = [...known, ...checkSafety(scenario, (name) => addresses.get(name) ?? [], peak.calls)];
  const isBad = problems.length > 0 || 'problem' in clips || 'problems' in tls;
  if (isBad || (baseline !== null && 'problems' in baseline)) {
    throw new ProblemsError(problems);
  }
  checkFiles(host, peak);
  return {
    scenario,
    gates: gates.gates,
    runGates: gates.given,
    baseline,
    schedule,
    peak,
    addresses,
    servers,
    tls,
    clips: [...clips, ...captured.clips],
    replayed,
    warnings: [
      ...warnings,
      ...replayed.flatMap((codec) => scoreWarnings(codec, gates.gates)),
      ...[usersWarning(scenario, schedule)].filter((text) => text !== null),
      ...gates.warnings,
    ],
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
      { code: 'no-scenario', where: file, message: `cannot be read: ${fileErrorOf(error)}`, hint },
    ]);
  }
  const loaded = loadScenario(text, { file, env: host.env, readFile: (path) => host.readText(path) });
  if (loaded.scenario === null || loaded.problems.length > 0) {
    throw new ProblemsError(loaded.problems);
  }
  return { scenario: loaded.scenario, warnings: loaded.warnings };
}

interface ReadGates extends CheckedGates {
  readonly given: RunGates;
}

/** The run's own gates, those of its profile, or the default ones. */
function readGates(scenario: Scenario, { noGates }: RunFlags, hasBaseline: boolean): ReadGates {
  const answered = scenario.call.expect === 'answered';
  const hasAudio = scenario.media && answered;
  const scales = hasAudio ? scalesOf(scenario.codecs) : [];
  const { profile } = scenario;
  const entries =
    scenario.gates ?? (profile === null ? defaultGates(scales, scenario.call.to === 'users', hasAudio) : []);
  const given: RunGates = {
    inputs: entries.map((entry) => (typeof entry === 'string' ? entry : withoutPlace(entry))),
    context: { ...gateContext(scenario, hasBaseline), areDefaults: scenario.gates === null },
    profile,
    scope: { answered, scales, hasAudio },
  };
  const places = entries.map((entry) => (typeof entry === 'string' ? 'default gate' : entry.where));
  const checked = checkRunGates(given, places);
  // Gates that are not heeded end no run either.
  const gates = noGates === true ? checked.gates.map((gate) => ({ ...gate, abortOnFail: false })) : checked.gates;
  return { ...checked, gates, given };
}

function gateContext(scenario: Scenario, hasBaseline: boolean): GateContext {
  const labels: Record<string, string[]> = {};
  const { endpoints, users } = scenario;
  // Users at several endpoints are refused: that is the problem then, and not what gates say of their labels.
  const refused = endpoints.length > 1 ? (users?.list ?? []) : [];
  for (const group of [...callGroups(endpoints, users?.list ?? null).list, ...refused]) {
    for (const [key, value] of Object.entries(group.labels)) {
      const values = (labels[key] ??= []);
      if (!values.includes(value)) values.push(value);
    }
  }
  return {
    endpoints: endpoints.map(({ name }) => name),
    labels,
    codecs: scenario.codecs,
    references: REFERENCES.filter((name) => (name === 'idle' ? idleMsOf(scenario.load) > 0 : hasBaseline)),
  };
}

/** @returns null where none is given @throws nothing: what is wrong with the file is a problem */
function readBaseline(
  host: ProcessHost,
  file: string | undefined,
): Baseline | null | { readonly problems: readonly Problem[] } {
  if (file === undefined || file === '') {
    return null;
  }
  try {
    const stored = readBaselineRun(host, file);
    return { stored, source: new ResultSource(stored.result) };
  } catch (error) {
    if (!(error instanceof ProblemsError)) {
      throw error;
    }
    return { problems: error.problems };
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
    return loadClips(host, codecsOfCalls(scenario.codecs, scenario.call.flow), {
      audio: scenario.audioPath,
      ptimeMs: ptimeOf(scenario),
    });
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
