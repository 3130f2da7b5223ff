/** Names and routes: the IPv4 addresses of a host, and the local address from which the kernel would send to one. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** IPv4 addresses of a name; a literal address is its own. @throws the resolver's error */
export async function resolveHost(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) {
    return [host];
  }
  const found = await lookup(host, { all: true, family: 4 });
  return found.map(({ address }) => address);
}

/** The local address of the route to `address`. Nothing is sent. @throws when there is no route */
export async function routedLocalAddress(address: string): Promise<string> {
  const socket = createSocket('udp4');
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(9, address, () => resolve(socket.address().address));
    });
  } finally {
    socket.close();
  }
}

/** One bound UDP port that answers nothing: what signalling-only calls advertise for their audio. */
export async function bindSink(address: string): Promise<{ readonly port: number; close(): void }> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port: 0, exclusive: true }, resolve);
  });
  return { port: socket.address().port, close: () => socket.close() };
}
