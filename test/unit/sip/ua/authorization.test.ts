/** 401 and 407 to what we send (RFC 3261 §22), against a callee that checks our answers. */
import { describe, expect, it } from 'vitest';
import type { SipMessage } from '../../../../src/sip/message/message.js';
import { createUri } from '../../../../src/sip/message/uri.js';
import type { CallFailure, OutgoingCall } from '../../../../src/sip/ua/call-events.js';
import { Network, Recorder, SDP, agentOn } from './network.js';
import { OK, ScriptedCallee, type Say, expectedResponse, parametersOf } from './scripted-callee.js';

const CREDENTIALS = { user: 'alice', password: 'se:cret' };
const TARGET = createUri({ user: 'x', host: '10.0.0.9' });

const www = (nonce: string, rest = ''): Say => ({
  status: 401,
  reason: 'Unauthorized',
  headers: [`WWW-Authenticate: Digest realm="pbx", nonce="${nonce}", qop="auth", opaque="o\\"p"${rest}`],
});
const proxy = (nonce: string, rest = ''): Say => ({
  status: 407,
  reason: 'Proxy Authentication Required',
  headers: [`Proxy-Authenticate: Digest realm="edge", nonce="${nonce}", qop="auth", algorithm=MD5${rest}`],
});

interface Setup {
  readonly network: Network;
  readonly callee: ScriptedCallee;
  readonly recorder: Recorder;
  readonly failures: CallFailure[];
  readonly call: OutgoingCall;
  readonly agent: ReturnType<typeof agentOn>['agent'];
}

function callTo(
  answer: (request: SipMessage, count: number) => Say | null,
  credentials: typeof CREDENTIALS | null = CREDENTIALS,
): Setup {
  const network = new Network();
  const { agent } = agentOn(network, '10.0.0.1', 1);
  const callee = new ScriptedCallee(network, '10.0.0.9', answer);
  const recorder = new Recorder();
  const failures: CallFailure[] = [];
  recorder.onFailed = (failure) => void failures.push(failure);
  const call = agent.invite({ target: TARGET, sdp: SDP, credentials }, recorder);
  network.wheel.advance(1000);
  return { network, callee, recorder, failures, call, agent };
}

/** Our answer in a request, after a check of its response. */
function answerIn(request: SipMessage, header: 'Authorization' | 'Proxy-Authorization'): Record<string, string> {
  const value = request.header(header);
  if (value === null) throw new Error(`expected ${header} in ${request.method}`);
  const given = parametersOf(value);
  expect(given['response']).toBe(expectedResponse(request.method, given, CREDENTIALS.password, request.body));
  return given;
}

const has = (request: SipMessage, header: string): boolean => request.header(header) !== null;

