/** Datagrams that the kernel dropped at UDP sockets of this host because their buffer was full; Linux only. */
import { readFileSync } from 'node:fs';

const SOCKET_TABLE = '/proc/self/net/udp';
/** Columns of the table: local address (hex `ADDRESS:PORT`), and drops last. */
const LOCAL = 1;
const DROPS = 12;

/** The sum over the sockets bound to these local ports; null where the system has no such table. */
export function socketDrops(ports: readonly number[]): number | null {
  let table: string;
  try {
    table = readFileSync(SOCKET_TABLE, 'utf8');
  } catch {
    return null;
  }
  let drops = 0;
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    const port = Number.parseInt(columns[LOCAL]?.split(':')[1] ?? '', 16);
    if (ports.includes(port)) {
      drops += Number(columns[DROPS] ?? 0);
    }
  }
  return drops;
}
