/**
 * Sends every datagram back where it came from, as cheaply as a program can: whole batches by recvmmsg and sendmmsg, on
 * the very same memory. It runs in a process of its own, so that its CPU is not the media worker's. Linux with koffi.
 *   node reflector.mjs PORT PACKET_BYTES
 */
import koffi from 'koffi';

const [port, packetBytes] = process.argv.slice(2).map(Number);
const BATCH = 64;
const MMSGHDR_BYTES = 64;
const MSG_WAITFORONE = 0x10000;
const [SOL_SOCKET, SO_RCVBUFFORCE, SO_RCVBUF, BUFFER_BYTES] = [1, 33, 8, 8 << 20];

const libc = koffi.load(null);
const socket = libc.func('int socket(int, int, int)');
const bind = libc.func('int bind(int, const void *, uint32_t)');
const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
const recvmmsg = libc.func('int recvmmsg(int, void *, uint32_t, int, void *)');
const sendmmsg = libc.func('int sendmmsg(int, void *, uint32_t, int)');

/**
 * The kernel is given the addresses of all four, the loop names only the first: one object that the loop refers to keeps
 * the others from the garbage collector.
 */
const arena = {
  messages: Buffer.alloc(BATCH * MMSGHDR_BYTES),
  vectors: Buffer.alloc(BATCH * 16),
  addresses: Buffer.alloc(BATCH * 16),
  data: Buffer.alloc(BATCH * packetBytes),
};
const { messages, vectors, addresses, data } = arena;
for (let i = 0; i < BATCH; i++) {
  vectors.writeBigUInt64LE(koffi.address(data) + BigInt(i * packetBytes), i * 16);
  vectors.writeBigUInt64LE(BigInt(packetBytes), i * 16 + 8);
  messages.writeBigUInt64LE(koffi.address(addresses) + BigInt(i * 16), i * MMSGHDR_BYTES);
  messages.writeUInt32LE(16, i * MMSGHDR_BYTES + 8);
  messages.writeBigUInt64LE(koffi.address(vectors) + BigInt(i * 16), i * MMSGHDR_BYTES + 16);
  messages.writeUInt32LE(1, i * MMSGHDR_BYTES + 24);
}

const handle = socket(2, 2, 0);
const own = Buffer.alloc(16);
own.writeUInt16LE(2, 0);
own.writeUInt16BE(port, 2);
own.writeUInt32BE(0x7f000001, 4);
if (bind(handle, own, 16) !== 0) throw new Error(`cannot bind port ${port}`);
const bufferBytes = new Uint8Array(Int32Array.of(BUFFER_BYTES).buffer);
// Above the system's cap only root may go; what is not granted shows as lost packets in the table.
if (setsockopt(handle, SOL_SOCKET, SO_RCVBUFFORCE, bufferBytes, 4) !== 0)
  setsockopt(handle, SOL_SOCKET, SO_RCVBUF, bufferBytes, 4);

process.send?.('ready');
setImmediate(() => {
  for (;;) {
    const count = recvmmsg(handle, arena.messages, BATCH, MSG_WAITFORONE, null);
    if (count < 0) throw new Error('recvmmsg failed');
    sendmmsg(handle, arena.messages, count, 0);
  }
});
