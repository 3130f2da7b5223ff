/** TCP, TLS, WS and WSS on loopback: messages both ways over one connection, and every way in which a connection fails. */
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type Connections,
  type ConnectionsOptions,
  openConnections,
} from '../../../../src/sip/transport/connections.js';
import { failureOf } from '../../../../src/sip/transport/failure.js';
import { NO_TLS_MATERIAL, explainTlsMaterial } from '../../../../src/sip/transport/tls-settings.js';
import type { TransportFailure } from '../../../../src/sip/transport/transport.js';
import { type Certificates, makeCertificates, opensslMissing } from './certificates.js';

const HOST = '127.0.0.1';
const open: Connections[] = [];
const servers: Server[] = [];
let certificates: Certificates;

beforeAll(() => {
  if (!opensslMissing) certificates = makeCertificates();
});
afterAll(() => certificates?.remove());
afterEach(async () => {
  await Promise.all(open.splice(0).map((transport) => transport.close()));
  for (const server of servers.splice(0)) server.close();
});

interface Node {
  readonly transport: Connections;
  readonly messages: { text: string; host: string; port: number }[];
  readonly errors: { place: string; failure: TransportFailure }[];
}

async function node(options: Partial<ConnectionsOptions>): Promise<Node> {
  const transport = await openConnections({ protocol: 'TCP', address: HOST, listenPort: null, ...options });
  open.push(transport);
  const messages: Node['messages'] = [];
  const errors: Node['errors'] = [];
  transport.onMessage = (data, host, port) => messages.push({ text: Buffer.from(data).toString('latin1'), host, port });
  transport.onError = (host, port, failure) => errors.push({ place: `${host}:${port}`, failure });
  return { transport, messages, errors };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

/** A server that does with each connection as it is told. */
async function rawServer(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return (server.address() as AddressInfo).port;
}

const message = (id: string, body = ''): string =>
  `OPTIONS sip:a@b SIP/2.0\r\nCall-ID: ${id}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
/** Octets that are not UTF-8, as wire text. */
const BYTES = '\u00e9\u00ff\u0000x';

const tlsServer = (): Partial<ConnectionsOptions> => ({ tls: { ...NO_TLS_MATERIAL, ...certificates.server } });
const trusting = (): Partial<ConnectionsOptions> => ({ tls: { ...NO_TLS_MATERIAL, ca: certificates.ca } });

describe.skipIf(opensslMissing).each(['TCP', 'TLS', 'WS', 'WSS'] as const)('%s', (protocol) => {
  it.each([HOST, '::1'])('carries messages both ways over one connection (%s)', async (address) => {
    const server = await node({ protocol, address, listenPort: 0, ...tlsServer() });
    const client = await node({ protocol, address, ...trusting() });
    const { port } = server.transport.localAddress;
    client.transport.send(message('1', BYTES), address, port);
    client.transport.send(message('2'), address, port);
    await until(() => server.messages.length === 2);
    expect(server.messages.map(({ text }) => text)).toEqual([message('1', BYTES), message('2')]);
    const [from] = server.messages;
    expect(from?.host).toBe(address);
    // Without a listener of its own the client is reached at its end of the connection.
    expect(from?.port).toBe(client.transport.localAddress.port);
    server.transport.send(message('3', BYTES), address, from?.port ?? 0);
    await until(() => client.messages.length === 1);
    expect(client.messages).toEqual([{ text: message('3', BYTES), host: address, port }]);
    expect(client.transport.connections).toEqual({ opened: 1, accepted: 0, failed: 0 });
    expect(server.transport.connections).toEqual({ opened: 0, accepted: 1, failed: 0 });
    expect(client.transport.counters).toMatchObject({ sent: 2, received: 1, sendErrors: 0 });
  });

  it('tells a refused connection, and opens the next one for the next message', async () => {
    const server = await node({ protocol, listenPort: 0, ...tlsServer() });
    const { port } = server.transport.localAddress;
    await server.transport.close();
    const client = await node({ protocol, ...trusting() });
    client.transport.send(message('1'), HOST, port);
    await until(() => client.errors.length === 1);
    expect(client.errors[0]?.place).toBe(`${HOST}:${port}`);
    expect(client.errors[0]?.failure).toMatchObject({ cause: 'connection-failed' });
    expect(client.errors[0]?.failure.detail).toContain('ECONNREFUSED');
    expect(client.transport.connections).toEqual({ opened: 0, accepted: 0, failed: 1 });
    const again = await node({ protocol, listenPort: port, ...tlsServer() });
    client.transport.send(message('2'), HOST, port);
    await until(() => again.messages.length === 1);
    expect(client.errors).toHaveLength(1);
  });

  it('tells of a connection that the peer closes, and not of one that we close', async () => {
    const server = await node({ protocol, listenPort: 0, ...tlsServer() });
    const client = await node({ protocol, ...trusting() });
    const { port } = server.transport.localAddress;
    expect(await client.transport.connect(HOST, port)).toBeNull();
    expect(await client.transport.connect(HOST, port)).toBeNull();
    await server.transport.close();
    await until(() => client.errors.length > 0);
    expect(client.errors).toHaveLength(1);
    expect(client.errors[0]).toMatchObject({ place: `${HOST}:${port}`, failure: { cause: 'connection-failed' } });
    expect(client.transport.size).toBe(0);
    expect(server.errors).toEqual([]);
  });

  it('sends keep-alives that no one takes for a message', async () => {
    const server = await node({ protocol, listenPort: 0, ...tlsServer() });
    const client = await node({ protocol, ...trusting() });
    const { port } = server.transport.localAddress;
    client.transport.keepAlive(HOST, port); // nothing is open: nothing is opened
    expect(client.transport.size).toBe(0);
    await client.transport.connect(HOST, port);
    client.transport.keepAlive(HOST, port);
    client.transport.send(message('1'), HOST, port);
    await until(() => server.messages.length === 1);
    expect([...client.errors, ...server.errors, ...client.messages]).toEqual([]);
  });

  it('gives a port that cannot be up without a throw', async () => {
    const client = await node({ protocol });
    client.transport.send(message('1'), HOST, 0);
    expect(client.errors).toEqual([]);
    await until(() => client.errors.length === 1);
    expect(client.errors[0]?.failure.cause).toBe('connection-failed');
  });
});

const failing = (code: string): string => failureOf(Object.assign(new Error(`connect ${code}`), { code }), true).cause;

describe('what this host has no more of', () => {
  it.each([
    ['EMFILE', 'no-file-handle'],
    ['ENFILE', 'no-file-handle'],
    ['EADDRNOTAVAIL', 'no-local-port'],
    ['EADDRINUSE', 'no-local-port'],
    ['ENOBUFS', 'no-socket-memory'],
    ['ENOMEM', 'no-socket-memory'],
    ['ECONNRESET', 'tls-failed'],
  ])('%s: %s', (code, cause) => {
    expect(failing(code)).toBe(cause);
  });

  it('is told apart by the kernel itself: no port can be had at an address that is not ours', async () => {
    const connections = await openConnections({ protocol: 'TCP', address: '192.0.2.1', listenPort: null });
    expect(await connections.connect(HOST, 9)).toMatchObject({ cause: 'no-local-port' });
    await connections.close();
  });
});

describe.skipIf(opensslMissing)('(openssl) a TCP peer that misbehaves', () => {
  it.each([
    ['sends no SIP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'no SIP'],
    ['sends a message without end', 'x'.repeat(70_000), 'at most 65535 bytes'],
  ])('%s: the connection is closed', async (_, text, why) => {
    const port = await rawServer((socket) => socket.write(text));
    const client = await node({});
    client.transport.send(message('1'), HOST, port);
    await until(() => client.errors.length === 1);
    expect(client.errors[0]?.failure).toMatchObject({ cause: 'connection-failed' });
    expect(client.errors[0]?.failure.detail).toContain(why);
    expect(client.transport.size).toBe(0);
  });

  it('resets it in the middle of a message', async () => {
    const port = await rawServer((socket) => {
      socket.write('OPTIONS sip:a SIP/2.0\r\nContent-', () => socket.resetAndDestroy());
    });
    const client = await node({});
    client.transport.send(message('1'), HOST, port);
    await until(() => client.errors.length === 1);
    expect(client.errors[0]?.failure.cause).toBe('connection-failed');
    expect(client.messages).toEqual([]);
  });

  it(
    'only pings and reads no answer: it is given up before its answers fill the memory',
    { timeout: 30_000 },
    async () => {
      const server = await node({ listenPort: 0 });
      const socket = connect(server.transport.localAddress.port, HOST);
      socket.on('error', () => {});
      socket.pause();
      const pings = '\r\n'.repeat(512 * 1024);
      const send = (): void => void socket.write(pings, (error) => error ?? send());
      send();
      await until(() => server.errors.length === 1 && server.transport.size === 0);
      expect(server.errors[0]?.failure.detail).toBe('the peer does not read what is sent');
      socket.destroy();
    },
  );

  it('only pings over a WebSocket and reads no pong: the same', { timeout: 30_000 }, async () => {
    const server = await node({ protocol: 'WS', listenPort: 0 });
    const socket = connect(server.transport.localAddress.port, HOST);
    socket.on('error', () => {});
    socket.write(
      'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: sip\r\n\r\n',
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    // Of 125 bytes, masked by zeros (RFC 6455 §5.2).
    const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125)]);
    const pings = Buffer.concat(Array.from({ length: 4000 }, () => ping));
    const send = (): void => void socket.write(pings, (error) => error ?? send());
    send();
    await until(() => server.errors.length === 1 && server.transport.size === 0);
    expect(server.errors[0]?.failure.detail).toBe('the peer does not read');
    socket.destroy();
  });

  it('answers a double CRLF by one CRLF, and a message byte by byte', async () => {
    const server = await node({ listenPort: 0 });
    const socket = connect(server.transport.localAddress.port, HOST);
    let got = '';
    socket.on('data', (data) => (got += data.toString()));
    for (const byte of `\r\n\r\n${message('1', 'body')}`) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => server.messages.length === 1 && got !== '');
    expect(got).toBe('\r\n');
    expect(server.messages[0]?.text).toBe(message('1', 'body'));
    socket.destroy();
  });

  it('never finishes the connection', async () => {
    const port = await rawServer(() => {});
    const client = await node({ protocol: 'TLS', ...trusting(), connectTimeoutMs: 100 });
    expect(await client.transport.connect(HOST, port)).toEqual({
      cause: 'tls-failed',
      detail: 'no connection within 100 ms',
    });
  });
});

/** How the first message fares; null: it arrives. */
async function failureWith(
  server: Partial<ConnectionsOptions['tls']>,
  client: Partial<ConnectionsOptions['tls']>,
  protocol: 'TLS' | 'WSS' = 'TLS',
): Promise<TransportFailure | null> {
  const tls = { ...NO_TLS_MATERIAL, ...certificates.server, ...server };
  const there = await node({ protocol, listenPort: 0, tls });
  const here = await node({ protocol, tls: { ...NO_TLS_MATERIAL, ...client } });
  const { port } = there.transport.localAddress;
  const failure = await here.transport.connect(HOST, port);
  if (failure !== null) return failure;
  // TLS 1.3 lets a client believe that it is connected before the server has looked at its certificate.
  here.transport.send(message('1'), HOST, port);
  await until(() => here.errors.length + there.messages.length === 1);
  return here.errors[0]?.failure ?? null;
}

describe.skipIf(opensslMissing)('(openssl) TLS', () => {
  it.each(['TLS', 'WSS'] as const)(
    '%s: a certificate of nobody we trust is one failed connection',
    async (protocol) => {
      const failure = await failureWith({}, {}, protocol);
      expect(failure?.cause).toBe('tls-failed');
      expect(failure?.detail).toContain('certificate');
    },
  );

  it('insecure takes it', async () => expect(await failureWith({}, { insecure: true })).toBeNull());

  it('takes the name that was given, and not another', async () => {
    expect(await failureWith({}, { ca: certificates.ca, serverName: 'pbx.example' })).toBeNull();
    const failure = await failureWith({}, { ca: certificates.ca, serverName: 'other.example' });
    expect(failure).toMatchObject({ cause: 'tls-failed' });
    expect(failure?.detail).toContain('other.example');
  });

  it('a server that asks for a certificate takes ours, and refuses a caller without one', async () => {
    const { ca, client, lockedKey } = certificates;
    expect(await failureWith({ ca }, { ca, ...client })).toBeNull();
    expect(await failureWith({ ca }, { ca, cert: client.cert, key: lockedKey, keyPassword: 's3cret' })).toBeNull();
    const failure = await failureWith({ ca }, { ca });
    expect(failure?.cause).toBe('tls-failed');
    expect(failure?.detail).toContain('certificate');
  });

  it('a peer that speaks no TLS is one failed connection', async () => {
    const port = await rawServer((socket) => socket.write('SIP/2.0 400 Bad\r\n\r\n'));
    const client = await node({ protocol: 'TLS', ...trusting() });
    expect(await client.transport.connect(HOST, port)).toMatchObject({ cause: 'tls-failed' });
  });

  it('explains material that cannot be used, without its text', () => {
    const { client, lockedKey, server } = certificates;
    expect(explainTlsMaterial({ ...NO_TLS_MATERIAL, ...client })).toBeNull();
    expect(
      explainTlsMaterial({ ...NO_TLS_MATERIAL, cert: client.cert, key: lockedKey, keyPassword: 'wrong' }),
    ).not.toBeNull();
    expect(explainTlsMaterial({ ...NO_TLS_MATERIAL, cert: client.cert, key: server.key })).toContain('mismatch');
    expect(explainTlsMaterial({ ...NO_TLS_MATERIAL, ca: 'nonsense' })).toContain('PEM');
    expect(explainTlsMaterial({ ...NO_TLS_MATERIAL, cert: client.cert })).toContain('its key');
  });
});

describe.skipIf(opensslMissing)('(openssl) WebSocket', () => {
  it('a server without the subprotocol sip, or that is no WebSocket server, is a failed connection', async () => {
    const port = await rawServer((socket) => socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
    const client = await node({ protocol: 'WS' });
    const failure = await client.transport.connect(HOST, port);
    expect(failure?.cause).toBe('connection-failed');
    expect(failure?.detail).toContain('404');
  });
});
