/**
 * Which packets belong to the leg: the first source (address, port, SSRC) that sends our payload type is latched, as
 * symmetric RTP does (RFC 4961). A new SSRC or port of that address (a PBX that bridges anew), or the source that the SDP
 * names, takes over after a few packets in a row without the old one; everything else is stray and measured by none.
 */

const PACKETS_TO_SWITCH = 3;

export type SourceDecision = 'same' | 'new' | 'stray';

export class SourceLatch {
  private latched = false;
  private address = 0;
  private port = 0;
  private ssrc = 0;
  private candidateAddress = 0;
  private candidatePort = 0;
  private candidateSsrc = 0;
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

  /** Of the socket's last leg. */
  isFormer(ssrc: number): boolean {
    return ssrc === this.former;
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
    if (ssrc === this.ssrc && port === this.port && address === this.address) {
      this.candidatePackets = 0;
      return 'same';
    }
    return this.mayTakeOver(address, port) ? this.considerSwitch(address, port, ssrc) : 'stray';
  }

  private mayTakeOver(address: number, port: number): boolean {
    return address === this.address || (address === this.expectedAddress && port === this.expectedPort);
  }

  private considerSwitch(address: number, port: number, ssrc: number): SourceDecision {
    const known = ssrc === this.candidateSsrc && port === this.candidatePort && address === this.candidateAddress;
    this.candidatePackets = known ? this.candidatePackets + 1 : 1;
    this.candidateAddress = address;
    this.candidatePort = port;
    this.candidateSsrc = ssrc;
    if (this.candidatePackets < PACKETS_TO_SWITCH) {
      return 'stray';
    }
    this.address = address;
    this.port = port;
    this.ssrc = ssrc;
    this.candidatePackets = 0;
    return 'new';
  }
}
