/** The servers of one target, and the order in which a call tries them (RFC 3263 §4.2, §4.3; RFC 2782). */
import type { Destination } from '../transaction/invite-client.js';

/** One SRV record, or what stands for it. */
export interface SipServer {
  readonly addresses: readonly string[];
  readonly port: number;
  /** Lower ones first. */
  readonly priority: number;
  /** Share among those of one priority. */
  readonly weight: number;
}

/** A server that failed is tried last for so long: every call would wait for it. */
const FAILED_FOR_MS = 30_000;

export class ServerList {
  #only: readonly Destination[] | null;
  /** Until when a place counts as failed, ms. */
  #failedUntil = new Map<string, number>();

  /**
   * @param random 0 ≤ x < 1
   * @param now monotonic ms
   */
  constructor(
    private readonly servers: readonly SipServer[],
    private readonly random: () => number,
    private readonly now: () => number,
  ) {
    const places = servers.flatMap(placesOf);
    this.#only = places.length < 2 ? places : null;
  }

  /** For one call: by priority, within one drawn by weight, those that failed lately last. */
  order(): readonly Destination[] {
    if (this.#only !== null) return this.#only;
    const places = this.#drawn().flatMap(placesOf);
    if (this.#failedUntil.size === 0) return places;
    const nowMs = this.now();
    const hasFailed = (place: Destination): boolean => (this.#failedUntil.get(keyOf(place)) ?? 0) > nowMs;
    return [...places.filter((place) => !hasFailed(place)), ...places.filter(hasFailed)];
  }

  /** It gave no answer, no connection or a 503. */
  fail(place: Destination): void {
    if (this.#only === null) this.#failedUntil.set(keyOf(place), this.now() + FAILED_FOR_MS);
  }

  #drawn(): SipServer[] {
    const priorities = [...new Set(this.servers.map(({ priority }) => priority))].toSorted((a, b) => a - b);
    return priorities.flatMap((wanted) => this.#shuffle(this.servers.filter(({ priority }) => priority === wanted)));
  }

  /** RFC 2782: each next one is drawn with a chance in proportion to its weight. */
  #shuffle(servers: readonly SipServer[]): SipServer[] {
    // Those without weight stand first, so that they have a very small chance while others have one.
    const left = servers.toSorted((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
    const order: SipServer[] = [];
    while (left.length > 0) {
      const total = left.reduce((sum, { weight }) => sum + weight, 0);
      const drawn = Math.floor(this.random() * (total + 1));
      let sum = 0;
      const at = left.findIndex(({ weight }) => (sum += weight) >= drawn);
      order.push(...left.splice(at, 1));
    }
    return order;
  }
}

const placesOf = ({ addresses, port }: SipServer): Destination[] => addresses.map((host) => ({ host, port }));
const keyOf = ({ host, port }: Destination): string => `${host} ${port}`;
