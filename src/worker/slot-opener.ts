/** Opens the socket pairs of slots: RTP on an even port, RTCP on the next one (RFC 3550 §11), skipping ports in use. */
import { NetError, type DatagramSockets } from '../net/datagram.js';
import type { PortRange } from './messages.js';

export interface OpenSlot {
  readonly rtpHandle: number;
  readonly rtcpHandle: number;
  readonly rtpPort: number;
}

export class SlotOpener {
  private nextPort: number;
  private readonly step: number;

  /** Workers take every n-th pair of the range, so that they do not run into each other. */
  constructor(
    private readonly setup: {
      readonly index: number;
      readonly workers: number;
      readonly localAddress: string;
      readonly rtpPorts: PortRange;
    },
    private readonly sockets: DatagramSockets,
  ) {
    const firstEven = setup.rtpPorts.first + (setup.rtpPorts.first % 2);
    this.nextPort = firstEven + 2 * setup.index;
    this.step = 2 * setup.workers;
  }

  /**
   * Opens `count` slots, or as many as there are ports and file handles.
   * @throws NetError when none at all could be opened
   */
  async open(count: number): Promise<OpenSlot[]> {
    const slots: OpenSlot[] = [];
    let refusal: NetError | null = null;
    while (slots.length < count && this.nextPort + 1 <= this.setup.rtpPorts.last) {
      const port = this.nextPort;
      this.nextPort += this.step;
      try {
        slots.push(await this.openPair(port));
      } catch (error) {
        if (!(error instanceof NetError)) {
          throw error;
        }
        refusal = error;
        if (error.code !== 'address-in-use') {
          break;
        }
      }
    }
    if (slots.length === 0 && count > 0) {
      const { first, last } = this.setup.rtpPorts;
      throw refusal ?? new NetError('address-in-use', `no RTP port pair is left in ${first}-${last}`);
    }
    return slots;
  }

  private async openPair(port: number): Promise<OpenSlot> {
    const rtpHandle = await this.sockets.open(this.setup.localAddress, port);
    try {
      const rtcpHandle = await this.sockets.open(this.setup.localAddress, port + 1);
      return { rtpHandle, rtcpHandle, rtpPort: port };
    } catch (error) {
      this.sockets.close(rtpHandle);
      throw error;
    }
  }
}
