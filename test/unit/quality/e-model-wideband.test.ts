import { describe, expect, it } from 'vitest';
import { eModelWideband } from '../../../src/quality/e-model-wideband.js';

describe('eModelWideband', () => {
  it('takes 95 and not 129 or 132 for the ceiling of loss', () => {
    // Ppl 4.3 at Bpl 4.3 halves what is left of 95.
    expect(eModelWideband({ Ie: 5, Bpl: 4.3, Ppl: 4.3 }).IeEff).toBeCloseTo(50, 10);
  });

  it('labels a burst ratio as an extension, where there is loss for it to act on', () => {
    expect(eModelWideband({ Ppl: 2, BurstR: 1 }).burstExtension).toBe(false);
    expect(eModelWideband({ Ppl: 0, BurstR: 3 }).burstExtension).toBe(false);
    const bursty = eModelWideband({ Ie: 0, Bpl: 4, Ppl: 4, BurstR: 4 });
    expect(bursty.burstExtension).toBe(true);
    expect(bursty.IeEff).toBeCloseTo(76, 10); // 95 · 4 / (1 + 4)
  });

  it('does not clamp R, only MOS', () => {
    const { R, Rx, MOS } = eModelWideband({ Ppl: 100, BurstR: 8 });
    expect(R).toBeLessThan(0);
    expect(Rx).toBeCloseTo(R / 1.29, 10);
    expect(MOS).toBe(1);
  });

  it.each([
    [{ Ppl: Number.NaN }, 'finite Ppl'],
    [{ Ta: -1 }, 'Ta >= 0'],
    [{ Bpl: 0 }, 'Bpl > 0'],
  ])('refuses %j', (input, message) => expect(() => eModelWideband(input)).toThrow(message));
});
