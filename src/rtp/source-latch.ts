/**
 * Which packets belong to the leg: the first source (address, port, SSRC) that sends our payload type is latched, as
 * symmetric RTP does (RFC 4961). A new SSRC from that address takes over after a few packets in a row without the old
 * one (a PBX that bridges anew); everything else is stray and measured by none.
 */

const PACKETS_TO_SWITCH = 3;

export type SourceDecision = 'same' | 'new' | 'stray';

export class SourceLatch {
  private latched = false;
  private address = 0;
  private port = 0;
  private ssrc = 0;
  private candidate = 0;
  private candidatePackets = 0;
  /** The SSRC of the socket's last leg: its late packets must not be taken for the new one. */
  private former: number | null = null;
  private expectedAddress = -1;
  private expectedPort = -1;

  /** Forgets the source, for the next leg on this socket. */
  reset(): void {
    this.former = this.latched ? this.ssrc : null;
    this.latched = false;
    this.candidatePackets = 0;
    this.expectedAddress = this.expectedPort = -1;
  }

  /** Where the SDP says that the audio comes from: a peer may use one SSRC for all its calls (SIPp playing a capture). */
  expect(address: number, port: number): void {
    this.expectedAddress = address;
    this.expectedPort = port;
  }

  get sourceAddress(): number {
    return this.address;
  }

  get sourcePort(): number {
    return this.port;
  }

  get sourceSsrc(): number {
    return this.ssrc;
  }

  /** `new`: this packet is the first of a source that is measured from now on. */
  decide(address: number, port: number, ssrc: number): SourceDecision {
    if (!this.latched) {
      if (ssrc === this.former && (address !== this.expectedAddress || port !== this.expectedPort)) {
        return 'stray';
      }
      this.latched = true;
      this.address = address;
      this.port = port;
      this.ssrc = ssrc;
      return 'new';
    }
    if (address !== this.address || port !== this.port) {
      return 'stray';
    }
    if (ssrc === this.ssrc) {
      this.candidatePackets = 0;
      return 'same';
    }
    return this.considerSwitch(ssrc);
  }

  private considerSwitch(ssrc: number): SourceDecision {
    this.candidatePackets = ssrc === this.candidate ? this.candidatePackets + 1 : 1;
    this.candidate = ssrc;
    if (this.candidatePackets < PACKETS_TO_SWITCH) {
      return 'stray';
    }
    this.ssrc = ssrc;
    this.candidatePackets = 0;
    return 'new';
  }
}
