/** What is wrong with a received session description, and how much of one we are ready to read (RFC 8866). */

export type SdpErrorCode =
  | 'too-large'
  | 'too-many-media'
  | 'too-many-attributes'
  | 'bad-line'
  | 'bad-version'
  | 'bad-origin'
  | 'bad-connection'
  | 'bad-media';

/** A body that is not SDP as we read it; the message quotes at most 80 characters of it. */
export class SdpError extends Error {
  constructor(
    readonly code: SdpErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'SdpError';
  }
}

export interface SdpLimits {
  readonly maxBytes: number;
  readonly maxMedia: number;
  /** In the session part, and in each media section. */
  readonly maxAttributes: number;
}

export const DEFAULT_SDP_LIMITS: SdpLimits = { maxBytes: 16_384, maxMedia: 32, maxAttributes: 64 };

/** A line that cannot be read may hold a key all the same (RFC 4568, RFC 4567). */
const KEYS = /(crypto|inline|key-mgmt).*/is;

/** An error that says what was expected and what was found. */
export function expectedSdp(code: SdpErrorCode, what: string, found: string): SdpError {
  let shown = '';
  const harmless = found.replace(KEYS, '$1[masked]');
  for (const character of harmless.slice(0, 76)) shown += character >= ' ' && character <= '~' ? character : '.';
  return new SdpError(code, `expected ${what}, found "${shown}${harmless.length > 76 ? '...' : ''}"`);
}
