/**
 * Credentials are for the endpoint alone: a 3xx may lead the call to a host of somebody else, and the realm that this one names
 * is its word only (RFC 3261 §22.1: a realm is what tells which credentials are meant).
 */
import { describe, expect, it } from 'vitest';
import type { SipMessage } from '../../../../src/sip/message/message.js';
import { headerBlock } from '../../../../src/sip/message/builder.js';
import { createUri } from '../../../../src/sip/message/uri.js';
import type { CallFailure } from '../../../../src/sip/ua/call-events.js';
import type { InviteRequest } from '../../../../src/sip/ua/outgoing-call.js';
import type { RegistrationListener } from '../../../../src/sip/ua/registration.js';
import { Network, Recorder, SDP, agentOn } from './network.js';
import { OK, type Say, ScriptedCallee, expectedResponse, parametersOf } from './scripted-callee.js';

const HOME = '10.0.0.9';
const ELSEWHERE = '10.0.0.8';

const asks = (realm: string): Say => ({
  status: 401,
  reason: 'Unauthorized',
  headers: [`WWW-Authenticate: Digest realm="${realm}", nonce="n-${realm}", qop="auth"`],
});
const movedTo = (uri: string): Say => ({ status: 302, headers: [`Contact: <${uri}>`] });
const answered = (request: SipMessage): boolean => request.header('Authorization') !== null;
const WITHHELD = (realm: string): string =>
  `redirected to a host whose realm "${realm}" is not the endpoint's: credentials withheld; 401 Unauthorized`;

type Answer = (request: SipMessage, count: number) => Say | null;

const asksAsHome: Answer = (request) => (answered(request) ? OK : asks('pbx'));

/** Each test has credentials of its own, as each user of an endpoint has. */
function bench(home: Answer, elsewhere: Answer) {
  const network = new Network();
  const { agent } = agentOn(network, '10.0.0.1', 1);
  const own = new ScriptedCallee(network, HOME, home);
  const other = new ScriptedCallee(network, ELSEWHERE, elsewhere);
  const credentials = { user: 'alice', password: 'secret' };
  const failures: Pick<CallFailure, 'status' | 'cause' | 'detail'>[] = [];
  const call = (request: Partial<InviteRequest> = {}) => {
    const caller = new Recorder();
    caller.onFailed = ({ status, cause, detail }) => void failures.push({ status, cause, detail });
    const target = createUri({ user: 'bob', host: HOME });
    const placed = agent.invite({ target, sdp: SDP, credentials, followRedirects: 2, ...request }, caller);
    network.wheel.advance(network.wheel.nowMs + 1000);
    return { caller, placed };
  };
  return { network, agent, own, other, credentials, failures, call };
}

const NO_LISTENER: RegistrationListener = { onAttempt: () => {}, onSuccess: () => {}, onFailure: () => {} };

