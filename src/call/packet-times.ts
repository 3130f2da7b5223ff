/**
 * Far sides that want another packet time than we send (RFC 8866 §6.4, §6.5): a=ptime is what its writer would like to get,
 * a=maxptime the most that it takes. What we send is the scenario's all the same: it is what the run is to measure.
 */

/** In ms; null: no other than ours. */
export interface PacketTime {
  /** What we send. */
  readonly sentMs: number;
  readonly wishedMs: number | null;
  readonly atMostMs: number | null;
}

export interface PacketTimeCount extends PacketTime {
  readonly legs: number;
}

/** Peers choose how many there are; of more a run tells nothing. */
const MOST_KINDS = 16;

/** Null: ours is as they want it. */
export function otherPacketTime(sentMs: number, wishMs: number, mostMs: number | null): PacketTime | null {
  const wishedMs = wishMs === sentMs ? null : wishMs;
  const atMostMs = mostMs === null || mostMs >= sentMs ? null : mostMs;
  return wishedMs === null && atMostMs === null ? null : { sentMs, wishedMs, atMostMs };
}

export class PacketTimeBook {
  private readonly kinds = new Map<string, PacketTime & { legs: number }>();

  /** Of a leg that is up. */
  note(packetTime: PacketTime): void {
    const { sentMs, wishedMs, atMostMs } = packetTime;
    const key = `${sentMs} ${wishedMs} ${atMostMs}`;
    const known = this.kinds.get(key);
    if (known !== undefined) {
      known.legs++;
    } else if (this.kinds.size < MOST_KINDS) {
      this.kinds.set(key, { sentMs, wishedMs, atMostMs, legs: 1 });
    }
  }

  /** Since the start. */
  list(): PacketTimeCount[] {
    return [...this.kinds.values()];
  }
}
