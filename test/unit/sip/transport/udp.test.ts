import { afterEach, expect, it } from 'vitest';
import { createUri } from '../../../../src/sip/message/uri.js';
import { TimerWheel } from '../../../../src/sip/transaction/timer-wheel.js';
import { type UdpOptions, type UdpTransport, openUdp } from '../../../../src/sip/transport/udp.js';
import { createIdSource } from '../../../../src/sip/ua/id-source.js';
import { UserAgent } from '../../../../src/sip/ua/user-agent.js';
import { Recorder, SDP, autoAnswer } from '../ua/network.js';

const open: UdpTransport[] = [];

afterEach(async () => {
  for (const transport of open.splice(0)) await transport.close();
});

async function transportOn(address: string, options: Partial<UdpOptions> = {}): Promise<UdpTransport> {
  const transport = await openUdp({ address, port: 0, ...options });
  open.push(transport);
  return transport;
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

it.each(['127.0.0.1', '::1'])('a whole call over real UDP on %s', async (address) => {
  const startMs = Date.now();
  const agents: UserAgent[] = [];
  const timers = new TimerWheel();
  for (const worker of [1, 2]) {
    const transport = await transportOn(address);
    agents.push(
      new UserAgent({
        transport,
        timers,
        ids: createIdSource('t', worker),
        user: 'u',
        userAgent: 't',
        advertisedHost: address,
      }),
    );
  }
  const [alice, bob] = agents as [UserAgent, UserAgent];
  const caller = new Recorder();
  const callee = new Recorder();
  autoAnswer(bob, callee);
  const drive = setInterval(() => timers.advance(Date.now() - startMs), 5);
  const target = createUri({ user: 'bob', host: address, port: open[1]!.localAddress.port });
  const call = alice.invite({ target, sdp: SDP }, caller);
  caller.onAnsweredHook = () => call.bye();
  await until(() => caller.events.length === 3 && callee.events.length === 2);
  clearInterval(drive);
  expect(caller.events).toEqual(['provisional 180', 'answered 200', 'ended local bye 200']);
  expect(callee.events).toEqual(['ack', 'ended remote bye 200']);
  expect(open[0]!.counters).toMatchObject({ sent: 3, received: 3, sendErrors: 0 });
});

it('reports the socket buffers that were granted', async () => {
  const transport = await transportOn('127.0.0.1');
  expect(transport.buffers.requestedBytes).toBe(4 * 1_024 * 1_024);
  expect(transport.buffers.receiveBytes).toBeGreaterThan(0);
  expect(transport.buffers.sendBytes).toBeGreaterThan(0);
});

it('resolves a name once for all that waits on it, and sends bytes as they are', async () => {
  const sender = await transportOn('127.0.0.1');
  const receiver = await transportOn('127.0.0.1');
  const got: string[] = [];
  receiver.onMessage = (data) => void got.push(Buffer.from(data).toString('hex'));
  sender.send('\u00e9\u0000a', 'localhost', receiver.localAddress.port);
  sender.send('b', 'localhost', receiver.localAddress.port);
  await until(() => got.length === 2);
  expect(got).toEqual(['e90061', '62']);
});

it.each([
  ['127.0.0.1', 0],
  ['name.invalid', 5_060],
])('tells host and port of a send that fails: %s:%i', async (host, port) => {
  const sender = await transportOn('127.0.0.1');
  const errors: string[] = [];
  sender.onError = (failedHost, failedPort) => void errors.push(`${failedHost}:${failedPort}`);
  sender.send('x', host, port);
  expect(errors).toEqual([]);
  await until(() => errors.length > 0);
  expect(errors).toEqual([`${host}:${port}`]);
  expect(sender.counters.sendErrors).toBe(1);
});

it('remembers a bounded number of names and addresses, the oldest name goes first', async () => {
  const asked: string[] = [];
  const fakeLookup = (host: string, _: unknown, done: (error: null, address: string, family: number) => void): void => {
    asked.push(host);
    done(null, `127.0.0.${host.slice(1)}`, 4);
  };
  const lookup = fakeLookup as unknown as NonNullable<UdpOptions['lookup']>;
  const sender = await transportOn('127.0.0.1', { maxCachedHosts: 3, lookup });
  for (const host of ['n1', 'n2', 'n3', 'n4', 'n5', 'n5', 'n1']) sender.send('x', host, 9);
  for (let i = 1; i < 9; i++) sender.send('x', `127.0.0.${i}`, 9);
  expect(asked).toEqual(['n1', 'n2', 'n3', 'n4', 'n5', 'n1']);
  expect(sender.cacheSizes).toEqual({ literals: 3, names: 6, pending: 0 });
});

it('refuses names beyond those that may wait for the resolver', async () => {
  const lookup = ((): void => {}) as unknown as NonNullable<UdpOptions['lookup']>;
  const sender = await transportOn('127.0.0.1', { lookup });
  const errors: string[] = [];
  sender.onError = (host) => void errors.push(host);
  for (let i = 0; i < 1_002; i++) sender.send('x', `n${i}`, 9);
  await until(() => errors.length === 2);
  expect([sender.cacheSizes.pending, errors]).toEqual([1_000, ['n1000', 'n1001']]);
});
