/** Opens the socket pairs of slots: RTP on an even port, RTCP on the next one (RFC 3550 §11), skipping ports in use. */
import { NetError, type DatagramSockets } from '../net/datagram.js';
import type { PortRange } from './messages.js';

const REMEDIES: Readonly<Partial<Record<NetError['code'], string>>> = {
  'address-in-use': 'widen network.rtpPorts',
  'too-many-open-files': 'raise the limit of open files: ulimit -n',
};

export interface OpenSlot {
  readonly rtpHandle: number;
  readonly rtcpHandle: number;
  readonly rtpPort: number;
}

export class SlotOpener {
  /** Why there are no more; null: nobody has asked for more than there were. */
  private refusal: NetError | null = null;
  private nextPort: number;
  private readonly step: number;
  private hasMetOthers = false;

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

  /** That in words, with what mends it; null: there is none. */
  get shortage(): string | null {
    const { refusal } = this;
    const remedy = REMEDIES[refusal?.code ?? 'other'];
    return refusal === null ? null : `${refusal.message}${remedy === undefined ? '' : ` (${remedy})`}`;
  }

  /**
   * Opens `count` slots, or as many as there are ports and file handles.
   * @throws NetError when none at all could be opened
   */
  async open(count: number): Promise<OpenSlot[]> {
    const slots: OpenSlot[] = [];
    this.refusal = null;
    while (slots.length < count && this.nextPort + 1 <= this.setup.rtpPorts.last) {
      const port = this.nextPort;
      this.nextPort += this.step;
      try {
        slots.push(await this.openPair(port));
      } catch (error) {
        if (!(error instanceof NetError)) {
          throw error;
        }
        if (error.code !== 'address-in-use') {
          this.nextPort = port; // what it lacked may be there when more are asked for
          this.refusal = error;
          break;
        }
        this.hasMetOthers = true;
      }
    }
    if (slots.length < count) {
      this.refusal ??= this.usedUp();
      if (slots.length === 0) throw this.refusal;
    }
    return slots;
  }

  private usedUp(): NetError {
    const { first, last } = this.setup.rtpPorts;
    const others = this.hasMetOthers ? ' (some are in use by other programs)' : '';
    return new NetError('address-in-use', `no RTP port pair is left in ${first}-${last}${others}`);
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
