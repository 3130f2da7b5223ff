/** Where an RFC asks for a random wait: spread over calls, and the same in each run of a seed. */

/** A number in [0, 1) from a text that is different for each use, by FNV-1a, 32 bits. */
export function fractionOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  // The last characters alone would hardly reach the upper bits.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
