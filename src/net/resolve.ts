/** Routes: the local address from which the kernel would send to one. */
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';

/** The local address of the route to `address`. Nothing is sent. @throws when there is no route */
export async function routedLocalAddress(address: string): Promise<string> {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(9, address, () => resolve(socket.address().address));
    });
  } finally {
    socket.close();
  }
}

/** One bound UDP port that answers nothing: what signalling-only calls advertise for their audio. @throws the bind error of dgram */
export async function bindSink(address: string): Promise<{ readonly port: number; close(): void }> {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port: 0, exclusive: true }, resolve);
  });
  return { port: socket.address().port, close: () => socket.close() };
}
