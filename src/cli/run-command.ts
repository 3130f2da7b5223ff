/** `callgauge run`: the main job, from the scenario to the verdict and the files. */
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { EXIT_CODES } from '../gates/verdict.js';
import { CannotRunError, ProblemsError } from '../lib/errors.js';
import { formatRate } from '../lib/units.js';
import { parseIp } from '../lib/ip-address.js';
import { bindSink } from '../net/resolve.js';
import { jsonWithoutCommands } from '../report/github.js';
import { serializeResult } from '../report/json.js';
import { renderSummary } from '../report/text.js';
import { escapeTerminal } from '../report/visible-text.js';
import type { NumberRedactor } from '../run/redaction.js';
import { redactCall, redactorOf, redactTexts } from '../run/redacted-result.js';
import { NOTHING_LOST } from '../run/lost-calls.js';
import type { StateProgress } from '../run/progress-lines.js';
import type { GateResult, Result } from '../run/result.js';
import { buildResult } from '../run/result-builder.js';
import { RunBook } from '../run/run-book.js';
import { Run, type RunEnd, type RunPlan } from '../run/run.js';
import { factsOf, type RunRecord } from '../run/run-record.js';
import { ptimeOf } from '../scenario/replay.js';
import type { MediaWorkerSetup } from '../worker/messages.js';
import { checkBaseline, checkOut, withBaseline } from './baseline-run.js';
import { netBackend, withEnvironment } from './environment.js';
import { CpuShare } from './cpu-share.js';
import { CaptureFiles } from './capture-files.js';
import { EvidenceFiles } from './evidence-files.js';
import { tellGithub } from './github-actions.js';
import type { ProcessHost } from './host.js';
import { startLoopback, type LoopbackAnswerer } from './loopback.js';
import { prepare, type Prepared } from './preparation.js';
import { leaveEarlierRun } from './earlier-run.js';
import { Progress } from './progress.js';
import { CoursePlan } from './progress-course.js';
import { RESULT_FILE, RunFiles } from './run-files.js';
import { recordedEndpoints, runRecord } from './run-facts.js';
import { checkLocalAddress, createRunToken, localAddressFor, loopbackEndpoint } from './run-plan.js';
import { planRun, type ResolvedEndpoint } from './run-plan.js';
import { protocolOf } from './target-servers.js';
import { addScenarioFlags, lastOf, scenarioArguments } from './scenario-flags.js';
import { StopRequests } from './stop-requests.js';
import { printPlan } from './validate-command.js';

type BoundSink = Awaited<ReturnType<typeof bindSink>>;

interface RunOptions {
  readonly out: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly open: boolean;
  readonly noGates: boolean;
  readonly inconclusive: 'fail' | 'warn' | null;
}

const OPEN_NEEDS_TERMINAL = {
  code: 'no-terminal',
  where: '--open',
  message: 'expected a terminal, whose user sees the browser; there is none',
  hint: 'leave it out, and take report.html from the folder of the run',
};

export function runCommand(program: Argv, host: ProcessHost, finish: (exitCode: number) => void): void {
  program.command(
    'run [scenario]',
    'place calls and judge them',
    (command) =>
      withEnvironment(
        addScenarioFlags(
          command.positional('scenario', { type: 'string', describe: 'YAML file; without it the flags make the run' }),
        )
          .option('inconclusive', { choices: ['fail', 'warn'] as const, describe: 'exit 3 or 0 instead of 4' })
          .group(['allow-different'], 'Verdict:')
          .option('allow-different', {
            type: 'boolean',
            default: false,
            describe: 'compare with the baseline although it asked for other things',
          })
          .group(['out', 'json', 'quiet', 'open', 'dry-run'], 'Output:')
          .option('out', { type: 'string', requiresArg: true, describe: 'folder for the files of the run' })
          .option('json', { type: 'boolean', default: false, describe: 'print result.json instead of the summary' })
          .option('quiet', { type: 'boolean', default: false, describe: 'no progress, only the result' })
          .option('open', { type: 'boolean', default: false, describe: 'open the report in the browser at the end' })
          .option('dry-run', { type: 'boolean', default: false, describe: 'check everything, send nothing' })
          .example('$0 run --target loopback', 'to ourselves: needs nothing')
          .example('$0 run --target sip:600@pbx', 'to an extension of a PBX')
          .example('$0 run peak.yaml --rate 20/s', 'as a file says, with another rate')
          .epilogue('Defaults are those of a run without a scenario.'),
        host,
      ),
    async (given) => {
      if (given.open && !host.hasTerminal) {
        throw new ProblemsError([OPEN_NEEDS_TERMINAL]);
      }
      const out = lastOf(given.out);
      checkOut(out, scenarioArguments(given).baseline);
      const prepared = await prepareRun(host, given, given['dry-run'] ? null : (out ?? null));
      if (given['dry-run']) {
        const { localAddress } = prepared.scenario.network;
        if (localAddress !== null) {
          await checkLocalAddress(localAddress);
        }
        printPlan(host, prepared);
        return;
      }
      const options: RunOptions = {
        out,
        json: given.json,
        quiet: given.quiet,
        open: given.open,
        noGates: lastOf(given['no-gates']) === true,
        inconclusive: lastOf(given.inconclusive) ?? null,
      };
      finish(await new RunCommand(host, prepared, options).execute());
    },
  );
}

