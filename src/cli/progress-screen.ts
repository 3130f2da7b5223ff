/**
 * The block at the end of what a terminal shows, and lines above it. The cursor rests at the first column of the first line
 * of the block: a terminal that is resized keeps it there, however it breaks the lines anew, so that erasing from there to
 * the end of the screen takes the block exactly. While a block is painted lines do not wrap (DECAWM), whatever the width of
 * a character is thought to be.
 */

const ERASE = '\r\u001B[J';
const WRAP_OFF = '\u001B[?7l';
const WRAP_ON = '\u001B[?7h';

export class ProgressScreen {
  private isPainted = false;

  constructor(private readonly write: (text: string) => void) {}

  /** In place of the block that was there. */
  paint(lines: readonly string[]): void {
    this.write(this.erasing() + this.painting(lines));
  }

  /** A line of its own, which stays; the block, if any is given, is painted anew below it. */
  say(line: string, block: readonly string[] | null): void {
    this.write(`${this.erasing()}${line}\n${block === null ? '' : this.painting(block)}`);
  }

  wipe(): void {
    const erasing = this.erasing();
    if (erasing !== '') {
      this.write(erasing);
    }
  }

  private erasing(): string {
    const erasing = this.isPainted ? ERASE : '';
    this.isPainted = false;
    return erasing;
  }

  private painting(lines: readonly string[]): string {
    this.isPainted = true;
    const up = lines.length > 1 ? `\u001B[${lines.length - 1}A` : '';
    return `${WRAP_OFF}${lines.join('\r\n')}${up}\r${WRAP_ON}`;
  }
}
