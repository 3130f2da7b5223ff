/** The user agents of a thread on real sockets: who keeps what open, and where a call's connection is closed again. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseUri } from '../../../src/sip/message/uri.js';
import { TimerWheel } from '../../../src/sip/transaction/timer-wheel.js';
import { NO_TLS_MATERIAL } from '../../../src/sip/transport/tls-settings.js';
import type { Protocol } from '../../../src/sip/transport/transport.js';
import { createIdSource } from '../../../src/sip/ua/id-source.js';
import { Agents } from '../../../src/worker/agents.js';
import type { CallerEndpoint, SignallingSetup } from '../../../src/worker/messages.js';
import { Recorder, SDP } from '../sip/ua/network.js';

const HOST = '127.0.0.1';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function setupOf(
  connections: SignallingSetup['links']['connections'],
  endpoints: readonly CallerEndpoint[],
  dscp: number | null,
): SignallingSetup {
  const role = {
    type: 'caller',
    endpoints,
    load: { calls: 1, concurrency: null, stages: [] },
    holdMs: 0,
    ringTimeoutMs: 1_000,
    expect: 'answered',
    stopAfterRefusals: 1,
    maxRate: 1,
    figures: false,
    optionsIntervalMs: null,
  } as const;
  return {
    kind: 'signalling',
    index: 0,
    workers: 1,
    localAddress: HOST,
    localPort: 0,
    advertise: null,
    links: {
      tls: NO_TLS_MATERIAL,
      webSocketPath: '/ws',
      connections,
      dscp,
      learnsAddress: false,
      keepAliveMs: 0,
    },
    seed: 1,
    runToken: 'run',
    ptimeMs: 20,
    codecs: ['PCMU'],
    reach: { allow: null, publicHosts: [], targets: [] },
    sinkPort: null,
    role,
  };
}

async function agentsOf(
  connections: SignallingSetup['links']['connections'],
  endpoints: readonly CallerEndpoint[] = [],
  dscp: number | null = null,
): Promise<Agents> {
  const agents = await Agents.open(setupOf(connections, endpoints, dscp), {
    timers: new TimerWheel(),
    ids: createIdSource('run', 0),
    user: 'caller',
    userAgent: 'test',
  });
  closers.push(() => agents.close());
  return agents;
}

const endpointAt = (protocol: Protocol, port: number): CallerEndpoint => ({
  uri: `sip:a@${HOST}:${port}`,
  servers: [{ addresses: [HOST], port, priority: 0, weight: 0 }],
  protocol,
  isSecure: false,
  serverName: null,
  proxyUri: null,
  credentials: null,
});

/** What a TCP server hears, connection by connection. */
async function tcpServer(
  answer: (socket: Socket, text: string) => void = () => {},
): Promise<{ port: number; heard: string[]; peers: number[] }> {
  const heard: string[] = [];
  const peers: number[] = [];
  const server = createServer((socket) => {
    const index = heard.push('') - 1;
    peers.push(socket.remotePort ?? 0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      heard[index] += data.toString();
      answer(socket, data.toString());
    });
    socket.on('end', () => (heard[index] += '[end]'));
    closers.push(() => socket.destroy());
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  closers.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, heard, peers };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

describe('keep-alives', () => {
  it('go to a TCP endpoint over its connection, and to a UDP endpoint as a datagram', async () => {
    const agents = await agentsOf('worker');
    const { port, heard } = await tcpServer();
    await agents.agentFor(endpointAt('TCP', port)); // connects, so that the first call need not wait
    agents.keepAlive(endpointAt('TCP', port));
    await until(() => heard[0] === '\r\n\r\n');
    const socket = createSocket('udp4');
    socket.bind(0, HOST);
    await once(socket, 'listening');
    closers.push(() => socket.close());
    const datagram = once(socket, 'message');
    agents.keepAlive(endpointAt('UDP', socket.address().port));
    expect(String((await datagram)[0])).toBe('\r\n\r\n');
    expect(heard).toEqual(['\r\n\r\n']);
  });
});

describe('a connection for each call', () => {
  it('is opened with the call, named in its Contact, and closed behind its end', async () => {
    const agents = await agentsOf('call');
    const ports: number[] = [];
    const refuse = (socket: Socket, text: string): void => {
      if (!text.startsWith('INVITE')) return;
      ports.push(socket.remotePort ?? 0);
      const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => new RegExp(`^${name}: .*$`, 'm').exec(text)?.[0]);
      socket.write(`SIP/2.0 486 Busy\r\n${copied.join('\r\n')}\r\nTo: <sip:a@b>;tag=1\r\nContent-Length: 0\r\n\r\n`);
    };
    const { port, heard } = await tcpServer(refuse);
    const endpoint = endpointAt('TCP', port);
    const agent = await agents.agentFor(endpoint);
    const callers = [new Recorder(), new Recorder()];
    const target = parseUri(endpoint.uri);
    for (const caller of callers) agent.invite({ target, nextHop: { host: HOST, port }, sdp: SDP }, caller);
    await until(
      () => callers.every(({ events }) => events.length > 0) && heard.every((text) => text.endsWith('[end]')),
    );
    expect(callers.map(({ events }) => events)).toEqual([['failed response 486'], ['failed response 486']]);
    expect(heard).toHaveLength(2);
    for (const [index, text] of heard.entries()) {
      expect(text).toContain(`\r\nContact: <sip:caller@${HOST}:${ports[index]};transport=tcp>\r\n`);
      expect(text.match(/^(INVITE|ACK) /gm)).toEqual(['INVITE ', 'ACK ']);
    }
  });

  it('that is not to be had is a failed call, also when it was cancelled before', async () => {
    const agents = await agentsOf('call');
    const endpoint = endpointAt('TCP', 1);
    const agent = await agents.agentFor(endpoint);
    const request = { target: parseUri(endpoint.uri), nextHop: { host: HOST, port: 1 }, sdp: SDP };
    const [refused, cancelled] = [new Recorder(), new Recorder()];
    agent.invite(request, refused);
    agent.invite(request, cancelled).cancel();
    await until(() => refused.events.length + cancelled.events.length === 2);
    expect(refused.events).toEqual(['failed connection-failed null']);
    expect(cancelled.events).toEqual(['failed cancelled null']);
  });
});