/**
 * @param out the folder that is to be written, if the user names one: what an earlier run left in it must not be taken for this one's
 * @throws ProblemsError, CannotRunError: nothing was sent
 */
async function prepareRun(
  host: ProcessHost,
  given: Readonly<Record<string, unknown>>,
  out: string | null,
): Promise<Prepared> {
  try {
    const prepared = await prepare(host, scenarioArguments(given));
    checkBaseline(prepared, given['allow-different'] === true);
    return prepared;
  } catch (error) {
    if (out !== null) {
      leaveEarlierRun(host, out, error);
    }
    throw error;
  }
}

class RunCommand {
  private readonly startedAt: Date;
  private readonly progress: Progress;
  private readonly seed: number;
  private readonly backend: MediaWorkerSetup['backend'];
  private readonly cpuBefore: number;
  private readonly cpu: CpuShare;
  private readonly stop: StopRequests;
  /** Null: nothing is hidden. */
  private readonly redactor: NumberRedactor | null;
  /** Every text from outside passes it on its way to a file or the terminal. */
  private readonly shown = (text: string): string => this.redactor?.text(text) ?? text;
  /** A gate may name an endpoint by its number. */
  private readonly shownGate = (gate: GateResult): GateResult => ({ ...gate, expr: this.shown(gate.expr) });
  /** Grows as more is known. */
  private record: RunRecord;
  /** Of SIP over UDP, one a signalling worker. */
  private localPorts: readonly number[] = [];
  private loopback: LoopbackAnswerer | null = null;
  private sink: BoundSink | null = null;
  /** Quarters of the users of whom it was told that they are registered. */
  private registeredQuarters = -1;

  constructor(
    private readonly host: ProcessHost,
    private readonly prepared: Prepared,
    private readonly options: RunOptions,
  ) {
    this.startedAt = host.now();
    this.backend = netBackend(host);
    this.cpuBefore = host.cpuSeconds;
    this.seed = prepared.scenario.seed ?? this.startedAt.getTime() % 0x1_0000_0000;
    this.redactor = redactorOf(prepared.scenario);
    this.progress = new Progress(host, options.quiet, new CoursePlan(prepared.scenario, prepared.schedule));
    const { noGates, inconclusive } = options;
    this.record = runRecord({
      host,
      prepared,
      startedAt: this.startedAt,
      seed: this.seed,
      noGates,
      inconclusive,
    });
    this.cpu = new CpuShare(host, this.record.environment.cores);
    this.stop = new StopRequests((text) => this.progress.say(text, 'signal'));
  }

  async execute(): Promise<number> {
    const { host, prepared, options, stop } = this;
    for (const warning of prepared.warnings) {
      this.progress.say(this.shown(warning), 'warning');
    }
    const directory = options.out ?? join('reports', directoryName(this.startedAt, this.shown(prepared.scenario.name)));
    if (options.out !== null && host.exists(join(directory, RESULT_FILE))) {
      this.progress.say(`the files of an earlier run in ${directory} are replaced`, 'warning');
    }
    const files = new RunFiles(
      host,
      directory,
      this.record.endpoints.map(({ name }) => this.shown(name)),
    );
    this.begin(files);
    stop.listen(host);
    try {
      const exitCode = this.report(await this.measure(files), files);
      if (options.open && files.failure === null) {
        await this.open(files.reportPath);
      }
      return stop.fault === null ? exitCode : EXIT_CODES.fault;
    } catch (error) {
      host.err(`callgauge: what was measured is kept: callgauge report ${escapeTerminal(directory)}\n`);
      throw error;
    } finally {
      this.progress.end();
      this.sink?.close();
      await Promise.race([this.loopback?.stop(), stop.hurried]);
    }
  }

