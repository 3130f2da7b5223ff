/**
 * A connection for each call, as separate phones have it. The call's setup delay holds the time that the connection takes;
 * one that fails is one failed call, or the next server's turn.
 */
import type { CallAgent } from '../call/caller-call.js';
import { nextHop } from '../sip/message/uri.js';
import type { Destination } from '../sip/transaction/invite-client.js';
import { Connections, type ConnectionsOptions } from '../sip/transport/connections.js';
import type { TransportFailure } from '../sip/transport/transport.js';
import type {
  DialogOffer,
  DialogRequest,
  OutcomeListener,
  OutgoingCall,
  OutgoingCallListener,
} from '../sip/ua/call-events.js';
import type { InviteRequest } from '../sip/ua/outgoing-call.js';
import { UserAgent, type UserAgentOptions } from '../sip/ua/user-agent.js';

export interface CallConnectionsOptions {
  readonly userAgent: Omit<UserAgentOptions, 'transport'>;
  readonly connections: ConnectionsOptions;
  /** What is no call. */
  readonly options: CallAgent['options'];
}

export class CallConnections implements CallAgent {
  readonly options: CallAgent['options'];
  #open = new Set<ConnectedCall>();

  constructor(private readonly settings: CallConnectionsOptions) {
    this.options = settings.options;
  }

  invite(request: InviteRequest, listener: OutgoingCallListener): OutgoingCall {
    const call: ConnectedCall = new ConnectedCall(this.settings, { request, listener }, () => this.#open.delete(call));
    this.#open.add(call);
    return call;
  }

  /** Ends all connections without a word to the calls. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((call) => call.close()));
  }
}

/** Whom to call, and who hears of it. */
interface Placed {
  readonly request: InviteRequest;
  readonly listener: OutgoingCallListener;
}

class ConnectedCall implements OutgoingCall {
  readonly callId: string;
  #connections: Connections;
  #userAgent: UserAgent | null = null;
  #call: OutgoingCall | null = null;
  #isOver = false;

  constructor(
    private readonly settings: CallConnectionsOptions,
    private readonly placed: Placed,
    private readonly onClosed: () => void,
  ) {
    this.callId = placed.request.callId ?? settings.userAgent.ids.callId();
    this.#connections = new Connections(settings.connections);
    void this.#place();
  }

  cancel(): void {
    if (this.#call !== null) this.#call.cancel();
    else queueMicrotask(() => this.#fail('cancelled', 'cancelled before there was a connection'));
  }

  bye(): void {
    if (this.#call === null) this.cancel();
    else this.#call.bye();
  }

  offer(offer: DialogOffer, done: OutcomeListener): void {
    this.#call?.offer(offer, done);
  }

  send(request: DialogRequest, done: OutcomeListener): void {
    this.#call?.send(request, done);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#userAgent?.close();
    this.onClosed();
    await this.#connections.close();
  }

  async #place(): Promise<void> {
    const { request } = this.placed;
    const hops = [request.nextHop ?? nextHop(request.target), ...(request.otherHops ?? [])];
    let failure: TransportFailure | null = null;
    for (const [index, hop] of hops.entries()) {
      failure = await this.#connections.connect(hop.host, hop.port);
      if (this.#isOver) return;
      if (failure === null) {
        this.#invite(hop, hops.slice(index + 1));
        return;
      }
      request.onHopFailed?.(hop);
    }
    if (failure !== null) this.#fail(failure.cause, failure.detail);
  }

  #invite(hop: Destination, otherHops: readonly Destination[]): void {
    const { request, listener } = this.placed;
    this.#userAgent = new UserAgent({ ...this.settings.userAgent, transport: this.#connections });
    const call = { ...request, callId: this.callId, nextHop: hop, otherHops };
    this.#call = this.#userAgent.invite(call, this.#closingAfter(listener));
  }

  /** The same listener; when the call is over its connection is as well. */
  #closingAfter(listener: OutgoingCallListener): OutgoingCallListener {
    return {
      onProvisional: (response) => listener.onProvisional(response),
      onAnswered: (response) => listener.onAnswered(response),
      onOffered: (sdp) => listener.onOffered(sdp),
      onReoffer: (sdp) => listener.onReoffer(sdp),
      onOfferAsked: (scope) => listener.onOfferAsked(scope),
      onOfferAnswered: (sdp) => listener.onOfferAnswered(sdp),
      onReanswerLost: () => listener.onReanswerLost(),
      onSessionExpired: () => listener.onSessionExpired(),
      onTold: (request) => listener.onTold(request),
      onReferred: (referral) => listener.onReferred?.(referral),
      onFailed: (failure) => {
        this.#closeSoon();
        listener.onFailed(failure);
      },
      onEnded: (end) => {
        this.#closeSoon();
        listener.onEnded(end);
      },
    };
  }

  /** What the user agent still does in this turn goes out before. */
  #closeSoon(): void {
    setImmediate(() => void this.close());
  }

  #fail(cause: TransportFailure['cause'] | 'cancelled', detail: string): void {
    if (this.#isOver) return;
    void this.close();
    this.placed.listener.onFailed({ status: null, cause, detail, response: null });
  }
}
