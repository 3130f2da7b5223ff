/** Users whose connection the PBX closes: they register anew over the next one, with the Contact of that. Real sockets, a clock by hand. */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseUri } from '../../../src/sip/message/uri.js';
import { TimerWheel } from '../../../src/sip/transaction/timer-wheel.js';
import { openConnections } from '../../../src/sip/transport/connections.js';
import { NO_TLS_MATERIAL } from '../../../src/sip/transport/tls-settings.js';
import { UserAgent } from '../../../src/sip/ua/user-agent.js';
import type { OpenLine } from '../../../src/worker/user-lines.js';
import { Users } from '../../../src/worker/users.js';
import { type Certificates, makeCertificates, opensslMissing } from '../sip/transport/certificates.js';
import { HOST, agentsOf, closeAll, closers, endpointAt, tcpServer, until } from './real-agents.js';

afterEach(closeAll);

/** A 200 that lists what the REGISTER asks for; '' for anything else. */
function accepted(request: string): string {
  if (!request.startsWith('REGISTER')) return '';
  const copied = ['Via', 'From', 'Call-ID', 'CSeq', 'Contact'].map(
    (name) => new RegExp(`^${name}: .*$`, 'm').exec(request)?.[0] ?? '',
  );
  const to = /^To: (.*)$/m.exec(request)?.[1] ?? '';
  return `SIP/2.0 200 OK\r\n${copied.join('\r\n')}\r\nTo: ${to.trim()};tag=r\r\nContent-Length: 0\r\n\r\n`.replaceAll(
    /\r+\n/g,
    '\r\n',
  );
}

function serverIdentity(): Certificates['server'] {
  const certificates = makeCertificates();
  closers.push(() => certificates.remove());
  return certificates.server;
}

const numberOf = (request: string): string => /^CSeq: (\d+)/m.exec(request)?.[1] ?? '';
const callIdOf = (request: string): string => /^Call-ID: (.*)$/m.exec(request)?.[1] ?? '';

interface Place {
  readonly port: number;
  readonly wheel: TimerWheel;
  readonly userAgent: UserAgent;
  readonly openLine: OpenLine | null;
}

async function registeredUsers({ port, wheel, userAgent, openLine }: Place, names: readonly string[]): Promise<Users> {
  const users = new Users({
    role: {
      list: names.map((user) => ({ user, credentials: null })),
      arePaired: true,
      ratePerSecond: 1_000,
      expiresSeconds: 3_600,
    },
    userAgent,
    openLine,
    marksLegs: false,
    target: { uri: parseUri(`sip:${HOST}:${port}`), nextHop: { host: HOST, port }, credentials: null },
    timers: wheel,
    runToken: 'run',
    now: () => wheel.nowMs * 1e6,
    onSecondLeg: () => {},
  });
  const settled = users.register(() => {});
  for (let ms = 10; ms <= 100; ms += 10) wheel.advance(ms);
  await settled;
  expect(users.figures()).toMatchObject({ bound: names.length, bindingsLost: 0 });
  return users;
}

describe('a user whose connection the PBX closes', () => {
  it('is called by nobody until the Contact of the next connection has taken the place of the old one', async () => {
    const sockets = new Map<string, Socket>();
    const { port, heard, peers } = await tcpServer((socket, text) => {
      sockets.set(/<sip:(u\d)@/.exec(text)?.[1] ?? '', socket);
      socket.write(accepted(text));
    });
    const wheel = new TimerWheel();
    const agents = await agentsOf('user', [endpointAt('TCP', port)], null, wheel);
    const { openLine } = agents;
    const users = await registeredUsers({ port, wheel, userAgent: agents.udp.userAgent, openLine }, ['u1', 'u2']);
    expect([heard.length, users.calls.hasRoom]).toEqual([2, true]);
    sockets.get('u1')?.destroy();
    await until(() => users.figures().bound === 1);
    expect(users.calls.hasRoom).toBe(false);
    wheel.advance(4_900); // its last REGISTER is not 5 s old
    expect(heard).toHaveLength(2);
    wheel.advance(5_200);
    await until(() => users.figures().bound === 2);
    const [before = '', , after = ''] = heard;
    expect(before).toContain(`\r\nContact: <sip:u1@${HOST}:${peers[0]};transport=tcp>;expires=3600\r\n`);
    expect(after).toContain(
      `\r\nContact: <sip:u1@${HOST}:${peers[2]};transport=tcp>;expires=3600\r\n` +
        `Contact: <sip:u1@${HOST}:${peers[0]};transport=tcp>;expires=0\r\n`,
    );
    expect(after).toContain(`\r\nVia: SIP/2.0/TCP ${HOST}:${peers[2]};`);
    expect([callIdOf(after), numberOf(after)]).toEqual([callIdOf(before), '2']);
    expect(peers[2]).not.toBe(peers[0]);
    expect([users.calls.hasRoom, users.figures().bindingsLost]).toEqual([true, 1]);
  });
});

const PROTOCOLS = ['TCP', 'WS', ...(opensslMissing ? [] : (['TLS'] as const))] as const;

describe('a PBX that restarts', () => {
  it.each(PROTOCOLS)('has all users of one connection again (%s)', async (protocol) => {
    const requests: string[] = [];
    const ports: number[] = [];
    const tls = protocol === 'TLS' ? { ...NO_TLS_MATERIAL, ...serverIdentity() } : NO_TLS_MATERIAL;
    const serve = async (listenPort: number) => {
      const server = await openConnections({ protocol, address: HOST, listenPort, tls });
      server.onMessage = (data, host, from) => {
        requests.push(String(data));
        ports.push(from);
        server.send(accepted(String(data)), host, from);
      };
      closers.push(() => server.close());
      return server;
    };
    const server = await serve(0);
    const { port } = server.localAddress;
    const wheel = new TimerWheel();
    const agents = await agentsOf('worker', [endpointAt(protocol, port)], null, wheel);
    const userAgent = await agents.agentFor(endpointAt(protocol, port));
    if (!(userAgent instanceof UserAgent)) throw new TypeError('expected one user agent for all');
    const users = await registeredUsers({ port, wheel, userAgent, openLine: null }, ['u1', 'u2', 'u3']);
    expect(requests).toHaveLength(3);
    await server.close();
    await until(() => users.figures().bound === 0);
    wheel.advance(6_000); // nobody is there
    await until(() => users.figures().ineffective === 3);
    await serve(port);
    wheel.advance(8_000);
    await until(() => users.figures().bound === 3);
    expect(requests.slice(3).map(numberOf)).toEqual(['2', '2', '2']);
    expect(users.figures()).toMatchObject({ bindingsLost: 3, ineffective: 3, attempts: 9, refused: 0 });
    if (protocol !== 'TLS') return;
    // Nobody can connect to us: the Contact names our end of the connection.
    const [before, after] = [ports[0] ?? 0, ports[3] ?? 0];
    expect(after).not.toBe(before);
    for (const request of requests.slice(3)) {
      expect(request).toMatch(new RegExp(`\r\nContact: <sip:u\\d@${HOST}:${after};transport=tls>;expires=3600\r\n`));
      expect(request).toMatch(new RegExp(`\r\nContact: <sip:u\\d@${HOST}:${before};transport=tls>;expires=0\r\n`));
    }
  });
});