  /** The run from its first socket to its files; what keeps it from starting is a result as well. */
  private async measure(files: RunFiles): Promise<Result> {
    let plan: RunPlan | null = null;
    let refusal: CannotRunError | null = null;
    try {
      // Who presses twice, or a fault, does not wait for the far side to come up.
      plan = await Promise.race([this.plan(), this.stop.hurried.then(() => null)]);
    } catch (error) {
      if (!(error instanceof CannotRunError)) {
        throw error;
      }
      refusal = error;
    }
    if (plan === null) {
      return this.conclude(files, new RunBook(this.record), this.unplanned(refusal));
    }
    this.begin(files);
    const run = this.createRun(plan, files);
    const evidence = this.evidenceOf(files, run.book);
    const captures = this.captureFiles(files, plan);
    files.onFlush = () => {
      try {
        captures.flush(run.book.captures, run.book.evidence);
      } finally {
        evidence.flush(run.book.evidence);
      }
    };
    this.stop.steer(run);
    const end = await run.execute();
    this.stop.runIsOver();
    this.progress.end();
    files.flush(this.stateOf(end, run.book));
    captures.isLast = true;
    return this.conclude(files, run.book, end, evidence);
  }

  private async plan(): Promise<RunPlan> {
    const { host, prepared } = this;
    if (prepared.scenario.endpoints.some(({ target }) => target.kind === 'loopback')) {
      const { scenario, replayed } = prepared;
      const flags = [...(replayed.length === 0 ? [] : ['--any-codec']), '--ptime', `${ptimeOf(scenario)}ms`];
      this.loopback = await startLoopback(host, { impairment: scenario.loopback.impair, seed: this.seed, flags });
    }
    const endpoints = resolveEndpoints(prepared, this.loopback);
    const localAddress = await localAddressFor(prepared.scenario.network.localAddress, endpoints);
    this.sink = prepared.scenario.media ? null : await bindSink(localAddress);
    const plan = planRun(host, {
      prepared,
      endpoints,
      seed: this.seed,
      backend: this.backend,
      sinkPort: this.sink?.port ?? null,
      localAddress,
      runToken: createRunToken(host, this.seed),
    });
    this.record = {
      ...this.record,
      callIds: plan.callIds,
      endpoints: recordedEndpoints(
        prepared.scenario,
        endpoints.map(({ uri }) => uri),
      ),
    };
    return plan;
  }

  private createRun(plan: RunPlan, files: RunFiles): Run {
    const run: Run = new Run(plan, {
      onWaiting: () => this.progress.say('waiting for the target to answer OPTIONS', 'waiting'),
      onRegistering: (bound, users) => this.sayRegistering(bound, users),
      onBegin: (facts) => {
        this.stop.callsBegin();
        this.cpu.begin();
        this.record = withFacts(this.record, facts);
        this.localPorts = facts.localPorts;
        this.begin(files);
        this.progress.begin(facts.netBackend);
        this.progress.say(
          `started: ${facts.slots} media slots, ${facts.netBackend} sockets, files in ${files.directory}`,
          'started',
        );
      },
      onSecond: (second, book, gates) => {
        this.cpu.note(second - 1, book.generatorSeconds);
        this.progress.takeSecond(second, book, gates.map(this.shownGate));
        files.tick(second, () => this.stateOf(run.end(), run.book));
      },
      onGateFlip: (gate, previous) => this.progress.gateFlip(this.shownGate(gate), previous),
      onMedia: (batch) => files.addMedia(batch),
      onSignalling: (batch) => files.addSignalling(batch),
      onWarning: (text) => this.progress.say(this.shown(text), 'warning'),
    });
    run.book.onJoined = (record, legs) => {
      files.addCall(this.redactor === null ? record : redactCall(record, this.redactor), legs);
    };
    return run;
  }

  /** At the start, each quarter on the way, and at the end: thousands of users take minutes. */
  private sayRegistering(bound: number, users: number): void {
    const quarter = Math.floor((4 * bound) / users);
    if (quarter > this.registeredQuarters) {
      this.registeredQuarters = quarter;
      const { rate } = this.prepared.scenario.users ?? { rate: 0 };
      const text =
        bound === 0 ? `registering ${users} users at ${formatRate(rate)}` : `registered ${bound} of ${users} users`;
      this.progress.say(text, 'registering');
    }
  }

  /** What a rebuild needs; nothing that is to be hidden is in it. */
  private begin(files: RunFiles): void {
    files.begin(this.redactor === null ? this.record : redactTexts(this.record, this.redactor));
  }

  private captureFiles(files: RunFiles, plan: RunPlan): CaptureFiles {
    return new CaptureFiles(this.host, files.directory, {
      version: this.host.version,
      wallOffset: plan.fleet.media[0]?.capture?.wallOffset ?? { seconds: 0, ns: 0 },
      localAddress: plan.fleet.signalling[0]?.localAddress ?? '',
      localPorts: () => this.localPorts,
      signalling: plan.fleet.signalling,
      redact: this.shown,
    });
  }

