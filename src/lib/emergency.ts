/** Emergency numbers, however they are written. Refusing one extension too many is cheap; one call too many is not. */

const NUMBERS = /^[09]*(?:112|911|999|000)$/;

/**
 * Whether the user part of a URI is 112, 911, 999 or 000, also after any 0 and 9 (to get an outside line), with `+`,
 * visual separators (RFC 3966), percent-encoding or parameters, or is `urn:service:sos` (RFC 5031) in any case.
 */
export function isEmergencyUser(user: string): boolean {
  const plain = decoded(user).normalize('NFKC').toLowerCase();
  if (/^\s*urn:service:sos(?![a-z0-9-])/.test(plain)) return true;
  const [number = ''] = plain.split(/[;:?]/);
  // Whatever a device may skip or stop at (separators, pauses, `#`, an end of string) must not hide a number.
  return NUMBERS.test(number.replace(/(?<=\d)[pw](?=\d)/g, '').replace(/[^a-z0-9]/g, ''));
}

/** Percent-decoded until nothing changes: `%2531` is `%31` is `1`. */
function decoded(text: string): string {
  let [before, after] = ['', text];
  for (let round = 0; round < 10 && before !== after; round++) {
    before = after;
    after = before.replace(/(?:%[0-9a-f]{2})+/gi, decodeRun);
  }
  return after;
}

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    // No UTF-8: decode what is ASCII and leave the rest.
    return run.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}
