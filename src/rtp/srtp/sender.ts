/** What we send, protected: one stream of RTP, and the RTCP beside it. */
import { srtpSuite, type SrtpSuiteName } from '../../lib/srtp-suite.js';
import { readUint32, rtpHeaderBytes } from '../packet.js';
import { CounterMode } from './counter-mode.js';
import { Gcm } from './gcm.js';
import { MAX_OVERHEAD_BYTES, type PacketPlace, type Transform } from './transform.js';

const SEQUENCES = 0x1_0000;
const HALF = 0x8000;
/** RTCP of ours is shorter than most audio. */
const BUFFER_BYTES = 256;

/** What is to be sent, of all streams of a thread: each is sent before the next one is made. */
let data = new Uint8Array(BUFFER_BYTES);
let view = data.subarray(0, 0);
/** Of the packet in hand. */
const place: PacketPlace = { ssrc: 0, index: 0 };

export class SrtpSender {
  private transform: Transform;
  /** Of the newest packet; -1: none yet. Goes on under a new key: RFC 3711 §3.3.1 forbids to begin again. */
  private rtpIndex = -1;
  private rtcpIndex = 0;

  /** @param master key and salt behind each other @throws RangeError for another length than the suite has */
  constructor(suite: SrtpSuiteName, master: Uint8Array) {
    this.transform = transformOf(suite, master);
  }

  /** From the next packet on. */
  rekey(suite: SrtpSuiteName, master: Uint8Array): void {
    this.transform = transformOf(suite, master);
  }

  /** As the far side has it, who would not take another one. */
  shortenRtcpTag(): void {
    this.transform.shortenRtcpTag();
  }

  /** @param packet whole, with its header @returns what is to be sent, good until the next call of any sender of the thread */
  protectRtp(packet: Uint8Array): Uint8Array {
    const headerBytes = rtpHeaderBytes(packet, packet.length);
    place.ssrc = readUint32(packet, 8);
    place.index = this.nextRtpIndex((packet[2]! << 8) | packet[3]!);
    take(packet);
    return given(this.transform.sealRtp(data, headerBytes, packet.length, place));
  }

  /** @param compound whole @returns what is to be sent, good until the next call of any sender of the thread */
  protectRtcp(compound: Uint8Array): Uint8Array {
    place.ssrc = readUint32(compound, 4);
    place.index = this.rtcpIndex++;
    take(compound);
    return given(this.transform.sealRtcp(data, compound.length, place));
  }

  /** Sequence numbers go up; one that stays is of a packet that never left. */
  private nextRtpIndex(sequence: number): number {
    const before = this.rtpIndex;
    const rollover = Math.floor(Math.max(0, before) / SEQUENCES);
    const isWrapped = before >= 0 && sequence < (before % SEQUENCES) - HALF;
    this.rtpIndex = (rollover + (isWrapped ? 1 : 0)) * SEQUENCES + sequence;
    return this.rtpIndex;
  }
}

function take(packet: Uint8Array): void {
  if (packet.length + MAX_OVERHEAD_BYTES > data.length) {
    data = new Uint8Array(packet.length + MAX_OVERHEAD_BYTES);
    view = data.subarray(0, 0);
  }
  data.set(packet);
}

/** Audio packets are of one length: a view for each would be garbage. */
function given(length: number): Uint8Array {
  if (view.length !== length) {
    view = data.subarray(0, length);
  }
  return view;
}

/** @throws RangeError for another length of `master` than the suite has */
export function transformOf(name: SrtpSuiteName, master: Uint8Array): Transform {
  const suite = srtpSuite(name);
  return suite.cipher === 'gcm' ? new Gcm(suite, master) : new CounterMode(suite, master);
}
