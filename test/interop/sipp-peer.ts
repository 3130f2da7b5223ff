/** SIPp 3.6 as the other side of a test: a UAS of a named behaviour, a UAC that calls us, and their counters as numbers. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PEERS = fileURLToPath(new URL('./peers', import.meta.url));
const HOST = '127.0.0.1';
const DEFAULT_TIMEOUT_SECONDS = 120;
const BIND_TIMEOUT_MS = 5000;

/** What the called side does; `peers/README.md` says it in words. */
export type SippBehaviour =
  | 'echo'
  | 'silent'
  | 'audio-5s'
  | 'no-answer'
  | 'busy'
  | 'bad-sdp'
  | 'bad-sip'
  | 'auth'
  | 'flow';

interface SippOptions {
  /** UDP port for SIP; SIPp's control port is 20,000 above it. */
  readonly port: number;
  /** First UDP port for RTP. */
  readonly mediaPort: number;
  /** One socket for all calls; default `udp`. */
  readonly transport?: 'udp' | 'tcp';
  /** SIPp is ended after this time, whatever happens (default 120 s). */
  readonly timeoutSeconds?: number;
}

export interface SippUasOptions extends SippOptions {
  readonly behaviour: SippBehaviour;
}

export interface SippUacOptions extends SippOptions {
  /** `host:port` of the side that is called; loopback. */
  readonly target: string;
  /** User part of the Request-URI (default `load`). */
  readonly user?: string;
  readonly calls: number;
  /** Call attempts per second. */
  readonly rate: number;
  /** Time from ACK to BYE, in ms; `flow` takes its own time. */
  readonly durationMs: number;
  /** Default: INVITE with an offer, a tone, BYE. */
  readonly behaviour?: 'flow';
}

export interface SippCounters {
  readonly created: number;
  /** Not ended yet when SIPp was stopped. */
  readonly current: number;
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** Failed calls by reason. */
  readonly unexpectedMessages: number;
  readonly receiveTimeouts: number;
  readonly outOfCallMessages: number;
  /** RTP packets sent back by `-rtp_echo`; null where SIPp does not count (it never counts those of rtp_stream, nor bytes). */
  readonly echoedRtpPackets: number | null;
}

export interface SippUas {
  readonly port: number;
  /** Ends SIPp and returns its last counters; later calls return the same. */
  stop(): Promise<SippCounters>;
}

export interface SippUacResult {
  /** 0 when all calls were good, 1 when one failed, 124 when the time ran out. */
  readonly exitCode: number;
  readonly counters: SippCounters;
  /** What SIPp wrote about failed calls. */
  readonly errors: string;
}

interface SippProcess {
  readonly child: ChildProcess;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
  readonly directory: string;
}

/**
 * True when SIPp is installed.
 * @throws Error when it is missing and CALLGAUGE_CI=1, where a skipped suite must not look like a passed one.
 */
export function sippAvailable(): boolean {
  const { stdout } = spawnSync('sipp', ['-v'], { encoding: 'utf8', timeout: 10_000 });
  const available = typeof stdout === 'string' && stdout.includes('SIPp v');
  if (!available && process.env['CALLGAUGE_CI'] === '1') {
    throw new Error('expected SIPp, found none; run test/interop/peers/install.sh');
  }
  return available;
}

/**
 * Starts a called side and waits until its port is bound.
 * @throws Error with SIPp's output when it does not come up.
 */
export async function startSippUas(options: SippUasOptions): Promise<SippUas> {
  const echo = options.behaviour === 'echo' || options.behaviour === 'flow' ? ['-rtp_echo'] : [];
  const sipp = spawnSipp(options, ['-sf', scenario(`uas-${options.behaviour}`), ...echo]);
  try {
    await waitUntilBound(sipp, options);
  } catch (error) {
    await end(sipp);
    rmSync(sipp.directory, { recursive: true });
    throw error;
  }
  let counters: Promise<SippCounters> | undefined;
  return { port: options.port, stop: () => (counters ??= end(sipp).then(() => collect(sipp))) };
}

/** Places the calls, waits until all have ended, and returns exit code and counters; it does not throw when calls fail. */
export async function runSippUac(options: SippUacOptions): Promise<SippUacResult> {
  if (!/^(127\.|localhost:|\[::1\])/.test(options.target)) {
    throw new Error(`expected a loopback target, found ${options.target}`);
  }
  const sipp = spawnSipp(options, [
    options.target,
    ...words(`-m ${options.calls} -r ${options.rate} -l ${options.calls} -d ${options.durationMs} -recv_timeout 10000`),
    '-s',
    options.user ?? 'load',
    '-sf',
    scenario(options.behaviour === undefined ? 'uac' : `uac-${options.behaviour}`),
  ]);
  const exitCode = await sipp.ended;
  const errors = readIfThere(join(sipp.directory, 'errors')) || (exitCode === 0 ? '' : outputOf(sipp));
  return { exitCode, errors, counters: collect(sipp) };
}

