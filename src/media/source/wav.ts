/**
 * RIFF/WAVE (Microsoft Multimedia Programming Interface 1.0; WAVE_FORMAT_EXTENSIBLE) with 16-bit PCM at 8 or 16 kHz.
 * Two channels are averaged. Leaves out RIFX, RF64, float, µ-law and every other rate.
 */
import { readFileSync, statSync } from 'node:fs';
import { WavError, type WavErrorCode } from './wav-error.js';

export interface WavClip {
  /** 8000 or 16000 Hz. */
  readonly sampleRate: number;
  /** Channels in the file; `samples` is mono either way. */
  readonly channels: number;
  readonly samples: Int16Array;
}

export const MAX_CLIP_SECONDS = 600;
/** Sound of the greatest length at 16 kHz stereo, with room for pictures and tags. */
const MAX_FILE_BYTES = MAX_CLIP_SECONDS * 16_000 * 4 + 0x100_0000;

const FORMAT_PCM = 1;
const FORMAT_NAMES: Record<number, string> = {
  3: 'floating point',
  6: 'A-law',
  7: 'µ-law',
  17: 'IMA ADPCM',
  85: 'MP3',
};
const FORMAT_EXTENSIBLE = 0xfffe;
/** The GUID of a sub-format after its first two octets, which hold the format number (KSDATAFORMAT_SUBTYPE_*). */
const SUBFORMAT_TAIL = '000000001000800000aa00389b71';

interface Format {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bitsPerSample: number;
}

interface Chunks {
  readonly format: Format;
  readonly data: DataView;
}

/**
 * Reads a WAV file.
 * @throws WavError `not-found` when it cannot be read, else as `parseWav`.
 */
export function loadWav(path: string): WavClip {
  let bytes: Uint8Array;
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES)
      fail('too-long', path, `at most ${MAX_CLIP_SECONDS / 60} minutes`, `a file of ${size} bytes`);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof WavError) throw error;
    return fail('not-found', path, 'a readable WAV file', describeReadError(error));
  }
  return parseWav(bytes, path);
}

/**
 * Parses the bytes of a WAV file; `file` names it in messages.
 * @throws WavError `not-riff`, `not-pcm16`, `unsupported-rate`, `truncated`, `empty` or `too-long`.
 */
export function parseWav(bytes: Uint8Array, file = 'the WAV file'): WavClip {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength === 0) fail('empty', file, 'a RIFF/WAVE file', 'an empty file');
  if (fourCc(view, 0) !== 'RIFF' || fourCc(view, 8) !== 'WAVE') {
    fail('not-riff', file, 'a RIFF/WAVE file', `one that begins with ${describeStart(view)}`);
  }
  const { format, data } = findChunks(view, file);
  const frameBytes = 2 * format.channels;
  if (data.byteLength === 0) fail('empty', file, 'audio samples', 'none');
  if (data.byteLength % frameBytes !== 0) {
    fail(
      'truncated',
      file,
      `whole frames of ${frameBytes} bytes`,
      `${data.byteLength % frameBytes} odd bytes at the end`,
    );
  }
  const seconds = data.byteLength / frameBytes / format.sampleRate;
  if (seconds > MAX_CLIP_SECONDS) {
    fail('too-long', file, `at most ${MAX_CLIP_SECONDS / 60} minutes`, `${(seconds / 60).toFixed(1)} minutes`);
  }
  return { sampleRate: format.sampleRate, channels: format.channels, samples: mixToMono(data, format.channels) };
}

/** Walks the chunks up to `data`; what stands after it (tags, cue points) is not looked at. */
function findChunks(view: DataView, file: string): Chunks {
  let format: Format | undefined;
  let offset = 12;
  while (offset + 8 <= view.byteLength) {
    const id = fourCc(view, offset);
    const size = view.getUint32(offset + 4, true);
    const available = view.byteLength - offset - 8;
    if (size > available) fail('truncated', file, `${size} bytes in chunk "${id}"`, `${available}`);
    const body = new DataView(view.buffer, view.byteOffset + offset + 8, size);
    if (id === 'fmt ') format = readFormat(body, file);
    if (id === 'data') {
      if (format === undefined) fail('not-pcm16', file, 'a "fmt " chunk before the "data" chunk', 'none');
      return { format, data: body };
    }
    // RIFF aligns chunks to 16 bits: an odd size is followed by one byte that is not counted.
    offset += 8 + size + (size % 2);
  }
  return fail('truncated', file, 'a "data" chunk', `the end of the file after ${view.byteLength} bytes`);
}

function readFormat(body: DataView, file: string): Format {
  if (body.byteLength < 16) fail('truncated', file, 'a "fmt " chunk of at least 16 bytes', `${body.byteLength}`);
  const format: Format = {
    tag: formatTag(body),
    channels: body.getUint16(2, true),
    sampleRate: body.getUint32(4, true),
    bitsPerSample: body.getUint16(14, true),
  };
  const expected = '16-bit PCM in 1 or 2 channels';
  const isPcm16 = format.tag === FORMAT_PCM && format.bitsPerSample === 16;
  if (!isPcm16 || format.channels < 1 || format.channels > 2) fail('not-pcm16', file, expected, describeFormat(format));
  if (format.sampleRate !== 8000 && format.sampleRate !== 16_000) {
    fail('unsupported-rate', file, '8000 or 16000 Hz', `${format.sampleRate} Hz`);
  }
  return format;
}

/** The format number; of WAVE_FORMAT_EXTENSIBLE the one inside its sub-format GUID, when that is of the usual kind. */
function formatTag(body: DataView): number {
  const tag = body.getUint16(0, true);
  if (tag !== FORMAT_EXTENSIBLE || body.byteLength < 40) return tag;
  const tail = Array.from({ length: 14 }, (_, i) =>
    body
      .getUint8(26 + i)
      .toString(16)
      .padStart(2, '0'),
  ).join('');
  return tail === SUBFORMAT_TAIL ? body.getUint16(24, true) : tag;
}

function mixToMono(data: DataView, channels: number): Int16Array {
  const samples = new Int16Array(data.byteLength / 2 / channels);
  for (let i = 0; i < samples.length; i++) {
    const left = data.getInt16(2 * channels * i, true);
    samples[i] = channels === 1 ? left : Math.round((left + data.getInt16(4 * i + 2, true)) / 2);
  }
  return samples;
}

function fourCc(view: DataView, offset: number): string {
  if (offset + 4 > view.byteLength) return '';
  return String.fromCharCode(...Array.from({ length: 4 }, (_, i) => view.getUint8(offset + i)));
}

function describeStart(view: DataView): string {
  const start = Array.from({ length: Math.min(4, view.byteLength) }, (_, i) => view.getUint8(i));
  const hex = start.map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
  const text = start.every((octet) => octet >= 0x20 && octet < 0x7f) ? ` ("${String.fromCharCode(...start)}")` : '';
  return `${hex}${text}`;
}

function describeFormat({ tag, channels, bitsPerSample }: Format): string {
  const name = tag === FORMAT_PCM ? 'PCM' : (FORMAT_NAMES[tag] ?? `format 0x${tag.toString(16).padStart(4, '0')}`);
  return `${bitsPerSample}-bit ${name} in ${channels} channel${channels === 1 ? '' : 's'}`;
}

function describeReadError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'a directory';
  return error instanceof Error ? error.message : String(error);
}

function fail(code: WavErrorCode, file: string, expected: string, found: string): never {
  throw new WavError(code, { file, expected, found });
}
