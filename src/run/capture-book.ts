/**
 * Captured packets of calls on their way from the media workers to files: sampled calls from beginning to end, and the last headers of
 * failed ones. The bytes of a call are let go when its file is written; what was captured is remembered for the result.
 */
import { HEADERS_PER_RUN } from '../worker/messages.js';
import type { CapturePart } from '../worker/messages.js';

/** What the result says of a file. */
export interface CaptureFact {
  readonly call: number;
  readonly why: CapturePart['why'];
  packets: number;
  /** False: the bound of a leg was reached. */
  isWhole: boolean;
  /** What was received stands in a WAV file. */
  hasAudio: boolean;
}

/** The packets of a call, whichever leg they are of. */
export interface CapturedCall {
  readonly fact: CaptureFact;
  readonly parts: readonly CapturePart[];
}

interface OpenCapture {
  readonly fact: CaptureFact;
  readonly parts: CapturePart[];
  /** Legs that have begun and not ended. */
  readonly openLegs: Set<string>;
  /** It was over when files were written last, so its messages have come by now. */
  isRipe: boolean;
}

/** Names of codecs of which received audio can be written. */
export type DecodesCodec = (codec: string) => boolean;

export class CaptureBook {
  private readonly open = new Map<number, OpenCapture>();
  private readonly facts = new Map<number, CaptureFact>();
  private failedCalls = 0;

  /** @param keepsAudio whether audio is captured, in a codec */
  constructor(private readonly keepsAudio: DecodesCodec = () => false) {}

  add(worker: number, part: CapturePart): void {
    const capture = this.open.get(part.call) ?? this.begin(part);
    if (capture === null) {
      return;
    }
    const leg = `${worker}:${part.leg}`;
    if (part.isLast) {
      capture.openLegs.delete(leg);
    } else {
      capture.openLegs.add(leg);
    }
    if (part.packets > 0) {
      capture.parts.push(part);
      capture.fact.packets += part.packets;
      this.facts.set(part.call, capture.fact);
    }
    capture.fact.isWhole &&= part.isWhole;
    capture.fact.hasAudio ||= part.why === 'sample' && part.codec !== null && this.keepsAudio(part.codec);
  }

  /** Calls with a file, written or about to be. */
  get list(): readonly CaptureFact[] {
    return [...this.facts.values()].toSorted((one, other) => one.call - other.call);
  }

  of(call: number): CaptureFact | null {
    return this.facts.get(call) ?? null;
  }

  /** Those whose files can be written now. @param isLast nothing more comes: all that are left */
  ready(isLast: boolean): CapturedCall[] {
    const ready = [...this.open.values()].filter(({ openLegs, isRipe }) => isLast || (isRipe && openLegs.size === 0));
    for (const capture of this.open.values()) {
      capture.isRipe = capture.openLegs.size === 0;
    }
    return ready.filter(({ parts }) => parts.length > 0);
  }

  /** Its file is written: the bytes are let go. */
  done({ fact }: CapturedCall): void {
    this.open.delete(fact.call);
  }

  /** Null where there are too many, or the call has its file already. */
  private begin({ call, why }: CapturePart): OpenCapture | null {
    if (this.facts.has(call)) {
      return null;
    }
    if (why === 'failed') {
      if (this.failedCalls >= HEADERS_PER_RUN) {
        return null;
      }
      this.failedCalls++;
    }
    const fact = { call, why, packets: 0, isWhole: true, hasAudio: false };
    const capture = { fact, parts: [], openLegs: new Set<string>(), isRipe: false };
    this.open.set(call, capture);
    return capture;
  }
}
