/** REGISTER and what follows it (RFC 3261 §10.2), against a registrar that says what a test wants. */
import { describe, expect, it } from 'vitest';
import type { SipMessage } from '../../../../src/sip/message/message.js';
import { headerBlock } from '../../../../src/sip/message/builder.js';
import { parseUri } from '../../../../src/sip/message/uri.js';
import type { TransportFailure } from '../../../../src/sip/transport/transport.js';
import type { RegistrationListener, Registration } from '../../../../src/sip/ua/registration.js';
import { FakeTransport, Network, agentOn } from './network.js';
import { ScriptedCallee, type Say, expectedResponse, parametersOf } from './scripted-callee.js';

const CREDENTIALS = { user: 'alice', password: 'se:cret' };
const granted = (seconds: number): Say => ({
  status: 200,
  headers: [`Contact: <sip:other@10.9.9.9>;expires=7`, `Contact: <sip:alice@10.0.0.1:5060>;expires=${seconds}`],
});
const CHALLENGE: Say = {
  status: 401,
  headers: ['WWW-Authenticate: Digest realm="pbx", nonce="n1", qop="auth"'],
};

interface Setup {
  readonly network: Network;
  readonly registrar: ScriptedCallee;
  readonly events: string[];
  readonly registration: Registration;
  readonly agent: ReturnType<typeof agentOn>['agent'];
}

/** Events with the second in which they came. */
function registered(answer: (request: SipMessage, count: number) => Say | null, expiresSeconds = 60): Setup {
  const network = new Network();
  const { agent } = agentOn(network, '10.0.0.1', 1);
  const registrar = new ScriptedCallee(network, '10.0.0.9', answer);
  const events: string[] = [];
  const note = (text: string): void => void events.push(`${Math.round(network.wheel.nowMs / 1000)} ${text}`);
  const listener: RegistrationListener = {
    onAttempt: (kind) => note(kind),
    onSuccess: (kind, seconds) => note(`${kind} ok ${seconds}`),
    onFailure: (kind, { status, cause, retryInMs }) => note(`${kind} ${status ?? cause} again ${retryInMs ?? 'never'}`),
  };
  const target = parseUri('sip:ignored@10.0.0.9');
  const registration = agent.register(
    { registrar: target, user: 'alice', credentials: CREDENTIALS, expiresSeconds },
    listener,
  );
  return { network, registrar, events, registration, agent };
}

function advance({ network }: Setup, seconds: number): void {
  const from = network.wheel.nowMs;
  for (let now = from; now <= from + seconds * 1000; now += 100) network.wheel.advance(now);
}

