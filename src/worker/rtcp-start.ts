/** How the RTCP of a leg begins: what its stream is, how often it reports, and what the far end wants of it. */
import type { RemoteMedia } from '../call/media-slots.js';
import type { RtpHeader } from '../rtp/packet.js';
import type { RtcpStart } from '../rtp/rtcp/session.js';
import type { CodecContext } from './codec-context.js';

/** Between our own ends; others get the interval of RFC 3550. */
const OWN_RTCP_INTERVAL_MS = 1000;
/** G.711 and G.722 at 20 ms with IP and UDP. */
const SESSION_BITS_PER_SECOND = 80_000;

export interface RtcpStartParts {
  readonly codec: CodecContext;
  readonly media: RemoteMedia;
  /** Of the first packet. */
  readonly header: RtpHeader;
  readonly cname: string;
}

export function rtcpStart({ codec, media, header, cname }: RtcpStartParts): RtcpStart {
  return {
    ssrc: header.ssrc,
    firstSequence: header.sequence,
    clockRate: codec.codec.clockRate,
    cname,
    startedAtNs: media.answeredAtNs,
    fixedIntervalMs: media.isOurs ? OWN_RTCP_INTERVAL_MS : null,
    sessionBitsPerSecond: SESSION_BITS_PER_SECOND,
    extended: media.rtcpXr ?? null,
  };
}
