/**
 * What comes, checked and made readable: any number of sources under one key (RFC 3711 §3.3). A packet that is not authentic
 * changes nothing, so that whoever forges cannot move the rollover counter or push out a source.
 */
import type { SrtpSuiteName } from '../../lib/srtp-suite.js';
import { readUint32, rtpHeaderBytes } from '../packet.js';
import { guessIndex, ReplayWindow } from './packet-index.js';
import { transformOf } from './sender.js';
import { RTCP_CLEAR_BYTES, RTCP_INDEX_BYTES, type PacketPlace, type Transform } from './transform.js';

/** A PBX that bridges anew brings another source; the one that was not heard for longest is forgotten. */
const MAX_SOURCES = 4;
const SEQUENCES = 0x1_0000;
/** After so many packets of a new key nothing of the old one is under way any more. */
const FORMER_PACKETS = 128;

/** `replay`: authentic and readable, but received before, or too old to know; `malformed`: nothing that could be SRTP. */
export type SrtpVerdict = 'ok' | 'replay' | 'failed' | 'malformed';

/** Of the packet in hand, whichever receiver of the thread has it. */
const place: PacketPlace = { ssrc: 0, index: 0 };

interface Source {
  readonly ssrc: number;
  heardAt: number;
  readonly rtp: ReplayWindow;
  readonly rtcp: ReplayWindow;
}

export class SrtpReceiver {
  /** Of the packet that was opened last, without what protected it. */
  length = 0;
  private transform: Transform;
  /** Of the key before, for what is still under way. */
  private former: Transform | null = null;
  private readonly sources: Source[] = [];
  /** Packets under the newest key. */
  private authentic = 0;
  private heard = 0;

  /** @param master key and salt behind each other @throws RangeError for another length than the suite has */
  constructor(suite: SrtpSuiteName, master: Uint8Array) {
    this.transform = transformOf(suite, master);
  }

  /** RTCP of the far side carries the short tag of RTP. */
  get hasShortRtcpTag(): boolean {
    return this.transform.hasShortRtcpTag;
  }

  /** What comes may be under this key from now on. */
  rekey(suite: SrtpSuiteName, master: Uint8Array): void {
    this.former = this.transform;
    this.transform = transformOf(suite, master);
    this.authentic = 0;
  }

  /** Makes an RTP packet readable, in place. */
  openRtp(data: Uint8Array, length: number): SrtpVerdict {
    const headerBytes = rtpHeaderBytes(data, length);
    if (headerBytes < 0) return 'malformed';
    const { former } = this;
    const ssrc = readUint32(data, 8);
    const source = this.find(ssrc);
    place.ssrc = ssrc;
    this.length = this.openNewest(data, headerBytes, length, source);
    if (this.length >= 0) {
      this.noteAuthentic();
    } else if (former !== null && source !== undefined) {
      place.index = guessIndex(source.rtp.highest, sequenceOf(data));
      this.length = former.openRtp(data, headerBytes, length, place);
    }
    if (this.length < 0) return 'failed';
    return note((source ?? this.adopt(ssrc)).rtp, place.index);
  }

  /** Makes an RTCP compound readable, in place. */
  openRtcp(data: Uint8Array, length: number): SrtpVerdict {
    const { former } = this;
    if (length < RTCP_CLEAR_BYTES + RTCP_INDEX_BYTES) return 'malformed';
    place.ssrc = readUint32(data, 4);
    this.length = this.transform.openRtcp(data, length, place);
    if (this.length < 0 && former !== null) this.length = former.openRtcp(data, length, place);
    if (this.length < 0) return 'failed';
    return note((this.find(place.ssrc) ?? this.adopt(place.ssrc)).rtcp, place.index);
  }

  /**
   * With the newest key. Until it has opened anything, we may have missed a wrap of the sequence numbers before we listened, and
   * a peer may have begun again at a new key, which it must not.
   */
  private openNewest(data: Uint8Array, headerBytes: number, length: number, source: Source | undefined): number {
    const { transform } = this;
    const sequence = sequenceOf(data);
    const guessed = guessIndex(source?.rtp.highest ?? -1, sequence);
    place.index = guessed;
    const opened = transform.openRtp(data, headerBytes, length, place);
    if (opened >= 0 || (source !== undefined && this.authentic > 0)) return opened;
    for (let rollover = 0; rollover <= 1; rollover++) {
      place.index = rollover * SEQUENCES + sequence;
      const found = place.index === guessed ? -1 : transform.openRtp(data, headerBytes, length, place);
      if (found < 0) continue;
      if (place.index < guessed) source?.rtp.reset();
      return found;
    }
    return -1;
  }

  private noteAuthentic(): void {
    this.authentic++;
    if (this.authentic >= FORMER_PACKETS) this.former = null;
  }

  private find(ssrc: number): Source | undefined {
    for (const source of this.sources) {
      if (source.ssrc !== ssrc) continue;
      source.heardAt = this.heard++;
      return source;
    }
    return undefined;
  }

  private adopt(ssrc: number): Source {
    const source = { ssrc, heardAt: this.heard++, rtp: new ReplayWindow(), rtcp: new ReplayWindow() };
    if (this.sources.length < MAX_SOURCES) {
      this.sources.push(source);
      return source;
    }
    const oldest = this.sources.reduce((before, each) => (each.heardAt < before.heardAt ? each : before));
    this.sources[this.sources.indexOf(oldest)] = source;
    return source;
  }
}

const sequenceOf = (data: Uint8Array): number => (data[2]! << 8) | data[3]!;

function note(window: ReplayWindow, index: number): SrtpVerdict {
  if (window.isReplay(index)) return 'replay';
  window.note(index);
  return 'ok';
}
