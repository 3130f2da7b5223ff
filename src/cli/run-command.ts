/** `callgauge run`: the main job, from the scenario to the verdict and the files. */
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { EXIT_CODES } from '../gates/verdict.js';
import { messageOf, ProblemsError } from '../lib/errors.js';
import { bindSink } from '../net/resolve.js';
import { jsonWithoutCommands } from '../report/github.js';
import { serializeResult } from '../report/json.js';
import { renderSummary } from '../report/text.js';
import { escapeTerminal } from '../report/visible-text.js';
import type { NumberRedactor } from '../run/redaction.js';
import { redactorOf, redactTexts } from '../run/redacted-result.js';
import type { Result } from '../run/result.js';
import { buildResult } from '../run/result-builder.js';
import { Run } from '../run/run.js';
import type { MediaWorkerSetup } from '../worker/messages.js';
import { readBaseline, withBaseline } from './baseline-run.js';
import { netBackend, withEnvironment } from './environment.js';
import { EvidenceFiles } from './evidence-files.js';
import { tellGithub } from './github-actions.js';
import type { ProcessHost, Signal } from './host.js';
import { startLoopback, type LoopbackAnswerer } from './loopback.js';
import { prepare, type Prepared } from './preparation.js';
import { Progress } from './progress.js';
import { CoursePlan } from './progress-course.js';
import { RunFiles } from './run-files.js';
import { resultFacts } from './run-facts.js';
import { localAddressFor, planRun, type ResolvedEndpoint } from './run-plan.js';
import { addScenarioFlags, scenarioArguments } from './scenario-flags.js';
import type { StoredRun } from './stored-run.js';
import { printPlan } from './validate-command.js';

interface RunOptions {
  readonly out: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly open: boolean;
  readonly noGates: boolean;
  readonly inconclusive: 'fail' | 'warn' | null;
  readonly baseline: StoredRun | null;
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
          .option('baseline', {
            type: 'string',
            requiresArg: true,
            describe: 'result.json or folder of an earlier run to compare with',
          })
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
      const prepared = await prepare(host, scenarioArguments(given));
      const baseline = readBaseline(host, prepared, { file: given.baseline, allowDifferent: given['allow-different'] });
      if (given['dry-run']) {
        printPlan(host, prepared);
        return;
      }
      const options: RunOptions = {
        out: given.out,
        json: given.json,
        quiet: given.quiet,
        open: given.open,
        noGates: given['no-gates'] === true,
        inconclusive: given.inconclusive ?? null,
        baseline,
      };
      finish(await new RunCommand(host, prepared, options).execute());
    },
  );
}

class RunCommand {
  private readonly startedAt: Date;
  private readonly progress: Progress;
  private readonly seed: number;
  private readonly backend: MediaWorkerSetup['backend'];
  /** Null: nothing is hidden. */
  private readonly redactor: NumberRedactor | null;
  /** Every text from outside passes it on its way to a file or the terminal. */
  private readonly shown = (text: string): string => this.redactor?.text(text) ?? text;
  private run: Run | null = null;
  private signals: Signal[] = [];

  constructor(
    private readonly host: ProcessHost,
    private readonly prepared: Prepared,
    private readonly options: RunOptions,
  ) {
    this.startedAt = host.now();
    this.backend = netBackend(host);
    this.seed = prepared.scenario.seed ?? this.startedAt.getTime() % 0x1_0000_0000;
    this.redactor = redactorOf(prepared.scenario);
    this.progress = new Progress(host, options.quiet, new CoursePlan(prepared.scenario, prepared.schedule));
  }

  async execute(): Promise<number> {
    const { host, prepared, options } = this;
    for (const warning of prepared.warnings) {
      this.progress.say(this.shown(warning), 'warning');
    }
    const directory = options.out ?? join('reports', directoryName(this.startedAt, this.shown(prepared.scenario.name)));
    const files = new RunFiles(
      host,
      directory,
      prepared.scenario.endpoints.map(({ name }) => this.shown(name)),
    );
    this.listen();
    const loopback = prepared.scenario.endpoints.some(({ target }) => target.kind === 'loopback')
      ? await startLoopback(host, { impairment: prepared.scenario.loopback.impair, seed: this.seed })
      : null;
    try {
      const result = await this.measure(files, loopback);
      const exitCode = this.report(result, files);
      if (options.open && files.failure === null) {
        await this.open(files.reportPath);
      }
      return exitCode;
    } finally {
      this.progress.end();
      await loopback?.stop();
    }
  }

