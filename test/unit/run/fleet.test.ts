import { describe, expect, it } from 'vitest';
import { bufferWarning } from '../../../src/run/fleet.js';

describe('bufferWarning', () => {
  it('is silent where the kernel granted what was asked for, or more (Linux doubles it), or does not tell', () => {
    expect(bufferWarning({ requested: 4_194_304, granted: 4_194_304 })).toBeNull();
    expect(bufferWarning({ requested: 4_194_304, granted: 8_388_608 })).toBeNull();
    expect(bufferWarning({ requested: 4_194_304, granted: null })).toBeNull();
  });

  it('says what was granted and how to get more', () => {
    expect(bufferWarning({ requested: 4_194_304, granted: 425_984 })).toBe(
      'the kernel granted 416 of 4096 KiB for the SIP socket: bursts may be lost here (raise net.core.rmem_max)',
    );
  });
});