describe('a registration', () => {
  it('asks the domain for the address-of-record, with Contact, Expires and no user in the Request-URI', () => {
    const setup = registered(() => granted(60));
    advance(setup, 1);
    const [register] = setup.registrar.requests;
    expect(register?.requestUri).toBe('sip:10.0.0.9');
    expect(register?.to.uri).toBe('sip:alice@10.0.0.9');
    expect(register?.to.tag).toBeNull();
    expect(register?.from.uri).toBe('sip:alice@10.0.0.9');
    expect(register?.header('Contact')).toBe('<sip:alice@10.0.0.1:5060>;expires=60');
    expect(register?.header('Expires')).toBe('60');
    expect(setup.events).toEqual(['0 register', '0 register ok 60']);
    expect(setup.registration.isBound).toBe(true);
  });

  it('hands on the service route of the last answer, as it was written, or none', () => {
    const answers: Say[] = [
      { status: 200, headers: ['Service-Route: <sip:P2.HOME.EXAMPLE.COM;lr>,<sip:HSP.HOME.EXAMPLE.COM;lr>'] }, // RFC 3608 §6.4.3
      { status: 200, headers: ['Service-Route: <sip:a;lr>', 'Service-Route: sip:no-brackets'] },
      { status: 200, headers: Array.from({ length: 9 }, (_, index) => `Service-Route: <sip:h${index};lr>`) },
      { status: 200, headers: ['Service-Route: <sip:b;lr>'] },
      { status: 200, headers: [] },
    ];
    const setup = registered((_, count) => answers[count - 1] ?? answers.at(-1)!, 30);
    const routes: string[] = [];
    for (let second = 0; second < 90; second++) {
      advance(setup, 1);
      if (routes.at(-1) !== setup.registration.serviceRoutes) routes.push(setup.registration.serviceRoutes);
    }
    expect(routes).toEqual([
      'Route: <sip:P2.HOME.EXAMPLE.COM;lr>\r\nRoute: <sip:HSP.HOME.EXAMPLE.COM;lr>\r\n',
      '',
      'Route: <sip:b;lr>\r\n',
      '',
    ]);
  });

  it('answers a challenge as one attempt, and the next requests carry the answer', () => {
    const setup = registered((request) => (request.header('Authorization') === null ? CHALLENGE : granted(30)), 30);
    advance(setup, 21);
    expect(setup.events).toEqual(['0 register', '0 register ok 30', '20 refresh', '20 refresh ok 30']);
    const [first, second, third] = setup.registrar.requests;
    expect([first, second, third].map((request) => request?.cseq.number)).toEqual([1, 2, 3]);
    expect(new Set(setup.registrar.requests.map(({ callId }) => callId)).size).toBe(1);
    for (const request of [second, third]) {
      const given = parametersOf(request?.header('Authorization') ?? '');
      expect(given['uri']).toBe('sip:10.0.0.9');
      expect(given['response']).toBe(expectedResponse('REGISTER', given, 'se:cret'));
    }
    expect(parametersOf(third?.header('Authorization') ?? '')['nc']).toBe('00000002');
  });

  it('gives up where the password is refused: asking again would lock the account', () => {
    const setup = registered(() => CHALLENGE);
    advance(setup, 100);
    expect(setup.events).toEqual(['0 register', '0 register 401 again never']);
    expect(setup.registrar.requests).toHaveLength(2);
    expect(setup.registration.isBound).toBe(false);
  });

  it.each([[403], [404], [483]])('gives up at %i', (status) => {
    const setup = registered(() => ({ status }));
    advance(setup, 100);
    expect(setup.events).toEqual(['0 register', `0 register ${status} again never`]);
  });

  it('asks for what the registrar wants at least, once', () => {
    const setup = registered((request) =>
      request.header('Expires') === '300' ? granted(300) : { status: 423, headers: ['Min-Expires: 300'] },
    );
    advance(setup, 1);
    expect(setup.events).toEqual(['0 register', '0 register ok 300']);
    const stubborn = registered(() => ({ status: 423, headers: ['Min-Expires: 300'] }));
    advance(stubborn, 0.9);
    expect(stubborn.events).toEqual(['0 register', '0 register 423 again 1000']);
    const silly = registered(() => ({ status: 423, headers: ['Min-Expires: 99999999'] }));
    advance(silly, 0.9);
    expect(silly.registrar.requests).toHaveLength(1);
  });

  it('is refreshed 10 s before its end, or at half time where that is less', () => {
    const long = registered(() => granted(60));
    advance(long, 51);
    expect(long.events).toEqual(['0 register', '0 register ok 60', '50 refresh', '50 refresh ok 60']);
    const short = registered(() => granted(12));
    advance(short, 7);
    expect(short.events.slice(2)).toEqual(['6 refresh', '6 refresh ok 12']);
  });

  it('survives a registrar that is away for a while: 503 and silence, with longer and longer waits', () => {
    const setup = registered((_, count) => {
      if (count === 1 || count > 20) return granted(60);
      return count < 5 ? { status: 503 } : null;
    });
    advance(setup, 140);
    expect(setup.events.slice(0, 10)).toEqual([
      '0 register',
      '0 register ok 60',
      '50 refresh',
      '50 refresh 503 again 1000',
      '51 register',
      '51 register 503 again 2000',
      '53 register',
      '53 register 503 again 4000',
      '57 register',
      '89 register timeout again 8000',
    ]);
    advance(setup, 60);
    expect(setup.events[10]).toBe('97 register');
    expect(setup.events[11]).toMatch(/^1\d\d register ok 60$/);
    expect(setup.registration.isBound).toBe(true);
  });

  it('is refused only for a while where it was accepted before: a registrar that restarts does not know its users at first', () => {
    const setup = registered((_, count) => (count === 1 || count > 3 ? granted(20) : { status: 404 }), 20);
    advance(setup, 14);
    expect(setup.events).toEqual([
      '0 register',
      '0 register ok 20',
      '10 refresh',
      '10 refresh 404 again 1000',
      '11 register',
      '11 register 404 again 2000',
      '13 register',
      '13 register ok 20',
    ]);
  });

  it('is refreshed before its time where that is asked for, and once at a time', () => {
    const setup = registered(() => granted(60));
    setup.registration.refresh();
    advance(setup, 1);
    setup.registration.refresh();
    expect(setup.registration.isUnderWay).toBe(true);
    setup.registration.refresh();
    advance(setup, 51);
    expect(setup.events).toEqual([
      '0 register',
      '0 register ok 60',
      '1 refresh',
      '1 refresh ok 60',
      '51 refresh',
      '51 refresh ok 60',
    ]);
    setup.registration.remove();
    advance(setup, 1);
    setup.registration.refresh();
    expect([setup.registration.isUnderWay, setup.events.at(-1)]).toEqual([false, '52 remove ok 0']);
  });

  it('goes by an outbound proxy, and names the address of now when it is refreshed', () => {
    const network = new Network();
    const { agent } = agentOn(network, '10.0.0.1', 1);
    const registrar = new ScriptedCallee(network, '10.0.0.9', (_, count) =>
      count === 2 ? { status: 503 } : granted(20),
    );
    let requests = 0;
    agent.register(
      {
        registrar: parseUri('sip:pbx.example.com'),
        user: 'alice',
        credentials: null,
        nextHop: { host: '10.0.0.9', port: 5060 },
        routes: headerBlock([['Route', '<sip:10.0.0.9;lr>']]),
        expiresSeconds: 20,
      },
      { onAttempt: () => {}, onRequest: () => void requests++, onSuccess: () => {}, onFailure: () => {} },
    );
    for (let now = 0; now <= 9_000; now += 100) network.wheel.advance(now);
    agent.advertise('203.0.113.7', 6000);
    for (let now = 9_000; now <= 12_000; now += 100) network.wheel.advance(now);
    expect(registrar.requests.map((request) => [request.header('Route'), request.header('Contact')])).toEqual([
      ['<sip:10.0.0.9;lr>', '<sip:alice@10.0.0.1:5060>;expires=20'],
      ['<sip:10.0.0.9;lr>', '<sip:alice@203.0.113.7:6000>;expires=20'],
      ['<sip:10.0.0.9;lr>', '<sip:alice@203.0.113.7:6000>;expires=20'],
    ]);
    expect(requests).toBe(3);
  });

  it('takes the time from Expires where no Contact is ours, and from the request where nothing is said', () => {
    const fromHeader = registered(() => ({ status: 200, headers: ['Contact: <sip:x@10.9.9.9>', 'Expires: 40'] }));
    advance(fromHeader, 1);
    expect(fromHeader.events.at(-1)).toBe('0 register ok 40');
    const fromRequest = registered(() => ({ status: 200, headers: ['Contact: "broken', 'Expires: soon'] }));
    advance(fromRequest, 1);
    expect(fromRequest.events.at(-1)).toBe('0 register ok 60');
  });

  it('a 2xx that grants no time is a failure', () => {
    const setup = registered(() => granted(0));
    advance(setup, 0.9);
    expect(setup.events).toEqual(['0 register', '0 register 200 again 1000']);
    expect(setup.registration.isBound).toBe(false);
  });
});

