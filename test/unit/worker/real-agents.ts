/** User agents of a thread on real sockets, and a TCP server that they talk to. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect } from 'vitest';
import { TimerWheel } from '../../../src/sip/transaction/timer-wheel.js';
import { NO_TLS_MATERIAL } from '../../../src/sip/transport/tls-settings.js';
import type { Protocol } from '../../../src/sip/transport/transport.js';
import { createIdSource } from '../../../src/sip/ua/id-source.js';
import { Agents } from '../../../src/worker/agents.js';
import type { CallerEndpoint, SignallingSetup } from '../../../src/worker/messages.js';

export const HOST = '127.0.0.1';
export const closers: (() => unknown)[] = [];

export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0)) await close();
}

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
      tls: { ...NO_TLS_MATERIAL, insecure: true },
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

export async function agentsOf(
  connections: SignallingSetup['links']['connections'],
  endpoints: readonly CallerEndpoint[] = [],
  dscp: number | null = null,
  timers = new TimerWheel(),
): Promise<Agents> {
  const agents = await Agents.open(setupOf(connections, endpoints, dscp), {
    timers,
    ids: createIdSource('run', 0),
    user: 'caller',
    userAgent: 'test',
  });
  closers.push(() => agents.close());
  return agents;
}

export const endpointAt = (protocol: Protocol, port: number): CallerEndpoint => ({
  uri: `sip:a@${HOST}:${port}`,
  servers: [{ addresses: [HOST], port, priority: 0, weight: 0 }],
  protocol,
  isSecure: false,
  serverName: null,
  proxyUri: null,
  credentials: null,
});

/** What a TCP server hears, connection by connection. */
export async function tcpServer(
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

export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}