describe('a challenged INVITE', () => {
  it('is acknowledged and goes again: same call, next CSeq, new branch, the answer in it', () => {
    const { callee, recorder, agent } = callTo((request) => (has(request, 'Authorization') ? OK : www('n1')));
    const [first, second] = callee.of('INVITE');
    expect(callee.requests.map(({ method, cseq }) => `${method} ${cseq.number}`)).toEqual([
      'INVITE 1',
      'ACK 1',
      'INVITE 2',
      'ACK 2',
    ]);
    expect(second!.callId).toBe(first!.callId);
    expect(second!.fromText).toBe(first!.fromText);
    expect(second!.toText).toBe(first!.toText);
    expect(second!.topVia.branch).not.toBe(first!.topVia.branch);
    expect(second!.body).toBe(SDP);
    expect(answerIn(second!, 'Authorization')).toMatchObject({
      username: 'alice',
      realm: 'pbx',
      nonce: 'n1',
      uri: 'sip:x@10.0.0.9',
      qop: 'auth',
      nc: '00000001',
      opaque: String.raw`o\"p`,
    });
    expect(parametersOf(second!.header('Authorization')!)).not.toHaveProperty('algorithm');
    // §22.1: the ACK to the 2xx has the credentials of its INVITE.
    expect(callee.of('ACK')[1]!.header('Authorization')).toBe(second!.header('Authorization'));
    expect(recorder.events).toEqual(['answered 200']);
    expect(agent.counters.requestsSent.get('INVITE')).toBe(2);
    expect(Object.fromEntries(agent.counters.responsesReceived.get('INVITE')!)).toEqual({ 200: 1, 401: 1 });
  });

  it('by one that wants bodies protected has its SDP in the answer, and its BYE none', () => {
    const asks: Say = { ...www('n1'), headers: ['WWW-Authenticate: Digest realm="pbx", nonce="n1", qop="auth-int"'] };
    const { callee, call, network, recorder } = callTo((request) => (has(request, 'Authorization') ? OK : asks));
    call.bye();
    network.wheel.advance(2000);
    expect(answerIn(callee.of('INVITE')[1]!, 'Authorization')).toMatchObject({ qop: 'auth-int', nc: '00000001' });
    expect(answerIn(callee.of('BYE')[0]!, 'Authorization')).toMatchObject({ qop: 'auth-int', nc: '00000002' });
    expect(recorder.events).toEqual(['answered 200', 'ended local bye 200']);
  });

  it('by a proxy and then by the callee has both answers, each nonce counted', () => {
    const { callee, recorder } = callTo((request) => {
      if (!has(request, 'Proxy-Authorization')) return proxy('p1');
      return has(request, 'Authorization') ? OK : www('n1');
    });
    const [, second, third] = callee.of('INVITE');
    expect(answerIn(second!, 'Proxy-Authorization')).toMatchObject({ realm: 'edge', nc: '00000001', algorithm: 'MD5' });
    expect(has(second!, 'Authorization')).toBe(false);
    expect(answerIn(third!, 'Proxy-Authorization')).toMatchObject({ nonce: 'p1', nc: '00000002' });
    expect(answerIn(third!, 'Authorization')).toMatchObject({ nonce: 'n1', nc: '00000001' });
    expect(third!.cseq.number).toBe(3);
    expect(recorder.events).toEqual(['answered 200']);
  });

  it('by both in one response is answered to both at once', () => {
    const both = { ...www('n1'), headers: [...www('n1').headers!, ...proxy('p1').headers!] };
    const { callee, recorder } = callTo((request) => (has(request, 'Authorization') ? OK : both));
    const second = callee.of('INVITE')[1]!;
    answerIn(second, 'Authorization');
    answerIn(second, 'Proxy-Authorization');
    expect(recorder.events).toEqual(['answered 200']);
  });

  it('takes a new nonce where the old one was stale, and a proxy that has a new one each time', () => {
    const { callee, recorder } = callTo((_, count) => {
      if (count === 1) return proxy('p1');
      if (count === 2) return proxy('p2', ', stale=TRUE');
      return count === 3 ? www('n1') : count === 4 ? proxy('p3') : OK;
    });
    const nonces = callee.of('INVITE').map((request) => {
      const value = request.header('Proxy-Authorization');
      return value === null ? null : parametersOf(value)['nonce'];
    });
    expect(nonces).toEqual([null, 'p1', 'p2', 'p2', 'p3']);
    expect(answerIn(callee.of('INVITE')[4]!, 'Authorization')).toMatchObject({ nonce: 'n1', nc: '00000002' });
    expect(recorder.events).toEqual(['answered 200']);
  });

  it('has another cnonce for each nonce, never a random one', () => {
    const { callee } = callTo((_, count) => (count < 3 ? www(`n${count}`, ', stale=true') : OK));
    const cnonces = callee
      .of('INVITE')
      .slice(1)
      .map((request) => answerIn(request, 'Authorization')['cnonce']);
    expect(new Set(cnonces).size).toBe(2);
    expect(cnonces[0]).toMatch(/^run-1-/);
  });
});

const realms = (count: number): string[] =>
  Array.from({ length: 40 }, (_, index) => `WWW-Authenticate: Digest realm="${count}-${index}", nonce="n"`);

