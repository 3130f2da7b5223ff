/**
 * The only door to the process: arguments, environment, files, terminal, signals, child processes, exit. Everything else
 * gets what it needs of these handed in, so that the whole program can be tested from outside.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cpus, totalmem } from 'node:os';
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

export type Signal = 'SIGINT' | 'SIGTERM';

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

  /** The command as it was given, its password masked. */
  get commandLine(): string {
    return commandLine(this.args);
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

  /** False also where there is nothing. */
  isDirectory(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  makeDirectory(path: string): void {
    mkdirSync(path, { recursive: true });
  }

  /** Readers see the old file or the new one, never a part. */
  writeFile(path: string, data: string): void {
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

  appendFile(path: string, data: Uint8Array): void {
    appendFileSync(path, data);
  }

  /** Bytes in a file; 0 where there is none. */
  fileBytes(path: string): number {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
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
  }

  /** A fault that nobody caught; the process must leave after it. */
  onFault(handle: (error: unknown) => void): void {
    process.on('uncaughtException', handle);
    process.on('unhandledRejection', handle);
  }

  /** CPU seconds of this process so far, all threads. */
  get cpuSeconds(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
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

function openFilesLimit(): number | null {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return line?.[1] === undefined ? null : Number(line[1]);
  } catch {
    return null; // no Linux
  }
}