describe('a line for each user', () => {
  const LISTENER = { onAttempt: () => {}, onSuccess: () => {}, onFailure: () => {} };
  const binding = { credentials: null, expiresSeconds: 60 };

  it.each([null, 24])('over UDP is a port of its own, which its Contact names (DSCP %j)', async (dscp) => {
    const registrar = createSocket('udp4');
    registrar.bind(0, HOST);
    await once(registrar, 'listening');
    closers.push(() => registrar.close());
    const heard: { text: string; port: number }[] = [];
    registrar.on('message', (data, from) => void heard.push({ text: String(data), port: from.port }));
    const { port } = registrar.address();
    const agents = await agentsOf('user', [endpointAt('UDP', port)], dscp);
    for (const user of ['u1', 'u2']) {
      const agent = await agents.openLine?.(HOST, port);
      const nextHop = { host: HOST, port };
      agent?.register({ ...binding, registrar: parseUri(`sip:${HOST}`), user, nextHop }, LISTENER);
    }
    await until(() => heard.length === 2);
    expect(new Set(heard.map((one) => one.port)).size).toBe(2);
    for (const one of heard) expect(one.text).toMatch(new RegExp(`\r\nContact: <sip:u[12]@${HOST}:${one.port}>`));
    expect(agents.isDatagramOnly).toBe(false);
  });

  it('over TCP is a connection of its own, whose end its Contact names, and which is kept alive', async () => {
    const { port, heard, peers } = await tcpServer();
    const endpoint = endpointAt('TCP', port);
    const agents = await agentsOf('user', [endpoint]);
    await agents.agentFor(endpoint); // for what is no user's: nothing is connected for it
    for (const user of ['u1', 'u2']) {
      const agent = await agents.openLine?.(HOST, port);
      const nextHop = { host: HOST, port };
      agent?.register({ ...binding, registrar: parseUri(`sip:${HOST}`), user, nextHop }, LISTENER);
    }
    await until(() => heard.length === 2 && heard.every((text) => text.includes('REGISTER ')));
    for (const [index, text] of heard.entries())
      expect(text).toContain(`\r\nContact: <sip:u${index + 1}@${HOST}:${peers[index]};transport=tcp>`);
    agents.keepAlive(endpoint);
    await until(() => heard.every((text) => text.endsWith('\r\n\r\n\r\n\r\n')));
  });

  it('is none where users share a connection, and none without an endpoint', async () => {
    expect((await agentsOf('worker', [endpointAt('UDP', 5060)])).openLine).toBeNull();
    expect((await agentsOf('user')).openLine).toBeNull();
  });
});
