/** RFC 3261 §17 and RFC 6026 on a fake clock: each timer fires at its exact time, state by state. */
import { describe, expect, it } from 'vitest';
import { Client } from '../../src/sip/transaction/client.js';
import { InviteClient } from '../../src/sip/transaction/invite-client.js';
import { InviteServer } from '../../src/sip/transaction/invite-server.js';
import { Server } from '../../src/sip/transaction/server.js';
import { FIELDS, FakeLayer, parse, requestLines, response } from '../unit/sip/samples.js';

const PEER = { host: '10.0.0.2', port: 5060 };

function inviteClient(isReliable = false): { layer: FakeLayer; events: string[]; transaction: InviteClient } {
  const layer = new FakeLayer(isReliable);
  const events: string[] = [];
  const note = (name: string) => (message?: { status: number }) =>
    void events.push(`${layer.timers.nowMs} ${name}${message === undefined ? '' : ` ${message.status}`}`);
  const user = {
    onProvisional: note('provisional'),
    onSuccess: note('success'),
    onFailure: note('failure'),
    onTimeout: () => note('timeout')(),
    onTransportError: () => note('transport')(),
  };
  const transaction = new InviteClient(layer, FIELDS, PEER, user);
  transaction.start();
  return { layer, events, transaction };
}

describe('INVITE client', () => {
  it('A doubles from T1 without cap, B ends it at 64·T1', () => {
    const { layer, events, transaction } = inviteClient();
    layer.timers.advance(31_990);
    expect(layer.sentAtMs).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(new Set(layer.sent.map((entry) => entry.data)).size).toBe(1);
    expect(transaction.state).toBe('calling');
    layer.timers.advance(60_000);
    expect(events).toEqual(['32000 timeout']);
    expect(layer.terminatedAtMs).toBe(32_000);
    expect(layer.sent).toHaveLength(7);
    expect(layer.retransmissions).toHaveLength(6);
    expect(layer.timers.size).toBe(0);
  });

  it('a provisional stops A and B for good', () => {
    const { layer, events, transaction } = inviteClient();
    layer.timers.advance(600);
    transaction.receive(response(100));
    transaction.receive(response(180));
    layer.timers.advance(500_000);
    expect(layer.sentAtMs).toEqual([0, 500]);
    expect(events).toEqual(['600 provisional 100', '600 provisional 180']);
    expect(transaction.state).toBe('proceeding');
  });

  it('ACKs every 300-699, tells the first only, and D ends it after 32 s', () => {
    const { layer, events, transaction } = inviteClient();
    layer.timers.advance(100);
    transaction.receive(response(486));
    expect(transaction.state).toBe('completed');
    layer.timers.advance(1_000);
    transaction.receive(response(486));
    transaction.receive(response(180));
    transaction.receive(response(200));
    expect(events).toEqual(['100 failure 486']);
    const acks = layer.sent.slice(1);
    expect(acks.map((entry) => entry.atMs)).toEqual([100, 1_000]);
    const [first = ''] = acks.map((entry) => entry.data);
    expect(
      first.startsWith(
        'ACK sip:bob@biloxi.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKone\r\n',
      ),
    ).toBe(true);
    expect(first).toContain('\r\nTo: <sip:bob@biloxi.example>;tag=b1\r\n');
    expect(first).toContain('\r\nCSeq: 1 ACK\r\n');
    layer.timers.advance(32_090);
    expect(layer.terminatedAtMs).toBeNull();
    layer.timers.advance(40_000);
    expect(layer.terminatedAtMs).toBe(32_100);
  });

  it('hands every 2xx to the user until M, and sends no ACK itself', () => {
    const { layer, events, transaction } = inviteClient();
    transaction.receive(response(180));
    transaction.receive(response(200));
    layer.timers.advance(5_000);
    transaction.receive(response(200));
    transaction.receive(response(486));
    expect(events).toEqual(['0 provisional 180', '0 success 200', '5000 success 200']);
    expect(layer.sent).toHaveLength(1);
    layer.timers.advance(31_990);
    expect(transaction.state).toBe('accepted');
    layer.timers.advance(32_000);
    expect(layer.terminatedAtMs).toBe(32_000);
  });

  it.each([
    ['calling', [], ['0 transport']],
    ['proceeding', [180], ['0 provisional 180', '0 transport']],
    ['accepted', [200], ['0 success 200']],
    ['completed', [404], ['0 failure 404']],
  ] as const)('a transport error in %s', (state, statuses, expectedEvents) => {
    const { events, transaction } = inviteClient();
    for (const status of statuses) transaction.receive(response(status));
    expect(transaction.state).toBe(state);
    transaction.failTransport({ cause: 'transport-error', detail: 'gone' });
    expect(events).toEqual(expectedEvents);
  });
});

