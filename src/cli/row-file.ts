/**
 * A file of lines that grows by a whole gzip member at a time, so that whatever ends the process leaves a file that can be
 * read. Lines that the disk refuses are kept and tried again with the next member.
 */
import { gzipSync } from 'node:zlib';
import type { ProcessHost } from './host.js';

/** So that a file without rows is gzip as well: one of no bytes is an error to every reader. */
const EMPTY_MEMBER = gzipSync('');
/** Characters of refused lines that are kept in memory; beyond, they are lost. */
const KEPT_CHARACTERS = 64_000_000;

export class RowFile {
  private lines: string[] = [];
  private characters = 0;
  /** Lines that were given up because the disk refused them for too long. */
  dropped = 0;

  constructor(
    private readonly host: Pick<ProcessHost, 'emptyFile' | 'appendFile'>,
    private readonly path: string,
    private readonly keptCharacters = KEPT_CHARACTERS,
  ) {}

  /** @throws Error when the disk refuses */
  create(): void {
    this.host.emptyFile(this.path);
    this.host.appendFile(this.path, EMPTY_MEMBER);
  }

  add(line: string): void {
    this.lines.push(line);
    this.characters += line.length;
  }

  /** Lines that are not in the file. */
  get unwritten(): number {
    return this.lines.length + this.dropped;
  }

  /** @throws Error when the disk refuses; the lines are kept for the next time */
  flush(): void {
    if (this.lines.length === 0) {
      return;
    }
    try {
      this.host.appendFile(this.path, gzipSync(`${this.lines.join('\n')}\n`, { level: 6 }));
    } catch (error) {
      if (this.characters > this.keptCharacters) {
        this.dropped += this.lines.length;
        this.clear();
      }
      throw error;
    }
    this.clear();
  }

  private clear(): void {
    this.lines = [];
    this.characters = 0;
  }
}
