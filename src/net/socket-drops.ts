/** Datagrams that the kernel dropped at UDP sockets of this host because their buffer was full; Linux only. */
import { readFileSync } from 'node:fs';

const SOCKET_TABLES = ['/proc/self/net/udp', '/proc/self/net/udp6'];
/** Columns of the table: local address (hex `ADDRESS:PORT`), and drops last. */
const LOCAL = 1;
const DROPS = 12;

/** The sum over the sockets bound to these local ports; null where the system has no such table. */
export function socketDrops(ports: readonly number[]): number | null {
  const tables = SOCKET_TABLES.map(readTable).filter((table) => table !== null);
  if (tables.length === 0) {
    return null;
  }
  let drops = 0;
  for (const line of tables.flatMap((table) => table.split('\n').slice(1))) {
    const columns = line.trim().split(/\s+/);
    const port = Number.parseInt(columns[LOCAL]?.split(':')[1] ?? '', 16);
    if (ports.includes(port)) {
      drops += Number(columns[DROPS] ?? 0);
    }
  }
  return drops;
}

/** A host without IPv6 has one of the two. */
function readTable(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
