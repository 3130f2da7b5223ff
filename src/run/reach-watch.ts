/**
 * Whether the target can be reached at all. Over connections each call is told at once that nobody takes them, or that there
 * is no agreement on TLS: where that befell every call, and no response ever came, it is the run that could not be run.
 */
import { hostLimitRemedy } from './host-limits.js';
import type { CallRecord, CallerEndpoint, SignallingBatch, SignallingSetup } from '../worker/messages.js';

/** So many calls are enough to see that none gets through. */
const ENOUGH_CALLS = 10;
const UNREACHED: ReadonlySet<string> = new Set(['connectionFailed', 'tlsFailed', 'transportError']);
/** The peer's certificate is not taken; an alert is the peer's word on ours. */
const BAD_CERTIFICATE = /^(?!.*alert).*(certificate|CERT|self.signed|altname)/i;

type Peer = Pick<CallerEndpoint, 'servers' | 'protocol'>;

export interface Unreachable {
  readonly reason: string;
  readonly hint: string;
}

export class ReachWatch {
  /** Calls that ended, neither cut by us nor never started. */
  private ended = 0;
  private cut = 0;
  private unreached = 0;
  private last: CallRecord | null = null;
  private readonly workers = new Set<number>();
  private readonly endpoints = new Set<number>();

  /** @param names of the endpoints */
  constructor(
    private readonly setups: readonly SignallingSetup[],
    private readonly names: readonly string[],
  ) {}

  take({ worker, records }: Pick<SignallingBatch, 'worker' | 'records'>): void {
    for (const record of records) {
      const isCut = record.outcome === 'cut';
      this.cut += isCut ? 1 : 0;
      // Who got no socket of this host has reached nobody either.
      const isOurs = record.outcome === 'notStarted' && hostLimitRemedy(record.cause) !== null;
      this.ended += isCut || (record.outcome === 'notStarted' && !isOurs) ? 0 : 1;
      const isUnreached = record.outcome === 'failed' && UNREACHED.has(record.cause ?? '');
      if (isOurs || (isUnreached && record.sipStatus === null)) {
        this.unreached++;
        this.last = record;
        this.workers.add(worker);
        this.endpoints.add(record.endpoint);
      }
    }
  }

  /** Calls of every endpoint and every thread have failed so, and none of them did not. */
  get isHopeless(): boolean {
    const isAll = this.workers.size === this.setups.length && this.endpoints.size === this.names.length;
    return isAll && this.unreached >= ENOUGH_CALLS && this.unreached === this.ended;
  }

  /** Calls were cut by us, so that it is not known what would have become of them. */
  get hasCut(): boolean {
    return this.cut > 0;
  }

  /** Why no call got through, by the last of them; null where one ended in another way, or none has ended. */
  trouble(): Unreachable | null {
    const { last } = this;
    if (last === null || this.unreached !== this.ended) {
      return null;
    }
    const name = this.names.length === 1 ? 'the target' : `endpoint ${this.names[last.endpoint] ?? ''}`;
    const why = last.detail ?? last.cause ?? '';
    const all = this.ended === 1 ? 'the only call' : `all ${this.ended} calls`;
    return {
      reason: `${name} cannot be reached${placeOf(this.peerOf(last.endpoint))}: ${why}; so ended ${all}`,
      hint: hintOf(last.cause, why),
    };
  }

  private peerOf(endpoint: number): Peer | undefined {
    const role = this.setups[0]?.role;
    return role?.type === 'caller' ? role.endpoints[endpoint] : undefined;
  }
}

function placeOf(peer: Peer | undefined): string {
  const server = peer?.servers[0];
  const address = server?.addresses[0];
  if (peer === undefined || server === undefined || address === undefined) {
    return '';
  }
  return ` at ${address.includes(':') ? `[${address}]` : address}:${server.port} over ${peer.protocol}`;
}

function hintOf(cause: string | null, why: string): string {
  const ours = hostLimitRemedy(cause);
  if (ours !== null) {
    return ours;
  }
  if (cause === 'tlsFailed') {
    return BAD_CERTIFICATE.test(why)
      ? '--tls-ca FILE trusts the authority of its certificate, --tls-server-name NAME expects another name in it, --tls-insecure takes any'
      : 'check that TLS is spoken on that port, and whether it wants a certificate of ours (--tls-cert, --tls-key)';
  }
  const listens = /ECONNREFUSED/.test(why) ? 'nothing listens there: check' : 'check';
  return `${listens} address, port, transport and firewall; --wait 60s waits for a target that is still starting`;
}
