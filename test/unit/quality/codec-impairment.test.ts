import { describe, expect, it } from 'vitest';
import { CODEC_IMPAIRMENTS, findCodecImpairment, replayedImpairment } from '../../../src/quality/codec-impairment.js';

describe('findCodecImpairment', () => {
  it.each(['PCMU', 'PCMA'])('%s is G.711: with concealment and without', (codec) => {
    expect(findCodecImpairment(codec)).toMatchObject({
      codec,
      scale: 'narrowband',
      ie: 0,
      bpl: 25.1,
      concealment: 'G.711 Appendix I',
      noConcealment: { ie: 0, bpl: 4.3 },
      lookaheadMs: 0,
      provisional: false,
    });
    expect(findCodecImpairment(codec.toLowerCase())).toBe(findCodecImpairment(codec));
  });

  it('G.722 is the 64 kbit/s of RFC 3551, wideband, provisional, without a value for no concealment', () => {
    expect(findCodecImpairment('g722')).toMatchObject({
      scale: 'wideband',
      ie: 13,
      bpl: 4.5,
      noConcealment: null,
      lookaheadMs: 1.5,
      provisional: true,
    });
  });

  it('guesses nothing', () => {
    expect(findCodecImpairment('opus')).toBeUndefined();
    expect(findCodecImpairment('G729')).toBeUndefined(); // in the table, but its VAD cannot be told from its name
  });
});

describe('the table', () => {
  it('names every row once', () => {
    const keys = CODEC_IMPAIRMENTS.map(({ codec, variant, concealment, provisional }) =>
      [codec, variant, concealment, provisional].join('/'),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(CODEC_IMPAIRMENTS)('$codec $variant: in range, with a source', ({ ie, bpl, source }) => {
    expect(ie).toBeGreaterThanOrEqual(0);
    expect(ie).toBeLessThanOrEqual(56);
    expect(bpl === null || (bpl >= 4.3 && bpl <= 40)).toBe(true);
    expect(source).not.toBe('');
  });

  it.each([
    ['G729', 'Annex A with VAD (Annex B)', 11, 19],
    ['G723', '6.3 with VAD', 15, 16.1],
    ['GSM-EFR', '12.2', 5, 10],
    ['AMR-WB', '12.65 diotic', 20, 4.3],
  ])('%s %s is Ie %d, Bpl %d', (codec, variant, ie, bpl) => {
    const rows = CODEC_IMPAIRMENTS.filter((row) => row.codec === codec && row.variant === variant);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ ie, bpl, provisional: false });
  });
});

describe('replayedImpairment', () => {
  const unknown = { ptimeMs: 20, scale: 'narrowband', ie: null, bpl: null } as const;

  it.each([
    ['g729', 20, 11, 19, false],
    ['G723', 30, 15, 16.1, false],
    ['GSM-EFR', 20, 5, 10, false],
    ['GSM', 20, 20, 10, true],
    ['iLBC', 20, 10, 32, true],
    ['iLBC', 30, 12, 32, true],
    ['AMR', 20, 5, 10, true],
  ])('%s at %d ms has Ie %d and Bpl %d (provisional: %s)', (...row) => {
    const [name, ptimeMs, ie, bpl, provisional] = row;
    const codec = name.toUpperCase();
    expect(replayedImpairment(name, { ...unknown, ptimeMs })).toMatchObject({ codec, ie, bpl, provisional });
  });

  it('is nothing for a codec whose value holds for no one bit rate, or is unknown under loss', () => {
    for (const name of ['AMR-WB', 'OPUS', 'G728', 'EVRC', 'X', 'constructor']) {
      expect(replayedImpairment(name, { ...unknown, scale: 'wideband' })).toBeNull();
    }
  });

  it('is what the scenario gives, and says so', () => {
    expect(replayedImpairment('AMR-WB', { ptimeMs: 20, scale: 'wideband', ie: 13, bpl: 4.3 })).toMatchObject({
      codec: 'AMR-WB',
      scale: 'wideband',
      ie: 13,
      bpl: 4.3,
      source: 'as the scenario gives them',
      provisional: false,
    });
  });
});
