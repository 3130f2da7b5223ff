/** `callgauge doctor`: this host as a generator, measured on loopback against our own answerers. Exit 0 fit, 4 unfit, 5 could not run. */
import type { Argv } from 'yargs';
import { EXIT_CODES } from '../gates/verdict.js';
import { escapeTerminal } from '../report/visible-text.js';
import { judgeHost, type CheckState, type DoctorFacts, type DoctorJudgement, type HostProfile } from '../run/doctor.js';
import type { Run } from '../run/run.js';
import { measureCapacity, measureSteady, type DoctorWatch } from './doctor-measure.js';
import { withEnvironment } from './environment.js';
import type { ProcessHost, Signal } from './host.js';

/** Default of `network.rtpPorts`. */
const RTP_PORTS = { first: 16_384, last: 24_575 } as const;
const MARKS: Readonly<Record<CheckState, string>> = {
  ok: '✓ ok',
  warning: '▲ warning',
  unfit: '✗ unfit',
  'not-measured': '– not measured',
};
const MARK_WIDTH = 16;
const SCHEMA_VERSION = 1;

export function doctorCommand(program: Argv, host: ProcessHost, finish: (exitCode: number) => void): void {
  program.command(
    'doctor',
    'measure what this host is worth as a generator (under a minute, loopback only)',
    (command) =>
      withEnvironment(
        command.option('json', { type: 'boolean', default: false, describe: 'print the facts and checks as JSON' }),
        host,
      ),
    async (given) => finish(await new Doctor(host).examine(given.json)),
  );
}

class Doctor {
  private run: Run | null = null;
  private signal: Signal | null = null;
  private readonly watch: DoctorWatch = {
    onRun: (run) => {
      this.run = run;
      if (this.signal !== null) {
        run.abandon();
      }
    },
  };

  constructor(private readonly host: ProcessHost) {
    host.onSignal((signal) => {
      this.signal ??= signal;
      this.run?.abandon();
    });
  }

  async examine(asJson: boolean): Promise<number> {
    const { host, watch } = this;
    host.err('measuring on loopback, about half a minute: bad links read back, then a ramp of calls\n');
    const profile = profileOf(host);
    const steady = await measureSteady(host, watch);
    if (this.signal !== null) {
      return EXIT_CODES[this.signal];
    }
    const capacity = await measureCapacity(host, watch);
    if (this.signal !== null) {
      return EXIT_CODES[this.signal];
    }
    const facts = { host: profile, steady: steady.figures, readBacks: steady.readBacks, capacity };
    const judgement = judgeHost(facts);
    const exitCode = judgement.verdict === 'fit' ? EXIT_CODES.pass : EXIT_CODES.inconclusive;
    host.out(asJson ? jsonOf(host, facts, { ...judgement, exitCode }) : textOf(facts, judgement));
    return exitCode;
  }
}

/** The shape is documented in the README of this room. */
function jsonOf(host: ProcessHost, facts: DoctorFacts, judgement: DoctorJudgement & { exitCode: number }): string {
  const tool = { name: 'callgauge', version: host.version };
  const document = { schemaVersion: SCHEMA_VERSION, tool, takenAt: host.now().toISOString(), ...judgement, ...facts };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function textOf({ host, steady }: DoctorFacts, { verdict, checks }: DoctorJudgement): string {
  const gib = (host.memoryBytes / 2 ** 30).toFixed(1);
  const lines = [
    `${host.cores} cores (${host.cpuModel}), ${gib} GiB, ${host.platform}, node ${host.node}`,
    `measured with ${steady.calls} calls at once, then with a ramp`,
    '',
  ];
  for (const { state, text, hint } of checks) {
    lines.push(`${MARKS[state].padEnd(MARK_WIDTH)}${text}`);
    if (hint !== null) {
      lines.push(`${' '.repeat(MARK_WIDTH)}→ ${hint}`);
    }
  }
  const unfit = checks.filter(({ state }) => state === 'unfit').length;
  const reason = unfit === 0 ? '' : `: ${unfit} check${unfit === 1 ? '' : 's'} failed, see above`;
  lines.push('', verdict === 'fit' ? '✓ FIT as a generator' : `✗ UNFIT as a generator${reason}`);
  return `${lines.map(escapeTerminal).join('\n')}\n`;
}

function profileOf(host: ProcessHost): HostProfile {
  const range = /^(\d+)\s+(\d+)/.exec(readOrNull(host, '/proc/sys/net/ipv4/ip_local_port_range') ?? '');
  const bufferMax = readOrNull(host, '/proc/sys/net/core/rmem_max');
  return {
    ...host.facts(),
    rtpPorts: RTP_PORTS,
    ephemeralPorts: range === null ? null : { first: Number(range[1]), last: Number(range[2]) },
    clockSource: readOrNull(host, '/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    receiveBufferMaxBytes: bufferMax === null ? null : Number(bufferMax),
  };
}

/** Null where the system has no such file. */
function readOrNull(host: ProcessHost, path: string): string | null {
  try {
    return host.readText(path).trim();
  } catch {
    return null;
  }
}
