/** What a media worker is told to capture, and what it hands over of it. */

export interface CaptureSetup {
  /** Calls whose packets are captured from beginning to end. */
  readonly calls: readonly number[];
  /** With what is said in them; else their headers alone. */
  readonly audio: boolean;
  /** Of packets that press keys the headers alone, whatever else is captured. */
  readonly hidesKeys: boolean;
  /** Of one leg; beyond it nothing more is captured. */
  readonly maxBytes: number;
  /** Wall time at 0 of the monotonic clock: whole seconds since 1970, and the rest in ns. */
  readonly wallOffset: { readonly seconds: number; readonly ns: number };
}

/** Failed calls whose last headers are written: no flood when everything fails. */
export const HEADERS_PER_RUN = 200;

/** Captured packets of one leg, as blocks of a pcapng file. */
export interface CapturePart {
  readonly call: number;
  /** Tells the legs of a call apart, and those of one worker. */
  readonly leg: number;
  readonly why: 'sample' | 'failed';
  /** Of the audio, by the latest SDP; null: there was none. */
  readonly codec: string | null;
  /** Of that audio where it is received. */
  readonly payloadTypes: readonly number[];
  readonly packets: number;
  readonly bytes: Uint8Array;
  /** What was received of sealed audio (SRTP), opened, as such blocks too: for the sound alone. Null: the audio is not sealed, or not captured. */
  readonly opened: Uint8Array | null;
  /** False: there was more, beyond the bound. */
  readonly isWhole: boolean;
  /** The leg is over. */
  readonly isLast: boolean;
}
