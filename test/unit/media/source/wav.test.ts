import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WavError, type WavErrorCode } from '../../../../src/media/source/wav-error.js';
import { loadWav, parseWav } from '../../../../src/media/source/wav.js';

interface FormatFields {
  tag?: number;
  channels?: number;
  rate?: number;
  bits?: number;
}

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A chunk with RIFF's padding to an even length. */
function chunk(id: string, body: Uint8Array, declaredSize = body.length): Buffer {
  const header = Buffer.alloc(8);
  header.write(id, 0, 'latin1');
  header.writeUInt32LE(declaredSize, 4);
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)]);
}

function formatChunk(
  { tag = 1, channels = 1, rate = 8000, bits = 16 }: FormatFields = {},
  extra: Uint8Array = new Uint8Array(0),
): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rate, 4);
  body.writeUInt32LE((rate * channels * bits) / 8, 8);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  return chunk('fmt ', Buffer.concat([body, extra]));
}

/** What WAVE_FORMAT_EXTENSIBLE adds: size, valid bits, channel mask, GUID. */
function extension(subFormat: number, guidTail = '000000001000800000aa00389b71'): Buffer {
  const head = Buffer.from([22, 0, 16, 0, 4, 0, 0, 0, subFormat & 0xff, subFormat >> 8]);
  return Buffer.concat([head, Buffer.from(guidTail, 'hex')]);
}

function dataChunk(...samples: number[]): Buffer {
  const body = Buffer.alloc(2 * samples.length);
  samples.forEach((sample, i) => body.writeInt16LE(sample, 2 * i));
  return chunk('data', body);
}

function riff(...chunks: Buffer[]): Buffer {
  return Buffer.concat([chunk('RIFF', Buffer.concat([ascii('WAVE'), ...chunks]))]);
}

function errorOf(read: () => unknown): WavError {
  try {
    read();
  } catch (error) {
    if (error instanceof WavError) return error;
    throw error;
  }
  throw new Error('expected a WavError, found none');
}

