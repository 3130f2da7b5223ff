/** The keys that a leg receives. Nothing is kept, and no audio listened to, before a key comes or somebody listens for tones. */
import type { ReceivedDigit } from '../call/dtmf.js';
import type { RemoteMedia } from '../call/media-slots.js';
import type { RtpHeader } from '../rtp/packet.js';
import type { CodecContext } from './codec-context.js';
import { IncomingKeys } from './incoming-keys.js';
import type { OutgoingAudio } from './outgoing-audio.js';

export class LegKeys {
  private keys: IncomingKeys | null = null;
  private clockRate = 8000;
  /** From the first packet on. */
  private listensForMs = Number.POSITIVE_INFINITY;
  /** Null until that has come. */
  private deafAtMs: number | null = null;
  /** Told of each key of the far side when it is over. */
  onKey: (digit: ReceivedDigit) => void = () => {};

  /** @param outgoing where an echo gives keys back */
  constructor(private readonly outgoing: OutgoingAudio) {}

  /** The next call on the slot. */
  begin(): void {
    this.keys = null;
  }

  agree(codec: CodecContext, { listensForTones, listensForMs = Number.POSITIVE_INFINITY }: RemoteMedia): void {
    this.listensForMs = listensForMs;
    this.deafAtMs = null;
    this.clockRate = codec.codec.clockRate;
    if (listensForTones === true) {
      this.open().listen(codec);
    }
  }

  /** Another codec within the call. */
  change(codec: CodecContext): void {
    if (this.keys?.isListening === true) {
      this.keys.listen(codec);
    }
  }

  onEvent(data: Uint8Array, header: RtpHeader, arrivalMs: number): void {
    this.open().onEvent(data, header, arrivalMs);
  }

  onAudio(data: Uint8Array, header: RtpHeader, arrivalMs: number): void {
    const { keys } = this;
    if (keys === null) {
      return;
    }
    this.deafAtMs ??= arrivalMs + this.listensForMs;
    if (arrivalMs > this.deafAtMs) {
      keys.deafen();
    }
    keys.onAudio(data, header, arrivalMs);
  }

  onTime(nowMs: number): void {
    this.keys?.onTime(nowMs);
  }

  /** The stream is over, or another source follows. */
  restart(): void {
    this.keys?.restart();
  }

  private open(): IncomingKeys {
    return (this.keys ??= new IncomingKeys(this.clockRate, (key) => {
      if (key.method === 'rfc4733') {
        this.outgoing.echoKey(key.digit, key.durationMs ?? 0); // tones are in the audio that comes back
      }
      this.onKey(key);
    }));
  }
}
