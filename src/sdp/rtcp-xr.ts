/** `a=rtcp-xr` (RFC 3611 §5.1): which extended reports its writer wants to receive. Formats that are not known say nothing. */
import { type Attribute, type MediaDescription, type SessionDescription, attributeOf } from './session-description.js';

export interface RtcpXrWishes {
  readonly voipMetrics: boolean;
  /** Reference times of those who only receive; who answers them: nobody, who sends audio, or everybody. */
  readonly referenceTimes: 'none' | 'senders' | 'all';
}

/** What we want. */
export const RTCP_XR: Attribute = { name: 'rtcp-xr', value: 'rcvr-rtt=all voip-metrics' };

/** Of the stream, else of the session; null where neither speaks of it. */
export function rtcpXrOf(session: SessionDescription, media: MediaDescription): RtcpXrWishes | null {
  const value =
    attributeOf(media, RTCP_XR.name) ?? session.attributes.find(({ name }) => name === RTCP_XR.name)?.value ?? null;
  if (value === null) return null;
  const formats = value.trim().split(/\s+/);
  // `rcvr-rtt=mode[:max-size]`: a DLRR of ours has one sub-block, which no maximum is below.
  const mode = formats
    .find((format) => format.startsWith('rcvr-rtt='))
    ?.slice('rcvr-rtt='.length)
    .split(':', 1)[0];
  return {
    voipMetrics: formats.includes('voip-metrics'),
    referenceTimes: mode === 'all' ? 'all' : mode === 'sender' ? 'senders' : 'none',
  };
}
