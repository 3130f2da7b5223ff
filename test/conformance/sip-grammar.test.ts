/** Every message that we write, read by the grammar of sip.js, which shares no line with ours. */
import { Core } from 'sip.js';
import { describe, expect, it } from 'vitest';
import { headerBlock } from '../../src/sip/message/builder.js';
import { createUri, parseUri } from '../../src/sip/message/uri.js';
import { OK, ScriptedCallee, type Say } from '../unit/sip/ua/scripted-callee.js';
import { agentOn, autoAnswer, Network, Recorder, SDP } from '../unit/sip/ua/network.js';

/** A network, and what every node on it wrote. */
function recorded(): { network: Network; written: string[] } {
  const network = new Network();
  const written: string[] = [];
  network.lose = (data) => {
    written.push(data);
    return false;
  };
  return { network, written };
}

/** What sip.js has to say against it; [] when nothing. */
function complaintsAbout(text: string): string[] {
  const complaints: string[] = [];
  const note = (complaint: unknown): void => void complaints.push(String(complaint));
  const logger = { error: note, warn: note, log: () => {}, debug: () => {} } as unknown as Core.Logger;
  // What it is given over a socket was decoded as UTF-8.
  const message = Core.Parser.parseMessage(Buffer.from(text, 'latin1').toString('utf8'), logger);
  if (message === undefined) complaints.push('no message');
  for (const name of ['Contact', 'Record-Route', 'Route'])
    for (let index = 0; index < (message?.getHeaders(name).length ?? 0); index++)
      if (message?.parseHeader(name, index) === undefined)
        complaints.push(`${name}: ${message?.getHeaders(name)[index]}`);
  return complaints;
}

/** All complaints about these messages, and of the methods (`SIP/2.0`: responses) those that were not among them. */
function review(written: readonly string[], methods: readonly string[]): { complaints: string[]; missing: string[] } {
  const firstWords = new Set(written.map((text) => text.split(' ')[0]));
  return {
    complaints: written.flatMap((text) => complaintsAbout(text).map((complaint) => `${complaint} in ${text}`)),
    missing: methods.filter((method) => !firstWords.has(method)),
  };
}

const CLEAN = { complaints: [], missing: [] };