function scenario(name: string): string {
  return join(PEERS, 'scenarios', `${name}.xml`);
}

function words(line: string): string[] {
  return line.split(' ');
}

/** SIPp under `timeout` in a scratch directory of its own, where it finds the tone and leaves its files. */
function spawnSipp(options: SippOptions, args: readonly string[]): SippProcess {
  const directory = mkdtempSync(join(tmpdir(), 'callgauge-sipp-'));
  const tone = spawnSync(process.execPath, [join(PEERS, 'make-tone.mjs'), directory], { encoding: 'utf8' });
  if (tone.status !== 0) throw new Error(`make-tone.mjs: ${tone.stderr}`);
  const log = openSync(join(directory, 'log'), 'w');
  const common = words(
    `-i ${HOST} -bind_local -p ${options.port} -mi ${HOST} -mp ${options.mediaPort} -t ${options.transport === 'tcp' ? 't1' : 'u1'} -ci ${HOST} -cp ${options.port + 20_000} ` +
      '-nostdin -trace_err -error_file errors -trace_stat -stf stat.csv -fd 1',
  );
  const seconds = `${options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS}`;
  const child = spawn('timeout', ['--kill-after=5', seconds, 'sipp', ...args, ...common], {
    cwd: directory,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : -1));
  return { child, ended, directory };
}

async function waitUntilBound(sipp: SippProcess, { port, transport = 'udp' }: SippOptions): Promise<void> {
  const deadline = Date.now() + BIND_TIMEOUT_MS;
  while (!isBound(transport, port)) {
    if (sipp.child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`expected SIPp on ${transport.toUpperCase()} port ${port}, found: ${outputOf(sipp)}`);
    }
    await sleep(20);
  }
}

/** Looks the port up in the kernel's table; binding it to find out would disturb SIPp. */
function isBound(transport: 'udp' | 'tcp', port: number): boolean {
  const local = new RegExp(`^\\s*\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} `, 'm');
  return local.test(readFileSync(`/proc/net/${transport}`, 'latin1'));
}

async function end(sipp: SippProcess): Promise<void> {
  // SIPp writes its last statistics line on TERM; `timeout` passes the signal on.
  if (sipp.child.exitCode === null) sipp.child.kill('SIGTERM');
  const late = setTimeout(() => sipp.child.kill('SIGKILL'), 7000);
  await sipp.ended;
  clearTimeout(late);
}

/** Reads the counters of a SIPp that has ended and removes its scratch directory. */
function collect(sipp: SippProcess): SippCounters {
  const csv = readIfThere(join(sipp.directory, 'stat.csv'));
  const screen = outputOf(sipp);
  rmSync(sipp.directory, { recursive: true });
  return { ...parseSippStatistics(csv), echoedRtpPackets: parseEchoedPackets(screen) };
}

/**
 * The last line of a `-trace_stat` file.
 * @throws Error when there is no line, or a counter is missing.
 */
export function parseSippStatistics(csv: string): Omit<SippCounters, 'echoedRtpPackets'> {
  const [names = [], ...rows] = csv
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(';'));
  const last = rows.at(-1) ?? [];
  const counter = (name: string): number => {
    const value = Number(last[names.indexOf(name)] ?? Number.NaN);
    if (!Number.isInteger(value))
      throw new Error(`expected ${name} in the statistics of SIPp, found ${csv.slice(0, 200)}`);
    return value;
  };
  return {
    created: counter('TotalCallCreated'),
    current: counter('CurrentCall'),
    successful: counter('SuccessfulCall(C)'),
    failed: counter('FailedCall(C)'),
    retransmissions: counter('Retransmissions(C)'),
    unexpectedMessages: counter('FailedUnexpectedMessage(C)'),
    receiveTimeouts: counter('FailedTimeoutOnRecv(C)'),
    outOfCallMessages: counter('OutOfCallMsgs(C)'),
  };
}

function parseEchoedPackets(screen: string): number | null {
  const shown = [...screen.matchAll(/(\d+) Total echo RTP pckts 1st stream/g)].at(-1);
  return shown === undefined ? null : Number(shown[1]);
}

function outputOf(sipp: SippProcess): string {
  return readIfThere(join(sipp.directory, 'log'));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
