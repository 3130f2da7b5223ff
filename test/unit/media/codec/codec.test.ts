import { expect, it } from 'vitest';
import { PCMU, codecNames, findCodec } from '../../../../src/media/codec/codec.js';

it('finds PCMU in any case, as RFC 4855 wants', () => {
  expect(findCodec('PCMU')).toBe(PCMU);
  expect(findCodec('pcmu')).toBe(PCMU);
});

it('knows no codec that it cannot encode', () => {
  expect(codecNames()).toEqual(['PCMU']);
  expect(findCodec('G722')).toBeUndefined();
});

it('describes PCMU as RFC 3551 does, with a silence octet that decodes to zero', () => {
  expect(PCMU).toMatchObject({ payloadType: 0, clockRate: 8000, samplesPerSecond: 8000 });
  expect(PCMU.decode(Uint8Array.of(PCMU.silence))).toEqual(Int16Array.of(0));
});
