import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { bindInWords, bufferWarning } from '../../../src/run/fleet.js';

describe('bufferWarning', () => {
  it('is silent where the kernel granted what was asked for, or more (Linux doubles it), or does not tell', () => {
    expect(bufferWarning({ requested: 4_194_304, granted: 4_194_304 })).toBeNull();
    expect(bufferWarning({ requested: 4_194_304, granted: 8_388_608 })).toBeNull();
    expect(bufferWarning({ requested: 4_194_304, granted: null })).toBeNull();
  });

  it('says what was granted and how to get more', () => {
    expect(bufferWarning({ requested: 4_194_304, granted: 425_984 })).toBe(
      'the kernel granted 416 of 4096 KiB for the SIP socket: bursts may be lost here (raise net.core.rmem_max)',
    );
  });
});

/** What Node itself says of it. */
async function refusalOf(emitter: NodeJS.EventEmitter): Promise<{ code: string; message: string }> {
  const [error] = (await once(emitter, 'error')) as [NodeJS.ErrnoException];
  return { code: error.code ?? '', message: error.message };
}

describe('an address that cannot be bound', () => {
  it('is one that this host does not have', async () => {
    const socket = createSocket('udp4');
    socket.bind(5060, '192.0.2.5'); // TEST-NET-1
    const words = bindInWords(await refusalOf(socket));
    socket.close();
    expect(words).toBe('192.0.2.5:5060 cannot be bound: this host does not have the address');
  });

  it('is one that another program has, over UDP and TCP', async () => {
    const owner = createServer().listen(0, '127.0.0.1');
    await once(owner, 'listening');
    const address = owner.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const words = bindInWords(await refusalOf(createServer().listen(port, '127.0.0.1')));
    owner.close();
    expect(words).toBe(`127.0.0.1:${port} is in use by another program`);

    const [first, second] = [createSocket('udp4'), createSocket('udp4')];
    first.bind(0, '127.0.0.1');
    await once(first, 'listening');
    second.bind(first.address().port, '127.0.0.1');
    const udp = bindInWords(await refusalOf(second));
    expect(udp).toBe(`127.0.0.1:${first.address().port} is in use by another program`);
    first.close();
    second.close();
  });

  it('is said as it was told where there are no words for it', () => {
    const told = 'bind EOTHER 127.0.0.1:5060';
    expect(bindInWords({ code: 'EOTHER', message: told })).toBe(told);
    expect(bindInWords({ code: 'address-in-use', message: 'UDP 127.0.0.1:1 is in use by another program' })).toBe(
      'UDP 127.0.0.1:1 is in use by another program',
    );
  });
});
