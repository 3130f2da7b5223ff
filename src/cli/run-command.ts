/** `callgauge run`: the main job, from the scenario to the verdict and the files. */
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { EXIT_CODES } from '../gates/verdict.js';
import { messageOf } from '../lib/errors.js';
import { bindSink } from '../net/resolve.js';
import { serializeResult } from '../report/json.js';
import { renderSummary } from '../report/text.js';
import { escapeTerminal } from '../report/visible-text.js';
import type { Result } from '../run/result.js';
import { buildResult } from '../run/result-builder.js';
import { Run } from '../run/run.js';
import type { MediaWorkerSetup } from '../worker/messages.js';
import { netBackend, withEnvironment } from './environment.js';
import type { ProcessHost, Signal } from './host.js';
import { startLoopback, type LoopbackAnswerer } from './loopback.js';
import { prepare, type Prepared } from './preparation.js';
import { Progress } from './progress.js';
import { RunFiles } from './run-files.js';
import { resultFacts } from './run-facts.js';
import { localAddressFor, planRun, type ResolvedEndpoint } from './run-plan.js';
import { addScenarioFlags, scenarioArguments } from './scenario-flags.js';
import { printPlan } from './validate-command.js';

interface RunOptions {
  readonly out: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly noGates: boolean;
  readonly inconclusive: 'fail' | 'warn' | null;
}

export function runCommand(program: Argv, host: ProcessHost, finish: (exitCode: number) => void): void {
  program.command(
    'run [scenario]',
    'place calls and judge them',
    (command) =>
      withEnvironment(
        addScenarioFlags(
          command.positional('scenario', { type: 'string', describe: 'YAML file; without it the flags make the run' }),
        )
          .option('out', { type: 'string', requiresArg: true, describe: 'folder for the files of the run' })
          .option('inconclusive', { choices: ['fail', 'warn'] as const, describe: 'exit 3 or 0 instead of 4' })
          .option('json', { type: 'boolean', default: false, describe: 'print result.json instead of the summary' })
          .option('quiet', { type: 'boolean', default: false, describe: 'no progress' })
          .option('dry-run', { type: 'boolean', default: false, describe: 'check everything, send nothing' }),
        host,
      ),
    async (given) => {
      const prepared = await prepare(host, scenarioArguments(given));
      if (given['dry-run']) {
        printPlan(host, prepared);
        return;
      }
      const options: RunOptions = {
        out: given.out,
        json: given.json,
        quiet: given.quiet,
        noGates: given['no-gates'] === true,
        inconclusive: given.inconclusive ?? null,
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
    this.progress = new Progress(host, options.quiet, (second) => prepared.schedule.rateAt(second * 1000 + 500));
  }

  async execute(): Promise<number> {
    const { host, prepared, options } = this;
    for (const warning of prepared.warnings) {
      this.progress.say(`warning: ${warning}`);
    }
    const directory = options.out ?? join('reports', directoryName(this.startedAt, prepared.scenario.name));
    const files = new RunFiles(
      host,
      directory,
      prepared.scenario.endpoints.map(({ name }) => name),
    );
    this.listen();
    const loopback = prepared.scenario.endpoints.some(({ target }) => target.kind === 'loopback')
      ? await startLoopback(host, { impairment: prepared.scenario.loopback.impair, seed: this.seed })
      : null;
    try {
      const result = await this.measure(files, loopback);
      return this.report(result, files);
    } finally {
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
      onWaiting: () => this.progress.say('waiting for the target to answer OPTIONS'),
      onBegin: (facts) =>
        this.progress.say(
          `started: ${facts.slots} media slots, ${facts.netBackend} sockets, files in ${files.directory}`,
        ),
      onSecond: (second, book) => {
        this.progress.second(second, book);
        files.tick(second);
      },
      onGateFlip: (gate, previous) => this.progress.gateFlip(gate, previous),
      onMedia: (batch) => files.addRows(batch),
      onWarning: (text) => this.progress.say(`warning: ${text}`),
    });
    run.book.onJoined = (record, legs) => files.addCall(record, legs);
    this.steer(run);
    const end = await run.execute();
    sink?.close();
    this.progress.end();
    const result = buildResult(
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
      }),
    );
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

  private report(result: Result, files: RunFiles): number {
    const { host, options } = this;
    if (options.json) {
      host.out(serializeResult(result));
    } else {
      host.out(renderSummary(result, { color: host.colorsStdout, reportPath: files.reportPath }));
    }
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
    .replaceAll(':', '-')}_${name}`;
}
