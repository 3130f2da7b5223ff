/**
 * The only door to the process: arguments, environment, files, terminal, signals, child processes, exit. Everything else
 * gets what it needs of these handed in, so that the whole program can be tested from outside.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  constants,
  createReadStream,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { cpus, hostname, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutCommands } from '../report/github.js';
import { commandLine } from './command-line.js';
import { withoutTwins } from './environment.js';

/** The folder that holds `audio/`, `scenarios/` and `package.json`. */
const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What shows a file on the desktop, without a shell that could read something into its name. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

export interface HostFacts {
  readonly node: string;
  readonly platform: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Null where the system does not tell. */
  readonly openFilesLimit: number | null;
}

/** Of all cores. */
export interface HostCpu {
  readonly busy: number;
  readonly total: number;
}

/** SIGHUP: the terminal was closed. */
export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** A process, told apart from a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Null where the system does not tell. */
  readonly startTicks: string | null;
  readonly hostName: string;
  readonly bootId: string | null;
}

export class ProcessHost {
  readonly args: readonly string[] = process.argv.slice(2);
  readonly env: Readonly<Record<string, string | undefined>> = process.env;
  readonly version: string;

  constructor() {
    const manifest = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string };
    this.version = manifest.version;
    // A reader that went away (`callgauge … | head`) is no fault of the run: its files are still to be written.
    process.stdout.on('error', () => {});
    process.stderr.on('error', () => {});
  }

  /** Somebody is there. */
  get hasTerminal(): boolean {
    return process.stderr.isTTY;
  }

  /** Somebody watches stderr, on a terminal that can move its cursor. */
  get isTerminal(): boolean {
    return process.stderr.isTTY && this.env['TERM'] !== 'dumb';
  }

  get colorsStdout(): boolean {
    return process.stdout.isTTY && this.mayColor;
  }

  get colorsStderr(): boolean {
    return process.stderr.isTTY && this.mayColor;
  }

  get columns(): number {
    return process.stderr.columns || 80; // a terminal that does not know its size says 0
  }

  get rows(): number {
    return process.stderr.rows || 24;
  }

  /** NO_COLOR counts unless it is empty (no-color.org). */
  private get mayColor(): boolean {
    return (this.env['NO_COLOR'] ?? '') === '' && this.env['TERM'] !== 'dumb';
  }

  /** Variables of the environment that stand for flags of the command, with their values. */
  readonly twins = new Map<string, string>();

  /** The command as it was given, with the variables that belong to it; its passwords masked. */
  get commandLine(): string {
    return commandLine(this.args, this.twins);
  }

  /** Path of a file that ships with the program. */
  shippedFile(name: string): string {
    return join(PACKAGE_ROOT, name);
  }

  /** What a CI system would take for a command is none in it. */
  out(text: string): void {
    process.stdout.write(withoutCommands(text));
  }

  err(text: string): void {
    process.stderr.write(withoutCommands(text));
  }

  /** Commands for the CI system whose log stderr goes to. */
  ciCommands(text: string): void {
    process.stderr.write(text);
  }

  /** Leaves when what was printed has been taken. */
  exit(code: number): void {
    process.exitCode = code;
    process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
  }

  readText(path: string): string {
    return readFileSync(path, 'utf8');
  }

  readBytes(path: string): Uint8Array {
    return readFileSync(path);
  }

  /** With the folders above it. */
  makeDirectory(path: string): void {
    if (isDirectory(path)) return;
    // One by one: `recursive` of Node loops for ever where a folder that exists takes none, as /proc does.
    if (dirname(path) !== path) this.makeDirectory(dirname(path));
    mkdirSync(path);
  }

  /** Readers see the old file or the new one, never a part. */
  writeFile(path: string, data: string | Uint8Array): void {
    const temporary = join(dirname(path), `.${process.pid}.tmp`);
    try {
      writeFileSync(temporary, data);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  removeFiles(paths: readonly string[]): void {
    for (const path of paths) {
      rmSync(path, { force: true });
    }
  }

  /** Names of what stands in a folder; none where there is no folder. */
  fileNames(path: string): string[] {
    return existsSync(path) ? readdirSync(path) : [];
  }

  emptyFile(path: string): void {
    writeFileSync(path, '');
  }

  /** All of it or nothing: what a full disk took of it is taken back, so that what comes later can still be read. The file must be there. */
  appendFile(path: string, data: Uint8Array): void {
    const file = openSync(path, constants.O_WRONLY | constants.O_APPEND);
    const { size } = fstatSync(file);
    try {
      for (let written = 0; written < data.length;) {
        written += writeSync(file, data, written);
      }
    } catch (error) {
      ftruncateSync(file, size);
      throw error;
    } finally {
      closeSync(file);
    }
  }

  /** The bytes of a file, piece by piece. */
  readChunks(path: string): NodeJS.ReadableStream {
    return createReadStream(path);
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  /** @throws Error when there is nothing at that path */
  isDirectory(path: string): boolean {
    return statSync(path).isDirectory();
  }

  /** Bytes in a file; 0 where there is none. */
  fileBytes(path: string): number {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** When a file was written last, in ms since 1970; null where there is none. */
  modifiedMs(path: string): number | null {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
  }

  /**
   * Shows a file by the desktop's own means. Gives why that failed, or null; an opener that has not ended after two
   * seconds has become the browser itself.
   */
  async openInDesktop(path: string): Promise<string | null> {
    const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
    const child = spawn(command, [...args, resolve(path)], { stdio: 'ignore', detached: true });
    child.unref();
    return new Promise((settle) => {
      const timer = setTimeout(() => settle(null), 2000);
      const end = (failure: string | null): void => {
        clearTimeout(timer);
        settle(failure);
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code) => end(code === 0 ? null : `${command} ended with exit code ${code}`));
    });
  }

  onSignal(handle: (signal: Signal) => void): void {
    process.on('SIGINT', () => handle('SIGINT'));
    process.on('SIGTERM', () => handle('SIGTERM'));
    process.on('SIGHUP', () => handle('SIGHUP'));
  }

  /** A fault that nobody caught; the process must leave after it. */
  onFault(handle: (error: unknown) => void): void {
    process.on('uncaughtException', handle);
    process.on('unhandledRejection', handle);
  }

  get identity(): ProcessIdentity {
    const { pid } = process;
    return { pid, startTicks: startTicksOf(pid), hostName: hostname(), bootId: bootId() };
  }

  /** Whether that process still lives; unknown when it is, or was, one of another host. */
  livenessOf({ pid, startTicks, hostName, bootId: boot }: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
    if (hostName !== hostname()) {
      return 'unknown';
    }
    if (boot !== bootId() || !isRunning(pid)) {
      return 'dead';
    }
    return startTicks === startTicksOf(pid) ? 'alive' : 'dead';
  }

  /** CPU seconds of this process so far, all threads. */
  get cpuSeconds(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }

  /** CPU time of the whole host so far, in ticks of its own; null where the system does not tell. */
  get hostCpu(): HostCpu | null {
    try {
      return readHostCpu(readFileSync('/proc/stat', 'latin1'));
    } catch {
      return null; // no Linux
    }
  }

  facts(): HostFacts {
    const processors = cpus();
    return {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cpuModel: processors[0]?.model ?? 'unknown',
      cores: processors.length,
      memoryBytes: totalmem(),
      openFilesLimit: openFilesLimit(),
    };
  }

  /** Starts this program again as a child that ends when we do. */
  spawnSelf(args: readonly string[]): ChildProcess {
    const script = fileURLToPath(new URL('../main.js', import.meta.url));
    return spawn(process.execPath, [script, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: withoutTwins(this.env),
      // A process group of its own: Ctrl-C on the terminal is for us, and we end the child when the calls have ended.
      detached: true,
    });
  }

  /** Tells the process that started us; false when it was no program of ours. */
  tellParent(message: object): boolean {
    return process.send?.(message) ?? false;
  }

  onParentGone(handle: () => void): void {
    process.on('disconnect', handle);
  }

  now(): Date {
    return new Date();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // of another user
  }
}

/** Field 22 of /proc/PID/stat, behind a name that may hold anything; a process that only waits to be buried is none. */
function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null);
  } catch {
    return null; // no Linux
  }
}

/** proc(5): user, nice, system, idle, iowait, irq, softirq, steal; what a hypervisor gave to others is as good as busy. */
export function readHostCpu(stat: string): HostCpu | null {
  const times = (/^cpu +([\d ]+)/.exec(stat)?.[1] ?? '').split(' ').slice(0, 8).map(Number);
  const total = times.reduce((sum, time) => sum + time, 0);
  return times.length < 4 ? null : { busy: total - (times[3] ?? 0) - (times[4] ?? 0), total };
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null; // no Linux
  }
}

function openFilesLimit(): number | null {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return line?.[1] === undefined ? null : Number(line[1]);
  } catch {
    return null; // no Linux
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
