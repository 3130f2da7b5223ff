/**
 * sip.js as an independent user agent over UDP: its own grammar, transactions, dialogs and sessions, with a socket of ours, for it
 * has none in Node. It speaks of no port in Via and Contact, so it stands on port 5060 of a loopback address of its own.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  EmitterImpl,
  Inviter,
  SessionState,
  TransportState,
  UserAgent,
  type Invitation,
  type Session,
  type SessionDescriptionHandler,
  type Transport,
} from 'sip.js';

const PORT = 5060;

/** One far end, whose address is known or learned from what it sends. */
class UdpTransport implements Transport {
  readonly protocol = 'UDP';
  readonly stateChange = new EmitterImpl<TransportState>();
  state = TransportState.Disconnected;
  onConnect: Transport['onConnect'];
  onDisconnect: Transport['onDisconnect'];
  onMessage: Transport['onMessage'];
  /** First lines, as they came. */
  readonly received: string[] = [];
  private readonly socket: Socket = createSocket('udp4');

  constructor(
    private readonly host: string,
    private peerPort: number | null,
  ) {
    this.socket.on('message', (data, from) => {
      this.peerPort = from.port;
      const text = data.toString('utf8');
      this.received.push(text.slice(0, text.indexOf('\r\n')));
      this.onMessage?.(text);
    });
  }

  async connect(): Promise<void> {
    this.socket.bind(PORT, this.host);
    await once(this.socket, 'listening');
    this.become(TransportState.Connected);
    this.onConnect?.();
  }

  disconnect(): Promise<void> {
    this.socket.close();
    this.become(TransportState.Disconnected);
    this.onDisconnect?.();
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  isConnected(): boolean {
    return this.state === TransportState.Connected;
  }

  send(message: string): Promise<void> {
    this.socket.send(message, this.peerPort ?? 0, '127.0.0.1');
    return Promise.resolve();
  }

  private become(state: TransportState): void {
    this.state = state;
    this.stateChange.emit(state);
  }
}

/** Offers and answers one codec at a port where nobody listens; sip.js is here for its SIP. */
function descriptionHandler(host: string): SessionDescriptionHandler {
  const sdp = `v=0\r\no=- 1 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=sendrecv\r\n`;
  return {
    close: () => {},
    getDescription: () => Promise.resolve({ body: sdp, contentType: 'application/sdp' }),
    hasDescription: (contentType) => contentType === 'application/sdp',
    setDescription: () => Promise.resolve(),
    sendDtmf: () => false,
  };
}

export interface SipJsPeer {
  /** Request-URI that reaches it. */
  readonly uri: string;
  /** First lines of what came, in order. */
  readonly received: readonly string[];
  /** Calls that came, answered at once. */
  readonly answered: number;
  /** Calls that came and were ended by the other side. */
  readonly ended: number;
  /** Calls us, hangs up after a time; the final status. */
  call(target: string, holdMs: number): Promise<number>;
  stop(): Promise<void>;
}

/** @param host a loopback address of its own @param peerPort where it sends its calls, on 127.0.0.1 */
export async function startSipJs(host: string, peerPort: number | null = null): Promise<SipJsPeer> {
  const transport = new UdpTransport(host, peerPort);
  const counts = { answered: 0, ended: 0 };
  const agent = new UserAgent({
    uri: uriOf(`sip:sipjs@${host}`),
    viaHost: host,
    forceRport: true,
    contactParams: {},
    logBuiltinEnabled: false,
    // It makes its transport itself and hands over the logger first.
    transportConstructor: function () {
      return transport;
    } as unknown as new () => Transport,
    sessionDescriptionHandlerFactory: () => descriptionHandler(host),
    delegate: {
      onInvite: (invitation: Invitation) => {
        invitation.stateChange.addListener((state) => {
          counts.answered += state === SessionState.Established ? 1 : 0;
          counts.ended += state === SessionState.Terminated ? 1 : 0;
        });
        void invitation.accept();
      },
    },
  });
  await agent.start();
  return {
    uri: `sip:sipjs@${host}`,
    received: transport.received,
    get answered() {
      return counts.answered;
    },
    get ended() {
      return counts.ended;
    },
    call: (target, holdMs) => callBy(agent, target, holdMs),
    stop: () => agent.stop(),
  };
}

async function callBy(agent: UserAgent, target: string, holdMs: number): Promise<number> {
  const inviter = new Inviter(agent, uriOf(target));
  const status = new Promise<number>((resolve) => {
    void inviter.invite({
      requestDelegate: {
        onAccept: ({ message }) => resolve(message.statusCode ?? 0),
        onReject: ({ message }) => resolve(message.statusCode ?? 0),
      },
    });
  });
  const final = await status;
  if (final !== 200) return final;
  await stateOf(inviter, SessionState.Established);
  await new Promise((resolve) => setTimeout(resolve, holdMs));
  const ended = stateOf(inviter, SessionState.Terminated);
  await inviter.bye();
  await ended;
  return final;
}

async function stateOf(session: Session, wanted: SessionState): Promise<void> {
  await new Promise<void>((resolve) => {
    if (session.state === wanted) resolve();
    session.stateChange.addListener((state) => {
      if (state === wanted) resolve();
    });
  });
}

function uriOf(text: string) {
  const uri = UserAgent.makeURI(text);
  if (uri === undefined) throw new Error(`expected a URI, got ${text}`);
  return uri;
}