function client(isReliable = false): { layer: FakeLayer; events: string[]; transaction: Client } {
  const layer = new FakeLayer(isReliable);
  const events: string[] = [];
  const transaction = new Client(layer, { ...FIELDS, method: 'BYE' }, PEER, {
    onFinal: (message) => void events.push(`${layer.timers.nowMs} final ${message.status}`),
    onTimeout: () => void events.push(`${layer.timers.nowMs} timeout`),
    onTransportError: () => void events.push(`${layer.timers.nowMs} transport`),
  });
  transaction.start();
  return { layer, events, transaction };
}

describe('non-INVITE client', () => {
  it('E doubles up to T2, F ends it at 64·T1', () => {
    const { layer, events } = client();
    layer.timers.advance(100_000);
    expect(layer.sentAtMs).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(events).toEqual(['32000 timeout']);
    expect(layer.terminatedAtMs).toBe(32_000);
  });

  it('E runs at T2 in Proceeding, F still counts from the start', () => {
    const { layer, events, transaction } = client();
    layer.timers.advance(100);
    transaction.receive(response(100, 'BYE'));
    layer.timers.advance(100_000);
    expect(layer.sentAtMs).toEqual([0, 500, 4_500, 8_500, 12_500, 16_500, 20_500, 24_500, 28_500]);
    expect(events).toEqual(['32000 timeout']);
  });

  it('a final response ends it with E and F: copies of it find nobody, as they would after K', () => {
    const { layer, events, transaction } = client();
    layer.timers.advance(700);
    transaction.receive(response(200, 'BYE'));
    expect(transaction.state).toBe('terminated');
    transaction.receive(response(200, 'BYE'));
    layer.timers.advance(50_000);
    expect(layer.terminatedAtMs).toBe(700);
    expect(layer.sentAtMs).toEqual([0, 500]);
    expect(events).toEqual(['700 final 200']);
  });
});

function inviteServer(isReliable = false): { layer: FakeLayer; events: string[]; transaction: InviteServer } {
  const layer = new FakeLayer(isReliable);
  const events: string[] = [];
  const transaction = new InviteServer(layer, parse(requestLines('INVITE')), PEER, {
    trying: () => '100',
    onTimeout: () => void events.push(`${layer.timers.nowMs} timeout`),
    onTransportError: () => void events.push(`${layer.timers.nowMs} transport`),
  });
  transaction.start();
  return { layer, events, transaction };
}

describe('INVITE server', () => {
  it('says 100 by itself after 200 ms of silence, and repeats the last provisional', () => {
    const { layer, transaction } = inviteServer();
    transaction.receiveRetransmission();
    layer.timers.advance(10_000);
    transaction.receiveRetransmission();
    transaction.respond(180, '180');
    transaction.receiveRetransmission();
    expect(layer.sent).toEqual([
      { atMs: 200, data: '100' },
      { atMs: 10_000, data: '100' },
      { atMs: 10_000, data: '180' },
      { atMs: 10_000, data: '180' },
    ]);
  });

  it('G doubles up to T2, H gives up at 64·T1', () => {
    const { layer, events, transaction } = inviteServer();
    transaction.respond(486, '486');
    layer.timers.advance(100_000);
    expect(layer.sentAtMs).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(events).toEqual(['32000 timeout']);
    expect(layer.terminatedAtMs).toBe(32_000);
  });

  it('the ACK ends G and H, I absorbs its copies for T4', () => {
    const { layer, events, transaction } = inviteServer();
    transaction.respond(486, '486');
    layer.timers.advance(600);
    transaction.receiveAck();
    expect(transaction.state).toBe('confirmed');
    transaction.receiveRetransmission();
    layer.timers.advance(1_000);
    transaction.receiveAck();
    layer.timers.advance(50_000);
    expect(layer.sentAtMs).toEqual([0, 500]);
    expect(layer.terminatedAtMs).toBe(5_600);
    expect(events).toEqual([]);
  });

  it('after a 2xx absorbs INVITEs until L, without repeating the 2xx', () => {
    const { layer, transaction } = inviteServer();
    transaction.respond(200, '200');
    layer.timers.advance(20_000);
    transaction.receiveRetransmission();
    transaction.respond(486, '486');
    expect(transaction.state).toBe('accepted');
    layer.timers.advance(50_000);
    expect(layer.sentAtMs).toEqual([0]);
    expect(layer.terminatedAtMs).toBe(32_000);
  });
});

