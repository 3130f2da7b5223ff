/** What this host ran out of, in words: the same for calls, users and a run that reached nobody. */
import { HOST_LIMITS, type CallRecord } from '../worker/messages.js';

interface HostLimit {
  readonly what: string;
  readonly remedy: string;
}

const LIMITS: Readonly<Record<string, HostLimit>> = {
  noFileHandle: {
    what: 'this host had no file handle left',
    remedy: 'raise the limit of open files: ulimit -n, or let calls share connections',
  },
  noLocalPort: {
    what: 'this host had no free local port left',
    remedy: 'widen net.ipv4.ip_local_port_range, or let calls share connections',
  },
  noSocketMemory: {
    what: 'this host had no memory for another socket',
    remedy: 'see net.ipv4.tcp_mem and the memory of this host',
  },
};

/** Slots are opened ahead of the calls; without a reason why there are no more, they were not there yet. */
const NOT_IN_TIME =
  'more were wanted at once than could be opened in that time (limit the calls at once: --concurrency)';

/** Null: the cause is no limit of sockets. */
export function hostLimitInWords(cause: string | null): string | null {
  const limit = LIMITS[cause ?? ''];
  return limit === undefined ? null : `${limit.what} (${limit.remedy})`;
}

/** How to mend it; null: the cause is no limit of sockets. */
export function hostLimitRemedy(cause: string | null): string | null {
  return LIMITS[cause ?? '']?.remedy ?? null;
}

/** For each limit that calls ran into, how many did. */
export function refusedCalls(causes: Iterable<{ readonly record: CallRecord; readonly count: number }>): string[] {
  const counts = new Map<string, { count: number; detail: string | null }>();
  for (const { record, count } of causes) {
    const cause = record.cause ?? '';
    if (HOST_LIMITS.has(cause)) {
      const before = counts.get(cause);
      counts.set(cause, { count: count + (before?.count ?? 0), detail: before?.detail ?? record.detail });
    }
  }
  return [...counts].map(([cause, { count, detail }]) => {
    const calls = count === 1 ? '1 call' : `${count} calls`;
    return cause === 'noSlot'
      ? `${calls} ${count === 1 ? 'was' : 'were'} not placed: no media slot was free: ${detail ?? NOT_IN_TIME}`
      : `${calls} got no connection: ${hostLimitInWords(cause) ?? cause}`;
  });
}