describe('the end of a registration', () => {
  it('removes the binding by Expires 0 and stays silent from then on', () => {
    const setup = registered(() => granted(60));
    advance(setup, 1);
    setup.registration.remove();
    setup.registration.remove();
    advance(setup, 120);
    expect(setup.events.slice(2)).toEqual(['1 remove', '1 remove ok 0']);
    expect(setup.registrar.requests[1]?.header('Contact')).toBe('<sip:alice@10.0.0.1:5060>;expires=0');
    expect(setup.registrar.requests).toHaveLength(2);
    expect(setup.registration.isBound).toBe(false);
  });

  it('waits for the REGISTER that is under way, for two of one Call-ID must not overlap', () => {
    const setup = registered(() => granted(60));
    setup.registration.remove();
    expect(setup.registrar.requests).toHaveLength(0);
    advance(setup, 1);
    expect(setup.events).toEqual(['0 register', '0 register ok 60', '0 remove', '0 remove ok 0']);
  });

  it('sends nothing where there is no binding, and a failed removal is not tried again', () => {
    const refused = registered(() => ({ status: 403 }));
    advance(refused, 1);
    refused.registration.remove();
    advance(refused, 60);
    expect(refused.registrar.requests).toHaveLength(1);
    const setup = registered((request) => (request.header('Expires') === '0' ? { status: 500 } : granted(60)));
    advance(setup, 1);
    setup.registration.remove();
    advance(setup, 60);
    expect(setup.events.at(-1)).toBe('1 remove 500 again never');
  });

  it('abandoned: no event, no message and no timer is left', () => {
    const setup = registered(() => granted(60));
    advance(setup, 1);
    setup.registration.abandon();
    advance(setup, 120);
    expect(setup.events).toHaveLength(2);
    expect(setup.registrar.requests).toHaveLength(1);
    expect(setup.agent.transactionCount).toBe(0);
    const early = registered(() => granted(60));
    early.registration.abandon();
    advance(early, 60);
    expect(early.events).toEqual(['0 register']);
  });
});