describe('a challenge that leads nowhere', () => {
  it('with the credentials refused: one more INVITE, and then the call has failed', () => {
    const { callee, failures } = callTo((_, count) => www(`n${count}`));
    expect(callee.of('INVITE')).toHaveLength(2);
    expect(callee.of('ACK')).toHaveLength(2);
    expect(failures).toMatchObject([
      {
        status: 401,
        cause: 'response',
        detail: 'credentials refused by realm "pbx": check user and password; 401 Unauthorized',
      },
    ]);
    expect(JSON.stringify(failures)).not.toContain(CREDENTIALS.password);
  });

  it('without credentials fails at once and names the flags', () => {
    for (const [say, status] of [
      [www('n'), 401],
      [proxy('n'), 407],
    ] as const) {
      const { callee, failures } = callTo(() => say, null);
      expect(callee.of('INVITE')).toHaveLength(1);
      expect(failures).toMatchObject([{ status, cause: 'response' }]);
      expect(failures[0]!.detail).toContain('give --user and --password');
    }
  });

  it.each([
    ['no header', []],
    ['another scheme', ['WWW-Authenticate: Basic realm="pbx"']],
    ['an unknown algorithm', ['WWW-Authenticate: Digest realm="r", nonce="n", algorithm=X']],
    ['something that cannot be read', ['WWW-Authenticate: Digest realm="r', 'Proxy-Authenticate: =']],
  ])('that has %s fails at once', (_, headers) => {
    const { callee, failures } = callTo(() => ({ status: 401, headers }));
    expect(callee.of('INVITE')).toHaveLength(1);
    expect(failures[0]).toMatchObject({ status: 401, cause: 'response' });
    expect(failures[0]!.detail).toContain('Digest, qop=auth');
  });

  it('and always calls the nonce stale ends after four answers', () => {
    const { callee, failures } = callTo((_, count) => www(`n${count}`, ', stale=true'));
    expect(callee.of('INVITE')).toHaveLength(5);
    expect(failures[0]!.detail).toContain('more than 4 times');
  });

  it('and names a new realm each time ends after four answers', () => {
    const { callee } = callTo((_, count) => ({ status: 401, headers: realms(count) }));
    expect(callee.of('INVITE')).toHaveLength(5);
    // Four realms at most are answered, so the requests do not grow.
    expect(callee.of('INVITE').at(-1)!.headers('Authorization')).toHaveLength(4);
  });

  it('while we cancel is the end of the call, and no INVITE follows', () => {
    const { network, callee, failures, call } = callTo(() => null);
    call.cancel();
    callee.later(10, www('n1'));
    network.wheel.advance(40_000);
    expect(callee.of('INVITE').every(({ cseq }) => cseq.number === 1)).toBe(true);
    expect(failures).toMatchObject([{ status: 401, cause: 'cancelled' }]);
  });

  it('after a challenge a CANCEL is for the second INVITE', () => {
    const { network, callee, failures, call } = callTo((request, count) => {
      if (request.method === 'CANCEL') return { status: 200 };
      return count === 1 ? www('n1') : { status: 180 };
    });
    call.cancel();
    network.wheel.advance(1020);
    expect(callee.of('CANCEL')[0]!.cseq.number).toBe(2);
    expect(callee.of('CANCEL')[0]!.topVia.branch).toBe(callee.of('INVITE')[1]!.topVia.branch);
    callee.later(10, { status: 487 });
    network.wheel.advance(40_000);
    expect(failures).toMatchObject([{ status: 487, cause: 'cancelled' }]);
  });
});

describe('the BYE of a call', () => {
  it('has the answer of its call, with the nonce counted on', () => {
    const { network, callee, recorder, call } = callTo((request) => (has(request, 'Authorization') ? OK : www('n1')));
    call.bye();
    network.wheel.advance(2000);
    const [bye] = callee.of('BYE');
    expect(answerIn(bye!, 'Authorization')).toMatchObject({ nonce: 'n1', nc: '00000002', uri: 'sip:x@10.0.0.9' });
    expect(bye!.cseq.number).toBe(3);
    expect(recorder.events).toEqual(['answered 200', 'ended local bye 200']);
  });

  it.each([
    ['for the first time', OK],
    ['again, its nonce too old', www('n1')],
  ])('that is challenged %s is sent again', (_, first) => {
    const { network, callee, recorder, call } = callTo((request, count) => {
      if (request.method === 'INVITE') return count === 1 && first.status === 401 ? first : OK;
      return count === 1 ? www('n2') : { status: 200 };
    });
    call.bye();
    network.wheel.advance(2000);
    const [one, two] = callee.of('BYE');
    expect(two!.cseq.number).toBe(one!.cseq.number + 1);
    expect(answerIn(two!, 'Authorization')).toMatchObject({ nonce: 'n2', nc: '00000001' });
    expect(recorder.events).toEqual(['answered 200', 'ended local bye 200']);
  });

  it('with credentials refused has not torn the call down', () => {
    const { network, callee, recorder, call } = callTo((request, count) =>
      request.method === 'INVITE' ? OK : www(`n${count}`),
    );
    const details: (string | null)[] = [];
    recorder.onEnded = ({ cause, status, detail }) => void details.push(`${cause} ${status}`, detail);
    call.bye();
    network.wheel.advance(2000);
    expect(callee.of('BYE')).toHaveLength(2);
    expect(details).toEqual([
      'bye-refused 401',
      'credentials refused by realm "pbx": check user and password; 401 Unauthorized',
    ]);
  });
});