describe('non-INVITE server', () => {
  it('ignores copies before an answer, repeats the answer after it, J ends it at 64·T1', () => {
    const layer = new FakeLayer();
    const transaction = new Server(layer, parse(requestLines('BYE')), PEER);
    transaction.receiveRetransmission();
    layer.timers.advance(1_000);
    transaction.respond(200, '200');
    layer.timers.advance(3_000);
    transaction.receiveRetransmission();
    transaction.respond(500, '500');
    layer.timers.advance(32_990);
    expect(transaction.state).toBe('completed');
    layer.timers.advance(90_000);
    expect(layer.sent).toEqual([
      { atMs: 1_000, data: '200' },
      { atMs: 3_000, data: '200' },
    ]);
    expect(layer.terminatedAtMs).toBe(33_000);
  });
});

describe('a reliable transport (§17: no A, E and G; D, I, J and K are 0)', () => {
  it('INVITE client: sent once, B ends it; its ACK ends it at once', () => {
    const silent = inviteClient(true);
    silent.layer.timers.advance(100_000);
    expect(silent.layer.sentAtMs).toEqual([0]);
    expect(silent.events).toEqual(['32000 timeout']);
    const refused = inviteClient(true);
    refused.layer.timers.advance(700);
    refused.transaction.receive(response(486));
    expect(refused.events).toEqual(['700 failure 486']);
    expect(refused.layer.sent).toHaveLength(2);
    expect(refused.layer.terminatedAtMs).toBe(700);
    expect(refused.layer.timers.size).toBe(0);
  });

  it('INVITE client: M still waits for the 2xx of other forks', () => {
    const { layer, events, transaction } = inviteClient(true);
    transaction.receive(response(200));
    transaction.receive(response(200));
    expect(events).toEqual(['0 success 200', '0 success 200']);
    layer.timers.advance(100_000);
    expect(layer.terminatedAtMs).toBe(32_000);
  });

  it('non-INVITE client: sent once, over with its final response', () => {
    const { layer, events, transaction } = client(true);
    layer.timers.advance(5_000);
    transaction.receive(response(200, 'BYE'));
    expect(layer.sentAtMs).toEqual([0]);
    expect(events).toEqual(['5000 final 200']);
    expect(transaction.state).toBe('terminated');
    const silent = client(true);
    silent.layer.timers.advance(100_000);
    expect(silent.layer.sentAtMs).toEqual([0]);
    expect(silent.events).toEqual(['32000 timeout']);
  });

  it('INVITE server: its refusal goes out once, H waits for the ACK, which ends it at once', () => {
    const { layer, events, transaction } = inviteServer(true);
    transaction.respond(486, '486');
    layer.timers.advance(20_000);
    expect(layer.sentAtMs).toEqual([0]);
    transaction.receiveAck();
    expect(transaction.state).toBe('terminated');
    const silent = inviteServer(true);
    silent.transaction.respond(486, '486');
    silent.layer.timers.advance(100_000);
    expect(silent.layer.sentAtMs).toEqual([0]);
    expect(silent.events).toEqual(['32000 timeout']);
    expect(events).toEqual([]);
  });

  it('non-INVITE server: over with its final response', () => {
    const layer = new FakeLayer(true);
    const transaction = new Server(layer, parse(requestLines('OPTIONS')), PEER);
    transaction.respond(200, '200');
    expect(layer.sent).toEqual([{ atMs: 0, data: '200' }]);
    expect(transaction.state).toBe('terminated');
    expect(layer.timers.size).toBe(0);
  });
});
