/** The far side as an SDP makes it known: PCMU both ways at an address, RTCP beside it. */
import type { RemoteMedia } from '../../../src/call/media-slots.js';

export function remoteMedia(changes: Partial<RemoteMedia> & Pick<RemoteMedia, 'address'>): RemoteMedia {
  const port = changes.port ?? 4000;
  return {
    port,
    rtcpAddress: changes.address,
    rtcpPort: changes.rtcpMux === true ? port : port + 1,
    rtcpMux: false,
    codec: 'PCMU',
    payloadType: 0,
    receivePayloadTypes: [0],
    eventPayloadTypes: [101],
    eventSendPayloadType: 101,
    comfortNoisePayloadTypes: [13],
    isOurs: false,
    sends: true,
    receives: true,
    answeredAtNs: 0,
    ...changes,
  };
}
