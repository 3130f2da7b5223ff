/** The user agents of a thread on real sockets: who keeps what open, and where a call's connection is closed again. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseUri } from '../../../src/sip/message/uri.js';
import { Recorder, SDP } from '../sip/ua/network.js';
import { HOST, agentsOf, closeAll, closers, endpointAt, tcpServer, until } from './real-agents.js';

afterEach(closeAll);

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
