import { describe, expect, it } from 'vitest';
import { NO_HEADERS, serializeRequest } from '../../../../src/sip/message/builder.js';
import { createUri, serializeUri } from '../../../../src/sip/message/uri.js';
import { Dialog } from '../../../../src/sip/dialog/dialog.js';
import { bytes, parse, requestLines, response } from '../samples.js';
import { parseMessage } from '../../../../src/sip/message/parser.js';

const LOCAL = { address: '<sip:alice@10.0.0.1>;tag=a1', tag: 'a1', cseq: 1 };
const TARGET = createUri({ user: 'bob', host: 'biloxi.example' });
const IDS = { viaPrefix: 'SIP/2.0/UDP h;branch=', branch: 'z9hG4bKd' };
const routed = (routes: readonly string[], contact = '<sip:bob@10.0.0.7:5080>') =>
  response(200, 'INVITE', [`Contact: ${contact}`, ...routes.map((route) => `Record-Route: ${route}`)]);

describe('UAC', () => {
  it('reverses Record-Route and sends to the first loose router', () => {
    const dialog = Dialog.fromResponse(routed(['<sip:p1.example;lr>', '<sip:p2.example:5090;lr>']), LOCAL, TARGET);
    const bye = parseMessage(bytes(serializeRequest(dialog.nextRequest('BYE', IDS, NO_HEADERS))));
    expect(bye.requestUri).toBe('sip:bob@10.0.0.7:5080');
    expect(bye.headers('Route')).toEqual(['<sip:p2.example:5090;lr>', '<sip:p1.example;lr>']);
    expect(dialog.route).toMatchObject({ host: 'p2.example', port: 5_090 });
    expect([bye.cseq.number, bye.from.tag, bye.to.tag]).toEqual([2, 'a1', 'b1']);
  });

  it('puts a strict router into the Request-URI and the target last (§12.2.1.1)', () => {
    const { route } = Dialog.fromResponse(routed(['<sip:p1.example;lr>', '<sip:strict.example>']), LOCAL, TARGET);
    expect(route.requestUri).toBe('sip:strict.example');
    expect(route.routes).toBe('Route: <sip:p1.example;lr>\r\nRoute: <sip:bob@10.0.0.7:5080>\r\n');
    expect(route.host).toBe('strict.example');
  });

  it('without Contact stays with the target; the ACK has the INVITE number and does not count', () => {
    const dialog = Dialog.fromResponse(response(200), LOCAL, TARGET);
    expect(dialog.route).toEqual({
      requestUri: 'sip:bob@biloxi.example',
      routes: '',
      host: 'biloxi.example',
      port: 5_060,
    });
    expect(dialog.ack(1, IDS, NO_HEADERS)).toMatchObject({ method: 'ACK', cseq: 1 });
    expect(dialog.localCseq).toBe(1);
  });

  it('an early dialog takes route set and target of its 2xx', () => {
    const early = Dialog.fromResponse(
      response(180, 'INVITE', ['Contact: <sip:early@h>', 'Record-Route: <sip:old;lr>']),
      LOCAL,
      TARGET,
    );
    expect(early.state).toBe('early');
    early.confirmBy(routed(['<sip:new;lr>']));
    expect([early.state, serializeUri(early.remoteTarget), early.routeSet]).toEqual([
      'confirmed',
      'sip:bob@10.0.0.7:5080',
      ['<sip:new;lr>'],
    ]);
  });

  it.each(['<sip:ok;lr>, <tel:1>', '<sip:unclosed', '<sip:h:99999;lr>'])('refuses Record-Route %s', (route) => {
    expect(() => Dialog.fromResponse(routed([route]), LOCAL, TARGET)).toThrow(/^expected /);
  });
});

describe('UAS', () => {
  const invite = parse(
    requestLines('INVITE', ['Contact: <sip:carol@10.0.0.9:5070>', 'Record-Route: <sip:p1;lr>, <sip:p2;lr>']),
  );
  const open = () => Dialog.fromRequest(invite, { address: '<sip:bob@biloxi.example>;tag=b', tag: 'b', cseq: 0 });

  it('keeps Record-Route in order and sends to the first', () => {
    const dialog = open();
    expect(dialog.routeSet).toEqual(['<sip:p1;lr>', '<sip:p2;lr>']);
    expect(dialog.route).toMatchObject({ requestUri: 'sip:carol@10.0.0.9:5070', host: 'p1' });
    dialog.confirm();
    expect(dialog.state).toBe('confirmed');
  });

  it('takes CSeqs that rise and refuses those that fall', () => {
    const dialog = open();
    expect([6, 8, 7, 8, 20].map((cseq) => dialog.acceptRemoteCseq(cseq))).toEqual([false, true, false, true, true]);
  });

  it('follows a new Contact, and knows its peer', () => {
    const dialog = open();
    expect(dialog.route.requestUri).toBe('sip:carol@10.0.0.9:5070');
    dialog.refreshTarget(parse(requestLines('INVITE', ['Contact: <sip:moved@10.0.0.10>'])));
    expect(dialog.route.requestUri).toBe('sip:moved@10.0.0.10');
    expect([dialog.matches('call-9', 'c1'), dialog.matches('call-9', 'x'), dialog.matches('other', 'c1')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