describe('a call that was redirected to another host', () => {
  it('does not answer its challenge, and the failure says why', () => {
    const { other, failures, call } = bench(
      () => movedTo(`sip:carol@${ELSEWHERE}`),
      () => asks('trap'),
    );
    call();
    expect(other.of('INVITE')).toHaveLength(1);
    expect(failures).toEqual([{ status: 401, cause: 'credentials-withheld', detail: WITHHELD('trap') }]);
  });

  it('takes along no answer that the endpoint got', () => {
    const { own, other, call } = bench(
      (request) => (answered(request) ? movedTo(`sip:carol@${ELSEWHERE}`) : asks('pbx')),
      () => OK,
    );
    expect(call().caller.events).toEqual(['answered 200']);
    expect(own.of('INVITE').map(answered)).toEqual([false, true]);
    expect(other.of('INVITE').map(answered)).toEqual([false]);
    expect(other.of('ACK').map(answered)).toEqual([false]);
  });

  it('answers for the realm that the endpoint itself asked for in this call, and for no other beside it', () => {
    const both = { ...asks('pbx'), headers: [...asks('trap').headers!, ...asks('pbx').headers!] };
    const { other, call } = bench(
      (request) => (answered(request) ? movedTo(`sip:carol@${ELSEWHERE}`) : asks('pbx')),
      (request) => (answered(request) ? OK : both),
    );
    expect(call().caller.events).toEqual(['answered 200']);
    const [, second] = other.of('INVITE');
    const lines = second!.headers('Authorization');
    const given = parametersOf(lines[0]!);
    expect(lines).toHaveLength(1);
    expect(given).toMatchObject({ realm: 'pbx', nonce: 'n-pbx', uri: `sip:carol@${ELSEWHERE}`, nc: '00000001' });
    expect(given['response']).toBe(expectedResponse('INVITE', given, 'secret'));
  });

  it('answers for the realm that the endpoint asked for in a call before, or when the user registered', () => {
    let isMoved = false;
    const home: Answer = (request) => {
      if (isMoved) return movedTo(`sip:carol@${ELSEWHERE}`);
      return answered(request) ? (request.method === 'INVITE' ? OK : { status: 200 }) : asks('pbx');
    };

    const calls = bench(home, asksAsHome);
    calls.call();
    isMoved = true;
    expect(calls.call().caller.events).toEqual(['answered 200']);

    isMoved = false;
    const users = bench(home, asksAsHome);
    const { agent, network, credentials } = users;
    const registrar = createUri({ user: '', host: HOME });
    agent.register({ registrar, user: 'alice', credentials, expiresSeconds: 60 }, NO_LISTENER);
    network.wheel.advance(network.wheel.nowMs + 1000);
    isMoved = true;
    expect(users.call().caller.events).toEqual(['answered 200']);
  });

  it('knows nothing of what the endpoint asked another user', () => {
    let isMoved = false;
    const { failures, call } = bench(
      (request) => (isMoved ? movedTo(`sip:carol@${ELSEWHERE}`) : answered(request) ? OK : asks('pbx')),
      () => asks('pbx'),
    );
    call();
    isMoved = true;
    call({ credentials: { user: 'eve', password: 'other' } });
    expect(failures).toEqual([{ status: 401, cause: 'credentials-withheld', detail: WITHHELD('pbx') }]);
  });

  it('gives none in its BYE either', () => {
    const { other, network, call } = bench(
      (request) => (answered(request) ? movedTo(`sip:carol@${ELSEWHERE}`) : asks('pbx')),
      ({ method }) => (method === 'INVITE' ? OK : asks('trap')),
    );
    call().placed.bye();
    network.wheel.advance(network.wheel.nowMs + 1000);
    expect(other.of('BYE').map(answered)).toEqual([false]);
  });

  it('says what is wrong with credentials that the host refuses for a realm of the endpoint', () => {
    const { failures, call } = bench(
      (request) => (answered(request) ? movedTo(`sip:carol@${ELSEWHERE}`) : asks('pbx')),
      () => asks('pbx'),
    );
    call();
    expect(failures).toEqual([
      {
        status: 401,
        cause: 'response',
        detail: 'credentials refused by realm "pbx": check user and password; 401 Unauthorized',
      },
    ]);
  });

  it('has its credentials again where it is redirected back', () => {
    const { own, call } = bench(
      (request, count) => (count === 1 ? movedTo(`sip:carol@${ELSEWHERE}`) : answered(request) ? OK : asks('pbx')),
      () => movedTo(`sip:dave@${HOME}`),
    );
    expect(call().caller.events).toEqual(['answered 200']);
    expect(own.of('INVITE').map(answered)).toEqual([false, false, true]);
  });

  it('is elsewhere by its Request-URI also where a proxy of ours carries it there', () => {
    const routes = headerBlock([['Route', `<sip:${HOME};lr>`]]);
    const { own, failures, call } = bench(
      (_, count) => (count === 1 ? movedTo(`sip:carol@${ELSEWHERE}`) : asks('trap')),
      () => null,
    );
    call({ routes, nextHop: { host: HOME, port: 5060 } });
    expect(own.of('INVITE').map(({ requestUri }) => requestUri)).toEqual([`sip:bob@${HOME}`, `sip:carol@${ELSEWHERE}`]);
    expect(failures).toEqual([{ status: 401, cause: 'credentials-withheld', detail: WITHHELD('trap') }]);
  });
});

describe('a call that was redirected within the endpoint', () => {
  it.each([
    ['its host, at another port', `sip:carol@${HOME}:5060`, {}],
    ['its name', 'sip:carol@PBX.example', { target: createUri({ user: 'bob', host: 'pbx.example' }) }],
    [
      'another of its servers',
      `sip:carol@${ELSEWHERE}`,
      { nextHop: { host: HOME, port: 5060 }, otherHops: [{ host: ELSEWHERE, port: 5060 }] },
    ],
  ])('to %s answers the challenge', (_, uri, request) => {
    const answer: Answer = (invite) => {
      if (invite.requestUri.includes('bob')) return movedTo(uri);
      return answered(invite) ? OK : asks('pbx');
    };
    const nextHop = { host: HOME, port: 5060 };
    expect(bench(answer, answer).call({ nextHop, ...request }).caller.events).toEqual(['answered 200']);
  });
});
