/** What a call needs of the media side: a socket to offer, and to say when audio begins and ends. */
import type { DigitsToSend, ReceivedDigit } from './dtmf.js';
import type { AgreedMedia } from './negotiation.js';

export interface MediaSlots {
  /** A free slot, armed (drained) from now on; null when none is left. */
  take(call: number, endpoint: number): MediaSlot | null;
  /** Why there are no more of them, in words; null, or absent: as far as is known there may be. */
  readonly shortage?: string | null;
  /** A media worker measures what the slots receive; false: signalling only. */
  readonly measured: boolean;
}

export interface DigitListener {
  onDigit(digit: ReceivedDigit): void;
}

export interface MediaSlot {
  /** What the SDP advertises. */
  readonly address: string;
  readonly rtpPort: number;
  /** Hears, after the release, the totals of what the leg received: a row of figures that the worker room knows. */
  onMeasured: ((totals: Float64Array) => void) | null;
  /** Once when the call is answered, and once before with `isEarly` where audio of ours is to flow before that. */
  connect(agreed: AgreedMedia, since: ConnectedSince): void;
  /** Agreed anew within the call: another address, hold, resume, another codec. */
  update(remote: RemoteMedia): void;
  /** Who is told of the keys of the far side, until the slot is free again. Absent: none are heard (signalling only). */
  listen?(listener: DigitListener): void;
  /** Presses keys; absent: it cannot. */
  press?(keys: DigitsToSend): void;
  /** Gives the slot back; it rests before it is used again. */
  release(endedAtNs: number): void;
}

export interface ConnectedSince {
  /** When the ACK went or came, ns on the host's monotonic clock. */
  readonly answeredAtNs: number;
  /** Keys are expected as tones: the audio is listened to, which costs. */
  readonly listensForTones?: true;
  /** Of the audio, so long from its first packet on, ms. Absent: to its end. */
  readonly listensForMs?: number;
  /** The call is not answered yet. */
  readonly isEarly?: true;
}

export interface RemoteMedia extends AgreedMedia, ConnectedSince {
  /** It was our wish that nothing comes. Absent: whatever is held is held by the far side. */
  readonly heldByUs?: true;
}