  private evidenceOf(files: RunFiles, book: RunBook): EvidenceFiles {
    const { name, endpoints } = this.record;
    return new EvidenceFiles(this.host, files.directory, {
      endpoints: endpoints.map((endpoint) => this.shown(endpoint.name)),
      redact: this.shown,
      captures: book.captures,
      run: { name: this.shown(name), startedAt: this.record.startedAt },
    });
  }

  private conclude(files: RunFiles, book: RunBook, end: RunEnd, evidence: EvidenceFiles | null = null): Result {
    const outcome = { ...end, cpuSeconds: this.cpuSeconds };
    const { gates, baseline } = this.prepared;
    const facts = factsOf(withFacts(this.record, end.facts), outcome, { gates, baseline: baseline?.source ?? null });
    const measured = buildResult(book, { ...facts, redact: this.shown });
    // Whatever is written or printed is made from what is hidden already.
    const compared = withBaseline(measured, this.prepared.baseline?.stored ?? null);
    const result = this.redactor === null ? compared : redactTexts(compared, this.redactor);
    evidence?.addWorst(result.worstCalls);
    files.finish(result);
    return result;
  }

  /** The end of a run that came to no plan. */
  private unplanned(refusal: CannotRunError | null): RunEnd {
    return {
      durationMs: 0,
      facts: null,
      interrupted: this.stop.signal,
      couldNotRun: refusal?.message ?? null,
      hint: refusal?.hint ?? null,
      fault: this.stop.fault,
      lostWorkers: [],
      lostCalls: NOTHING_LOST,
      doubts: [],
      endedBy: null,
      warnings: [],
    };
  }

  private stateOf(end: RunEnd, { registrations }: RunBook): StateProgress {
    const { durationMs, interrupted, lostWorkers, doubts, warnings } = end;
    const { cpuSeconds } = this;
    const shown = (texts: readonly string[]): string[] => texts.map(this.shown);
    return {
      type: 'state',
      elapsedMs: durationMs,
      cpuSeconds,
      ...this.cpu.take(),
      interrupted,
      lostWorkers: shown(lostWorkers),
      doubts: shown(doubts),
      warnings: shown(warnings),
      registrations: registrations.progress(),
    };
  }

  private get cpuSeconds(): number {
    return this.host.cpuSeconds - this.cpuBefore;
  }

  private async open(path: string): Promise<void> {
    const failure = await this.host.openInDesktop(path);
    if (failure !== null) {
      this.progress.say(`the report could not be opened: ${failure}`, 'warning');
    }
  }

  private report(result: Result, files: RunFiles): number {
    const { host, options } = this;
    if (options.json) {
      host.out(jsonWithoutCommands(serializeResult(result)));
    } else {
      const reportPath = host.exists(files.reportPath) ? files.reportPath : null;
      host.out(renderSummary(result, { color: host.colorsStdout, reportPath }));
    }
    tellGithub(host, result, files.reportPath);
    if (files.failure !== null) {
      host.err(
        `callgauge: the files in ${escapeTerminal(files.directory)} are incomplete: ${escapeTerminal(files.failure)}\n`,
      );
      return EXIT_CODES.fault;
    }
    return result.exitCode;
  }
}

/** What the sockets turned out to be. */
function withFacts(record: RunRecord, facts: RunEnd['facts']): RunRecord {
  if (facts === null) {
    return record;
  }
  const { netBackend, bufferBytes, signallingDscp, mediaDscp } = facts;
  const environment = { ...record.environment, socketBufferBytes: { ...bufferBytes }, signallingDscp, mediaDscp };
  return { ...record, netBackend, environment };
}

function resolveEndpoints(prepared: Prepared, loopback: LoopbackAnswerer | null): ResolvedEndpoint[] {
  const { outboundProxy, tls } = prepared.scenario.network;
  return prepared.scenario.endpoints.map(({ name, target, labels }) => {
    if (target.kind === 'loopback') {
      return { name, labels, ...loopbackEndpoint(loopback?.port ?? 0) };
    }
    const first = outboundProxy ?? target;
    const located = prepared.servers.get(first);
    return {
      name,
      labels,
      uri: target.uri,
      servers: located?.servers ?? [],
      protocol: located?.protocol ?? protocolOf(first),
      isSecure: target.isSecure,
      serverName: tls.serverName ?? (parseIp(first.host) === undefined ? first.host : null),
      proxyUri: outboundProxy?.uri ?? null,
    };
  });
}

/** `2026-11-20T23-05-09Z_smoke`: sorts by time, and is a name on every file system. */
function directoryName(startedAt: Date, name: string): string {
  return `${startedAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')}_${name.replaceAll('*', '')}`;
}
