/** The hazard of FFI: memory that the kernel writes to must outlive every collection while packets flow. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadLibc } from '../../src/net/libc.js';

const PACKETS = 6000;
const NET = new URL('../../dist/net/libc.js', import.meta.url).href;

/** Runs in a child of its own: a corrupted heap shall not take the test runner along. */
const SCRIPT = `
import { LibcSockets, loadLibc } from '${NET}';
const sockets = new LibcSockets(await loadLibc(), { ring: RING });
const sender = { onSent: (taken) => { if (!taken) throw new Error('not sent'); } };
const open = async () => {
  for (let port = 20000 + (process.pid % 2000) * 16; ; port++) {
    try { return { handle: await sockets.open('127.0.0.1', port), port }; }
    catch (error) { if (error.code !== 'address-in-use') throw error; }
  }
};
const [a, b] = [await open(), await open()];
let garbage = [];
let checked = 0;
for (let i = 0; i < ${PACKETS}; i++) {
  const packet = Buffer.alloc(172, i & 0xff);
  packet.writeUInt32BE(i, 0);
  sockets.queue(a.handle, packet, sockets.destination('127.0.0.1', b.port), sender);
  sockets.submit();
  sockets.fetch(b.handle, 2);
  sockets.submit();
  garbage.push(new Uint8Array(2048).fill(i), Buffer.alloc(128, i));
  if (i % 20 === 0) { garbage = []; globalThis.gc(); }
  const length = sockets.receive(b.handle);
  if (length !== 172) throw new Error('packet ' + i + ': length ' + length);
  const data = Buffer.from(sockets.data.subarray(0, length));
  if (data.readUInt32BE(0) !== i || !data.subarray(4).every((byte) => byte === (i & 0xff))) throw new Error('packet ' + i + ': content');
  if (sockets.sourcePort !== a.port || sockets.sourceAddress !== 0x7f000001) throw new Error('packet ' + i + ': source');
  if (!(Math.abs(sockets.arrivalNs - Number(process.hrtime.bigint())) < 60e9)) throw new Error('packet ' + i + ': arrival');
  if (sockets.receive(b.handle) !== -1) throw new Error('packet ' + i + ': another one');
  checked++;
}
process.stdout.write(String(checked));
`;

describe.skipIf((await loadLibc()) === null)(
  'packets come through unharmed while the garbage collector is forced to run',
  () => {
    it.each([
      ['a submission ring, where there is one', true],
      ['a system call each', false],
    ])('by %s', async (_, ring) => {
      const args = ['--expose-gc', '--input-type=module', '--eval', SCRIPT.replace('RING', String(ring))];
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 100_000 });
      expect(stdout).toBe(String(PACKETS));
    });
  },
);
