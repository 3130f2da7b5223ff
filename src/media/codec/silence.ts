/** The level below which audio counts as silence, the same for every codec. */

/** Full scale of 16-bit samples: 0 dBov is the level of a square wave of that height (RFC 6464 §3). */
const OVERLOAD = 32_768;
const SILENCE_DBOV = -66;

/** Mean of the squared 16-bit samples at −66 dBov, about 16.4²: above the idle noise of either G.711 law, far below any speech. */
export const SILENT_MEAN_SQUARE = (OVERLOAD * 10 ** (SILENCE_DBOV / 20)) ** 2;