describe('parseWav', () => {
  it('reads mono', () => {
    const clip = parseWav(riff(formatChunk(), dataChunk(0, 1, -1, 32_767, -32_768)));
    expect(clip).toEqual({ sampleRate: 8000, channels: 1, samples: Int16Array.of(0, 1, -1, 32_767, -32_768) });
  });

  it('averages two channels without overflow', () => {
    const clip = parseWav(
      riff(formatChunk({ channels: 2, rate: 16_000 }), dataChunk(32_767, 32_767, 100, -300, -32_768, -32_768)),
    );
    expect(clip).toEqual({ sampleRate: 16_000, channels: 2, samples: Int16Array.of(32_767, -100, -32_768) });
  });

  it('reads WAVE_FORMAT_EXTENSIBLE with PCM inside', () => {
    const clip = parseWav(riff(formatChunk({ tag: 0xfffe }, extension(1)), dataChunk(7)));
    expect(clip.samples).toEqual(Int16Array.of(7));
  });

  it('passes over chunks of odd length before the sound, and anything after it', () => {
    const file = riff(
      chunk('LIST', ascii('odd')),
      formatChunk(),
      chunk('fact', Buffer.alloc(4)),
      dataChunk(9),
      chunk('id3 ', ascii('x')),
    );
    expect(parseWav(file).samples).toEqual(Int16Array.of(9));
  });

  it('reads from the middle of a larger buffer, at an odd address', () => {
    const file = riff(formatChunk(), dataChunk(1, 2, 3));
    const larger = Buffer.concat([Buffer.alloc(7, 0xaa), file, Buffer.alloc(5, 0xbb)]);
    expect(parseWav(larger.subarray(7, 7 + file.length)).samples).toEqual(Int16Array.of(1, 2, 3));
  });

  it('does not believe the length in the RIFF header, which recorders that were killed leave at 0', () => {
    const file = riff(formatChunk(), dataChunk(4));
    file.writeUInt32LE(0, 4);
    expect(parseWav(file).samples).toEqual(Int16Array.of(4));
  });

  it.each<[string, WavErrorCode, () => Uint8Array]>([
    ['an empty file', 'empty', () => new Uint8Array(0)],
    ['no samples', 'empty', () => riff(formatChunk(), dataChunk())],
    ['an MP3', 'not-riff', () => ascii('ID3\u0004rest of it')],
    ['big-endian RIFX', 'not-riff', () => ascii('RIFX\u0000\u0000\u0000\u0004WAVE')],
    ['an AVI', 'not-riff', () => ascii('RIFF\u0004\u0000\u0000\u0000AVI ')],
    ['three bytes', 'not-riff', () => ascii('RIF')],
    ['32-bit float', 'not-pcm16', () => riff(formatChunk({ tag: 3, bits: 32 }), dataChunk(1, 2))],
    ['24-bit PCM', 'not-pcm16', () => riff(formatChunk({ bits: 24 }), dataChunk(1))],
    ['8-bit PCM', 'not-pcm16', () => riff(formatChunk({ bits: 8 }), dataChunk(1))],
    ['µ-law', 'not-pcm16', () => riff(formatChunk({ tag: 7, bits: 8 }), dataChunk(1))],
    ['six channels', 'not-pcm16', () => riff(formatChunk({ channels: 6 }), dataChunk(1, 2, 3, 4, 5, 6))],
    ['no channel', 'not-pcm16', () => riff(formatChunk({ channels: 0 }), dataChunk(1))],
    ['extensible float', 'not-pcm16', () => riff(formatChunk({ tag: 0xfffe }, extension(3)), dataChunk(1))],
    [
      'extensible with a foreign GUID',
      'not-pcm16',
      () => riff(formatChunk({ tag: 0xfffe }, extension(1, '00'.repeat(14))), dataChunk(1)),
    ],
    ['extensible without its extension', 'not-pcm16', () => riff(formatChunk({ tag: 0xfffe }), dataChunk(1))],
    ['sound before its format', 'not-pcm16', () => riff(dataChunk(1), formatChunk())],
    ['44.1 kHz', 'unsupported-rate', () => riff(formatChunk({ rate: 44_100 }), dataChunk(1))],
    ['0 Hz', 'unsupported-rate', () => riff(formatChunk({ rate: 0 }), dataChunk(1))],
    ['a header alone', 'truncated', () => riff()],
    ['no data chunk', 'truncated', () => riff(formatChunk())],
    ['a short fmt chunk', 'truncated', () => riff(chunk('fmt ', Buffer.alloc(14)), dataChunk(1))],
    ['less sound than declared', 'truncated', () => riff(formatChunk(), chunk('data', Buffer.alloc(10), 0xffff_ffff))],
    ['half a sample', 'truncated', () => riff(formatChunk(), chunk('data', Buffer.alloc(3)))],
    ['half a stereo frame', 'truncated', () => riff(formatChunk({ channels: 2 }), dataChunk(1, 2, 3))],
    ['more than ten minutes', 'too-long', () => riff(formatChunk(), chunk('data', Buffer.alloc(2 * (600 * 8000 + 1))))],
  ])('refuses %s as %s', (_, code, bytes) => {
    expect(errorOf(() => parseWav(bytes())).code).toBe(code);
  });

  it('takes ten minutes exactly', () => {
    expect(parseWav(riff(formatChunk(), chunk('data', Buffer.alloc(2 * 600 * 8000)))).samples).toHaveLength(4_800_000);
  });

  it('gives a WavError or a clip for every cut of a good file', () => {
    const file = riff(formatChunk(), dataChunk(1, 2, 3));
    for (let length = 0; length < file.length; length++) {
      expect(['empty', 'not-riff', 'truncated']).toContain(errorOf(() => parseWav(file.subarray(0, length))).code);
    }
  });

  it('says what was expected, what was found, and the command that mends it', () => {
    const error = errorOf(() => parseWav(riff(formatChunk({ rate: 44_100 }), dataChunk(1)), "it's mine.wav"));
    expect(error.message).toBe(
      String.raw`it's mine.wav: expected 8000 or 16000 Hz, found 44100 Hz; convert it: sox 'it'\''s mine.wav' -b 16 -e signed-integer -c 1 -r 16000 'OUT.wav'`,
    );
  });
});

describe('loadWav', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'callgauge-wav-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads a file', () => {
    const path = join(folder, 'a.wav');
    writeFileSync(path, riff(formatChunk(), dataChunk(3)));
    expect(loadWav(path).samples).toEqual(Int16Array.of(3));
  });

  it('names the path that is not there', () => {
    const path = join(folder, 'none.wav');
    const error = errorOf(() => loadWav(path));
    expect(error).toMatchObject({ code: 'not-found', found: 'no such file' });
    expect(error.message).toContain(path);
  });

  it('does not read a directory', () => {
    expect(errorOf(() => loadWav(folder))).toMatchObject({ code: 'not-found', found: 'a directory' });
  });
});
