/**
 * A terminal as far as our progress needs one: text with wide characters, CR, LF, cursor up, erase to the end of the screen,
 * DECAWM, and a change of its width, at which it breaks its lines anew (as VTE, kitty or Windows Terminal do) or cuts them
 * (as xterm does). Anything else that looks like an escape code throws.
 */
import { columnsOf } from '../../../src/report/text-width.js';

interface Line {
  /** One entry for each column; the second column of a wide character is empty. */
  cells: string[];
  /** The terminal itself broke the line here. */
  wraps: boolean;
}

export class TerminalModel {
  private lines: Line[] = [{ cells: [], wraps: false }];
  private row = 0;
  private column = 0;
  private autowrap = true;
  /** How often something was written at all. */
  writes = 0;

  constructor(
    public columns: number,
    public rows: number,
  ) {}

  write(text: string): void {
    this.writes++;
    const [first = '', ...parts] = text.split('\u001B[');
    Array.from(first, (character) => this.put(character));
    for (const part of parts) {
      const [code = ''] = /^[?\d;]*[A-Za-z]/.exec(part) ?? [];
      this.obey(code);
      Array.from(part.slice(code.length), (character) => this.put(character));
    }
  }

  /** All that was ever shown and not erased, without blank ends. */
  get text(): string {
    return this.lines
      .map(({ cells, wraps }) => cells.join('') + (wraps ? '' : '\n'))
      .join('')
      .replace(/ +$/gm, '')
      .trimEnd();
  }

  resize(columns: number, reflow: boolean): void {
    if (reflow) {
      this.reflow(columns);
    } else {
      this.lines.forEach((line) => line.cells.splice(columns));
      this.column = Math.min(this.column, columns - 1);
    }
    this.columns = columns;
  }

  private reflow(columns: number): void {
    const broken: Line[] = [];
    let [row, column] = [0, 0];
    let logical: string[] = [];
    this.lines.forEach((line, index) => {
      if (index === this.row) {
        const at = logical.length + this.column;
        row = broken.length + Math.floor(at / columns);
        column = at % columns;
      }
      logical.push(...line.cells);
      if (!line.wraps) {
        const count = Math.max(1, Math.ceil(logical.length / columns));
        for (let part = 0; part < count; part++) {
          broken.push({ cells: logical.slice(part * columns, (part + 1) * columns), wraps: part < count - 1 });
        }
        logical = [];
      }
    });
    this.lines = broken;
    [this.row, this.column] = [row, column];
  }

  private obey(code: string): void {
    if (code === 'J') {
      this.line.cells.splice(this.column);
      this.line.wraps = false;
      this.lines.splice(this.row + 1);
    } else if (code === '?7l' || code === '?7h') {
      this.autowrap = code === '?7h';
    } else if (/^\d+A$/.test(code)) {
      const top = Math.max(0, this.lines.length - this.rows);
      this.row = Math.max(top, this.row - Number.parseInt(code, 10));
    } else if (!/^[\d;]*m$/.test(code)) {
      throw new Error(`an escape code that is not known here: ${code}`);
    }
  }

  private put(character: string): void {
    if (character === '\r') {
      this.column = 0;
    } else if (character === '\n') {
      this.lineFeed();
      this.column = 0; // as the line discipline of a terminal makes of it
    } else {
      this.print(character);
    }
  }

  private print(character: string): void {
    const width = columnsOf(character);
    if (width > 0 && this.column + width > this.columns) {
      if (this.autowrap) {
        this.line.wraps = true;
        this.lineFeed();
        this.column = 0;
      } else {
        this.column = this.columns - width;
      }
    }
    while (this.line.cells.length < this.column) {
      this.line.cells.push(' ');
    }
    this.line.cells.splice(this.column, width, ...[character, ''].slice(0, width));
    this.column += width;
  }

  private lineFeed(): void {
    this.row++;
    if (this.row === this.lines.length) {
      this.lines.push({ cells: [], wraps: false });
    }
  }

  private get line(): Line {
    return this.lines[this.row] ?? { cells: [], wraps: false };
  }
}
