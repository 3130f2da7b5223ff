/**
 * A file of lines that grows by a whole gzip member at a time, so that whatever ends the process leaves a file that can be
 * read. Lines that the disk refuses are kept and tried again with the next member.
 */
import { gzipSync } from 'node:zlib';
import type { ProcessHost } from './host.js';

/** So that a file without rows is gzip as well: one of no bytes is an error to every reader. */
const EMPTY_MEMBER = gzipSync('');
/** Lines are strings for a moment only: thousands that wait ten seconds for the next member are costly to a garbage collector. */
const LINES_A_CHUNK = 256;
/** Bytes of refused lines that are kept in memory; beyond, they are lost. */
const KEPT_BYTES = 64_000_000;

export class RowFile {
  private lines: string[] = [];
  private chunks: Buffer[] = [];
  private chunkLines = 0;
  /** Lines that were given up because the disk refused them for too long. */
  dropped = 0;

  constructor(
    private readonly host: Pick<ProcessHost, 'emptyFile' | 'appendFile'>,
    private readonly path: string,
    private readonly keptBytes = KEPT_BYTES,
  ) {}

  /** @throws Error when the disk refuses */
  create(): void {
    this.host.emptyFile(this.path);
    this.host.appendFile(this.path, EMPTY_MEMBER);
  }

  add(line: string): void {
    this.lines.push(line);
    if (this.lines.length >= LINES_A_CHUNK) {
      this.closeChunk();
    }
  }

  /** Lines that are not in the file. */
  get unwritten(): number {
    return this.chunkLines + this.lines.length + this.dropped;
  }

  /** @throws Error when the disk refuses; the lines are kept for the next time */
  flush(): void {
    if (this.lines.length > 0) {
      this.closeChunk();
    }
    if (this.chunkLines === 0) {
      return;
    }
    const text = Buffer.concat(this.chunks);
    try {
      this.host.appendFile(this.path, gzipSync(text, { level: 1 }));
    } catch (error) {
      if (text.length > this.keptBytes) {
        this.dropped += this.chunkLines;
        this.clear();
      }
      throw error;
    }
    this.clear();
  }

  private closeChunk(): void {
    this.chunks.push(Buffer.from(`${this.lines.join('\n')}\n`));
    this.chunkLines += this.lines.length;
    this.lines = [];
  }

  private clear(): void {
    this.chunks = [];
    this.chunkLines = 0;
  }
}
