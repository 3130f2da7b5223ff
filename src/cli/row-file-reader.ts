/**
 * Reads a file of lines in gzip members, as far as it is whole: a last member that is torn gives the lines that came out of
 * it, and that is said. Lines and their number are bounded, so that no file takes more than its share of memory.
 */
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../lib/errors.js';
import type { ProcessHost } from './host.js';

export interface LinesRead {
  lines: number;
  /** Lines that `take` refused, or that were too long. */
  refused: number;
  /** Why not all of the file could be read; null: it was. */
  trouble: string | null;
}

export interface LineLimits {
  readonly maxLines: number;
  readonly maxLineLength: number;
}

const LIMITS: LineLimits = { maxLines: 20_000_000, maxLineLength: 1_000_000 };

/** @param take says whether a line is as it must be; an empty one is passed over */
export async function readLines(
  host: Pick<ProcessHost, 'readChunks'>,
  path: string,
  take: (line: string) => boolean,
  limits: LineLimits = LIMITS,
): Promise<LinesRead> {
  const splitter = new LineSplitter(take, limits);
  const source = host.readChunks(path);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) {
      if (!splitter.push(chunk as Buffer)) {
        break;
      }
    }
  } catch (error) {
    splitter.read.trouble ??= troubleInWords(error);
  }
  return splitter.read;
}

class LineSplitter {
  readonly read: LinesRead = { lines: 0, refused: 0, trouble: null };
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';
  private isSkipping = false;

  constructor(
    private readonly take: (line: string) => boolean,
    private readonly limits: LineLimits,
  ) {}

  /** False when enough has been read. What follows the last newline is a torn line, and no line. */
  push(chunk: Buffer): boolean {
    const parts = (this.rest + this.decoder.write(chunk)).split('\n');
    this.rest = parts.pop() ?? '';
    for (const part of parts) {
      this.pushLine(part);
      if (this.read.lines > this.limits.maxLines) {
        this.read.trouble = `only its first ${this.limits.maxLines} lines were read`;
        return false;
      }
    }
    if (this.rest.length > this.limits.maxLineLength) {
      this.rest = '';
      this.isSkipping = true;
    }
    return true;
  }

  private pushLine(line: string): void {
    const isTooLong = this.isSkipping || line.length > this.limits.maxLineLength;
    this.isSkipping = false;
    if (line === '' && !isTooLong) {
      return;
    }
    this.read.lines++;
    if (isTooLong || !this.take(line)) {
      this.read.refused++;
    }
  }
}

function troubleInWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'Z_BUF_ERROR') {
    return 'its last part is torn off';
  }
  return code === 'ENOENT' ? 'it is not there' : `it cannot be read to its end (${messageOf(error)})`;
}