/** A transport whose connections the test opens and ends. */
class Line extends FakeTransport {
  isUp = true;
  readonly asked: string[] = [];
  settle: (failure: TransportFailure | null) => void = () => {};

  constructor(network: Network) {
    super(network, '10.0.0.1', 'TLS');
  }

  override hasConnection(): boolean {
    return this.isUp;
  }

  connect(host: string, port: number): Promise<TransportFailure | null> {
    this.asked.push(`${host}:${port}`);
    return new Promise((resolve) => (this.settle = resolve));
  }

  lose(host = '10.0.0.9'): void {
    this.isUp = false;
    this.onError?.(host, 5060, REFUSED);
  }

  async open(): Promise<void> {
    this.isUp = true;
    this.settle(null);
    await Promise.resolve();
  }

  async fail(): Promise<void> {
    this.settle(REFUSED);
    await Promise.resolve();
  }
}

const REFUSED = { cause: 'connection-failed', detail: 'ECONNREFUSED' } as const;
const CONTACT = /^Contact: (.*)\r$/gm;

function overLine() {
  const network = new Network();
  const line = new Line(network);
  const { agent } = agentOn(network, '10.0.0.1', 1, { transport: line });
  const texts: string[] = [];
  const registrar = new ScriptedCallee(network, '10.0.0.9', () => OK_60);
  const send = line.send.bind(line);
  line.send = (data, host, port) => {
    texts.push(data);
    send(data, host, port);
  };
  const events: string[] = [];
  const registration = agent.register(
    { registrar: parseUri('sip:10.0.0.9'), user: 'alice', credentials: null, expiresSeconds: 60 },
    {
      onAttempt: (kind) => void events.push(kind),
      onSuccess: (kind) => void events.push(`${kind} ok`),
      onFailure: (kind, { detail, retryInMs }) => void events.push(`${kind} failed ${detail} ${retryInMs}`),
      onUnreached: () => void events.push('unreached'),
    },
  );
  network.wheel.advance(100);
  const contacts = (): string[][] => texts.map((text) => [...text.matchAll(CONTACT)].map(([, value]) => value ?? ''));
  return { network, line, agent, registrar, events, registration, contacts };
}