  private async measure(files: RunFiles, loopback: LoopbackAnswerer | null): Promise<Result> {
    const { host, prepared } = this;
    const endpoints = resolveEndpoints(prepared, loopback);
    const localAddress = await localAddressFor(prepared.scenario.network.localAddress, endpoints);
    const sink = prepared.scenario.media ? null : await bindSink(localAddress);
    const plan = planRun(host, {
      prepared,
      endpoints,
      seed: this.seed,
      backend: this.backend,
      sinkPort: sink?.port ?? null,
      localAddress,
    });
    const cpuBefore = host.cpuSeconds;
    const run = new Run(plan, {
      onWaiting: () => this.progress.say('waiting for the target to answer OPTIONS', 'waiting'),
      onBegin: (facts) => {
        this.progress.begin(facts.netBackend);
        this.progress.say(
          `started: ${facts.slots} media slots, ${facts.netBackend} sockets, files in ${files.directory}`,
          'started',
        );
      },
      onSecond: (second, book, gates) => {
        this.progress.takeSecond(second, book, gates);
        files.tick(second);
      },
      onGateFlip: (gate, previous) => this.progress.gateFlip(gate, previous),
      onMedia: (batch) => files.addRows(batch),
      onWarning: (text) => this.progress.say(this.shown(text), 'warning'),
    });
    run.book.onJoined = (record, legs) => {
      const detail = record.detail === null ? null : this.shown(record.detail);
      files.addCall({ ...record, detail }, legs);
    };
    const evidence = new EvidenceFiles(host, files.directory, {
      endpoints: endpoints.map(({ name }) => this.shown(name)),
      redact: this.shown,
      run: { name: this.shown(prepared.scenario.name), startedAt: this.startedAt.toISOString() },
    });
    files.onFlush = () => evidence.flush(run.book.evidence);
    this.steer(run);
    const end = await run.execute();
    sink?.close();
    this.progress.end();
    const measured = buildResult(
      run.book,
      resultFacts({
        host,
        prepared,
        end,
        endpoints,
        startedAt: this.startedAt,
        seed: this.seed,
        cpuSeconds: host.cpuSeconds - cpuBefore,
        noGates: this.options.noGates,
        inconclusive: this.options.inconclusive,
        workers: { signalling: plan.fleet.signalling.length, media: plan.fleet.media.length },
        redact: this.shown,
      }),
    );
    // Whatever is written or printed is made from what is hidden already.
    const compared = withBaseline(measured, this.options.baseline);
    const result = this.redactor === null ? compared : redactTexts(compared, this.redactor);
    evidence.addWorst(result.worstCalls);
    files.finish(result);
    return result;
  }

  /** From before the first file on: a signal that comes before the run has begun is kept for it. */
  private listen(): void {
    this.host.onSignal((signal) => {
      this.signals.push(signal);
      if (this.signals.length === 1) {
        this.progress.say(
          `${signal}: ending the calls (up to 10 s); press again to leave at once with what is measured`,
          'signal',
        );
        this.run?.interrupt(signal);
      } else {
        this.run?.abandon();
      }
    });
  }

  private steer(run: Run): void {
    this.run = run;
    const [first, second] = this.signals;
    if (first !== undefined) {
      run.interrupt(first);
    }
    if (second !== undefined) {
      run.abandon();
    }
    this.host.onFault((error) => run.fail(messageOf(error)));
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
      host.out(renderSummary(result, { color: host.colorsStdout, reportPath: files.reportPath }));
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

function resolveEndpoints(prepared: Prepared, loopback: LoopbackAnswerer | null): ResolvedEndpoint[] {
  return prepared.scenario.endpoints.map(({ name, target, labels }) => {
    if (target.kind === 'loopback') {
      const port = loopback?.port ?? 0;
      return { name, labels, uri: `sip:echo@127.0.0.1:${port}`, address: '127.0.0.1', port };
    }
    const address = prepared.addresses.get(target.host)?.[0] ?? target.host;
    return { name, labels, uri: target.uri, address, port: target.port };
  });
}

/** `2026-11-20T23-05-09Z_smoke`: sorts by time, and is a name on every file system. */
function directoryName(startedAt: Date, name: string): string {
  return `${startedAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')}_${name.replaceAll('*', '')}`;
}
