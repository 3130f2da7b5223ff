/** User agents in one memory: a network with a fake clock that can lose messages. */
import type { Protocol, Transport, TransportAddress } from '../../../../src/sip/transport/transport.js';
import { TimerWheel } from '../../../../src/sip/transaction/timer-wheel.js';
import type { CallEnd, CallFailure, IncomingCall } from '../../../../src/sip/ua/call-events.js';
import { createIdSource } from '../../../../src/sip/ua/id-source.js';
import { UserAgent, type UserAgentOptions } from '../../../../src/sip/ua/user-agent.js';

export const SDP = 'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';

export class Network {
  readonly wheel = new TimerWheel();
  /** First line of every message, with its time and ports. */
  readonly log: string[] = [];
  readonly nodes = new Map<string, FakeTransport>();
  /** True drops the message. */
  lose: (data: string, index: number) => boolean = () => false;
  #count = 0;

  node(host: string, given?: Transport): FakeTransport {
    const transport = given instanceof FakeTransport ? given : new FakeTransport(this, host);
    this.nodes.set(`${host}:5060`, transport);
    return transport;
  }

  carry(data: string, from: FakeTransport, to: string): void {
    const index = this.#count++;
    this.log.push(`${this.wheel.nowMs} ${from.localAddress.host} ${data.slice(0, data.indexOf('\r\n'))}`);
    if (this.lose(data, index)) return;
    this.wheel.schedule(10, () => {
      this.nodes.get(to)?.onMessage?.(Buffer.from(data, 'latin1'), from.localAddress.host, from.localAddress.port);
    });
  }

  /** First words of what this host sent, without times. */
  sentBy(host: string): string[] {
    return this.log.filter((line) => line.split(' ')[1] === host).map((line) => line.split(' ').slice(2).join(' '));
  }
}

export class FakeTransport implements Transport {
  readonly localAddress: TransportAddress;
  readonly counters = { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0, sendErrors: 0 };
  onMessage: Transport['onMessage'] = null;
  onError: Transport['onError'] = null;

  constructor(
    readonly network: Network,
    host: string,
    readonly protocol: Protocol = 'UDP',
  ) {
    this.localAddress = { host, port: 5060, family: 'IPv4' };
  }

  send(data: string, host: string, port: number): void {
    this.network.carry(data, this, `${host}:${port}`);
  }

  hasConnection(): boolean {
    return this.protocol !== 'UDP';
  }

  keepAlive(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export function agentOn(
  network: Network,
  host: string,
  worker: number,
  options: Partial<UserAgentOptions> = {},
): { agent: UserAgent; transport: FakeTransport } {
  const transport = network.node(host, options.transport);
  const ids = createIdSource('run', worker);
  const agent = new UserAgent({
    transport,
    timers: network.wheel,
    ids,
    user: `user${worker}`,
    userAgent: 'test',
    advertisedHost: host,
    ...options,
  });
  return { agent, transport };
}

/** Notes what a call says, in order. */
export class Recorder {
  readonly events: string[] = [];
  onAnsweredHook: (() => void) | null = null;
  onProvisional = (message: { status: number }): void => void this.events.push(`provisional ${message.status}`);
  onAnswered = (message: { status: number }): void => {
    this.events.push(`answered ${message.status}`);
    this.onAnsweredHook?.();
  };
  onFailed = (failure: CallFailure): void => void this.events.push(`failed ${failure.cause} ${failure.status}`);
  onEnded = (end: CallEnd): void => void this.events.push(`ended ${end.by} ${end.cause} ${end.status}`);
  onAck = (): void => void this.events.push('ack');
  onCancelled = (): void => void this.events.push('cancelled');
  onAckTimeout = (): void => void this.events.push('ack-timeout');
  onReanswerLost = (): void => void this.events.push('reanswer-lost');
  onSessionExpired = (): void => void this.events.push('session-expired');
  onPrackTimeout = (): void => void this.events.push('prack-timeout');
  onTold = ({ method }: { method: string }): void => void this.events.push(`told ${method}`);
  /** What a far side that asks for an offer gets. */
  ownOffer: string | null = null;
  onOfferAsked = (scope: string): string | null => {
    this.events.push(`offer-asked ${scope}`);
    return this.ownOffer;
  };
  onOfferAnswered = (sdp: string): void => void this.events.push(`offer-answered ${sdp.length}`);
  /** What an offer of the far side is answered with, where our INVITE had none. */
  firstAnswer: string | null = null;
  onOffered = (sdp: string): string | null => {
    this.events.push(`offered ${sdp.length}`);
    return this.firstAnswer;
  };
  /** What a new offer within the dialog is answered with. */
  reanswer: string | null = null;
  onReoffer = (sdp: string): string | null => {
    this.events.push(`reoffer ${sdp.length}`);
    return this.reanswer;
  };
}

/** Rings and answers every call. */
export function autoAnswer(agent: UserAgent, recorder: Recorder): { calls: IncomingCall[] } {
  const calls: IncomingCall[] = [];
  agent.onInvite = (call) => {
    call.listener = recorder;
    calls.push(call);
    call.ring();
    call.answer(SDP);
  };
  return { calls };
}
