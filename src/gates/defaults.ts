/** The gates of a run that names none. */

/** @param media false for signalling-only calls, of which no audio figure is known */
export function defaultGates(media: boolean): readonly string[] {
  return media ? ['success_ratio >= 99%', 'mos.p5 >= 3.6', 'one_way == 0'] : ['success_ratio >= 99%'];
}