describe('the grammar of sip.js reads', () => {
  it('a call that is rung, answered and hung up, and what OPTIONS says of us', () => {
    const { network, written } = recorded();
    const caller = agentOn(network, '10.0.0.1', 1).agent;
    const callee = agentOn(network, '10.0.0.2', 2).agent;
    autoAnswer(callee, new Recorder());
    const target = createUri({ user: 'bob smith', host: '10.0.0.2' });
    const request = {
      target,
      sdp: SDP,
      displayName: 'cg-"1" \\ x',
      fromUser: '+49 30 (1)',
      headers: headerBlock([['X-A', 'b, c']]),
    };
    const call = caller.invite(request, new Recorder());
    network.wheel.advance(100);
    caller.options(target, () => {});
    network.wheel.advance(200);
    call.bye();
    network.wheel.advance(300);
    expect(review(written, ['INVITE', 'ACK', 'BYE', 'OPTIONS', 'SIP/2.0'])).toEqual(CLEAN);
  });

  it('what a call may do: reliable ringing, offers anew, a session timer, INFO, REFER, a redirection', () => {
    const { network, written } = recorded();
    const sessionTimer = { expiresS: 90, refresher: 'uac', minSeS: 90 } as const;
    const caller = agentOn(network, '10.0.0.1', 1, { sessionTimer, reliableProvisional: 'required' }).agent;
    const callee = agentOn(network, '10.0.0.2', 2).agent;
    const recorder = new Recorder();
    recorder.reanswer = SDP;
    callee.onInvite = (call) => {
      call.listener = recorder;
      if (call.request.requestUri.startsWith('sip:old')) {
        call.reject(302, headerBlock([['Contact', '<sip:new@10.0.0.2>;q=0.5']]));
        return;
      }
      call.ring(183, SDP);
      call.answer('');
    };
    const target = createUri({ user: 'old', host: '10.0.0.2' });
    const headers = headerBlock([
      ['P-Asserted-Identity', '<sip:+4930123456@example.com>'],
      ['Privacy', 'id;critical'],
    ]);
    const call = caller.invite(
      { target, sdp: SDP, followRedirects: 1, fromHost: 'example.com', headers },
      Object.assign(new Recorder(), { ownOffer: SDP }),
    );
    network.wheel.advance(500);
    call.offer({ method: 'INVITE', sdp: () => SDP }, () => {});
    network.wheel.advance(1000);
    call.offer({ method: 'UPDATE', sdp: () => SDP }, () => {});
    call.send({ method: 'INFO', contentType: 'application/dtmf-relay', body: 'Signal=5' }, () => {});
    call.send({ method: 'REFER', headers: headerBlock([['Refer-To', '<sip:carol@10.0.0.3>']]) }, () => {});
    network.wheel.advance(60_000); // past a refresh
    call.bye();
    network.wheel.advance(61_000);
    const said = ['INVITE', 'ACK', 'PRACK', 'UPDATE', 'INFO', 'REFER', 'BYE', 'SIP/2.0'];
    expect(review(written, said)).toEqual(CLEAN);
    expect(written.filter((text) => text.startsWith('UPDATE'))).toHaveLength(2);
  });

  it('a call that is cancelled, one that is refused, and one to an IPv6 address', () => {
    const { network, written } = recorded();
    const caller = agentOn(network, '2001:db8::1', 1).agent;
    agentOn(network, '2001:db8::2', 2).agent.onInvite = (call) => call.ring();
    agentOn(network, '2001:db8::3', 3).agent.onInvite = (call) => call.reject(486);
    const cancelled = caller.invite({ target: parseUri('sip:x@[2001:db8::2]'), sdp: SDP }, new Recorder());
    caller.invite({ target: parseUri('sip:x@[2001:db8::3]'), sdp: SDP }, new Recorder());
    network.wheel.advance(100);
    cancelled.cancel();
    network.wheel.advance(300);
    expect(review(written, ['INVITE', 'CANCEL', 'ACK', 'SIP/2.0'])).toEqual(CLEAN);
  });

  it('answers to challenges, with what a realm may hold', () => {
    const { network, written } = recorded();
    const { agent } = agentOn(network, '10.0.0.1', 1);
    const asks: Say = {
      status: 401,
      headers: [
        String.raw`WWW-Authenticate: Digest realm="a \"b\" c", nonce="n\\1", opaque="", qop="auth", algorithm=SHA-256`,
      ],
    };
    const callee = new ScriptedCallee(network, '10.0.0.9', (message) =>
      message.header('Authorization') === null ? asks : OK,
    );
    const credentials = { user: 'al"ice', password: 'p' };
    const call = agent.invite({ target: parseUri('sip:x@10.0.0.9'), sdp: SDP, credentials }, new Recorder());
    network.wheel.advance(500);
    call.bye();
    network.wheel.advance(1000);
    expect(callee.of('BYE')).toHaveLength(1);
    const ours = written.filter((text) => text.includes('User-Agent: test'));
    expect(ours.some((text) => text.includes('\r\nAuthorization: Digest '))).toBe(true);
    expect(review(ours, ['INVITE', 'BYE'])).toEqual(CLEAN);
  });
});

it('its grammar complains of what is wrong, or the tests above say nothing', () => {
  const good =
    'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n';
  expect(complaintsAbout(good)).toEqual([]);
  for (const [part, wrong] of [
    ['From: <sip:a@b>', 'From: <sip:a@b'],
    ['CSeq: 1 OPTIONS', 'CSeq: OPTIONS'],
    ['OPTIONS sip:a@b', 'OPTIONS sip:a b@c'],
    ['SIP/2.0/UDP h;', 'SIP/2.0/UDP ;'],
  ] as const)
    expect(complaintsAbout(good.replace(part, wrong))).not.toEqual([]);
});
