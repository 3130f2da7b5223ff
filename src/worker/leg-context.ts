/** What the legs of a media worker share: sockets, codecs, clocks and the sums of its health. */
import type { Tally } from '../lib/tally.js';
import type { DatagramSockets } from '../net/datagram.js';
import type { RtcpContext } from '../rtp/rtcp/session.js';
import type { CodecContext } from './codec-context.js';
import type { MediaSource } from './messages.js';

/** Sums of the whole worker since its last batch. */
export interface MediaHealth {
  sent: number;
  missed: number;
  sendErrors: number;
  received: number;
  /** Datagrams dropped in seconds that had been closed when it was seen. */
  undatedDrops: number;
  readonly latenessUs: Tally;
}

/** What all legs of a worker share. */
export interface LegContext {
  readonly sockets: DatagramSockets;
  /** +∞ before the run begins. */
  epochNs: number;
  readonly ptimeMs: number;
  readonly source: MediaSource;
  /** By name; the first one is for legs that have not agreed on any. */
  readonly codecs: ReadonlyMap<string, CodecContext>;
  readonly rtcp: RtcpContext;
  /** Of a call, for RTCP: the same for all streams of one end (RFC 3550 §6.5.1). */
  cnameOf(call: number): string;
  readonly health: MediaHealth;
  now(): number;
  nextUint32(): number;
}
