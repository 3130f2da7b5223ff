/** Clamps of ITU-T G.722's whole-number arithmetic. */

/** To 16 bits. */
export const saturate = (value: number): number => (value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value);

/** To the 15 bits of a sub-band sample. */
export const limitSubBand = (value: number): number => (value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value);