const OK_60: Say = { status: 200, headers: ['Expires: 60'] };
const contactAt = (port: number, expires: number): string =>
  `<sip:alice@10.0.0.1:${port};transport=tls>;expires=${expires}`;

describe('a registration over a connection', () => {
  it('that is lost says so, and is made anew over the next one, which it waits for', async () => {
    const { network, line, agent, events, registration, contacts } = overLine();
    line.lose('10.0.0.8'); // another one
    line.lose();
    expect([events, registration.isBound]).toEqual([['register', 'register ok', 'unreached'], true]);
    registration.refresh();
    expect([line.asked, contacts().length, registration.isUnderWay]).toEqual([['10.0.0.9:5060'], 1, true]);
    line.lose(); // nothing new
    agent.advertise('10.0.0.1', 7_000); // our end of the connection, now that it is there
    await line.open();
    network.wheel.advance(200);
    expect(contacts()).toEqual([[contactAt(5060, 60)], [contactAt(7_000, 60), contactAt(5060, 0)]]);
    expect(events.slice(3)).toEqual(['refresh', 'refresh ok']);
    registration.remove();
    expect(contacts().at(-1)).toEqual([contactAt(7_000, 0)]);
  });

  it('is tried again where the connection cannot be had, and removes what is bound once it can', async () => {
    const { network, line, agent, events, registration, contacts } = overLine();
    line.lose();
    registration.refresh();
    await line.fail();
    expect(events.slice(3)).toEqual(['refresh', 'refresh failed ECONNREFUSED 1000']);
    network.wheel.advance(1_200);
    agent.advertise('10.0.0.1', 7_000);
    registration.remove(); // it still waits for its connection
    expect(line.asked).toHaveLength(2);
    await line.open();
    expect(contacts().slice(1)).toEqual([[contactAt(5060, 0)]]);
    network.wheel.advance(1_400);
    expect(events.slice(5)).toEqual(['refresh', 'remove', 'remove ok']);
  });

  it('that was abandoned sends nothing when its connection comes after all', async () => {
    const { line, events, registration, contacts } = overLine();
    line.lose();
    registration.refresh();
    registration.abandon();
    await line.open();
    line.lose();
    expect([contacts().length, registration.isUnderWay]).toEqual([1, false]);
    expect(events.slice(3)).toEqual(['refresh']);
  });
});

describe('an address that is learned from the answer', () => {
  it('is registered at once, and one that changes with each answer only once', () => {
    const network = new Network();
    const { agent } = agentOn(network, '10.0.0.1', 1);
    const registrar = new ScriptedCallee(network, '10.0.0.9', () => OK_60);
    let port = 6_000;
    agent.onAddressSeen = () => agent.advertise('192.0.2.1', ++port);
    const bindings = { registrar: parseUri('sip:10.0.0.9'), user: 'alice', credentials: null, expiresSeconds: 60 };
    agent.register(bindings, { onAttempt: () => {}, onSuccess: () => {}, onFailure: () => {} });
    network.wheel.advance(29_000);
    expect(registrar.requests.map((request) => request.headers('Contact'))).toEqual([
      ['<sip:alice@10.0.0.1:5060>;expires=60'],
      ['<sip:alice@192.0.2.1:6001>;expires=60', '<sip:alice@10.0.0.1:5060>;expires=0'],
    ]);
  });
});
