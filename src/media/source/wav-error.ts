/** The failures of reading a WAV file, by code; each says what was expected, what was found, and how to mend it. */

export type WavErrorCode =
  | 'not-found'
  | 'not-riff'
  | 'not-pcm16'
  | 'unsupported-rate'
  | 'truncated'
  | 'empty'
  | 'too-long';

const CONVERT = "convert it: sox 'IN' -b 16 -e signed-integer -c 1 -r 16000 'OUT.wav'";

const HINTS: Record<WavErrorCode, string> = {
  'not-found': 'check the path (one in a scenario is relative to that file)',
  'not-riff': CONVERT,
  'not-pcm16': CONVERT,
  'unsupported-rate': CONVERT,
  truncated: "copy the file again, or keep what is there: sox --ignore-length 'IN' 'OUT.wav'",
  empty: 'record or export the file again; a second of speech is the least that is useful',
  'too-long': "cut it: sox 'IN' 'OUT.wav' trim 0 30 (the clip loops, so 30 s is plenty)",
};

export interface WavFault {
  /** Path or other name of the file, for the message. */
  readonly file: string;
  readonly expected: string;
  readonly found: string;
}

export class WavError extends Error {
  readonly expected: string;
  readonly found: string;
  /** How to mend it, as a command where there is one. */
  readonly hint: string;

  constructor(
    readonly code: WavErrorCode,
    fault: WavFault,
  ) {
    const hint = HINTS[code].replaceAll("'IN'", quoteForShell(fault.file));
    super(`${fault.file}: expected ${fault.expected}, found ${fault.found}; ${hint}`);
    this.name = 'WavError';
    this.expected = fault.expected;
    this.found = fault.found;
    this.hint = hint;
  }
}

/** One POSIX shell word. */
function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
