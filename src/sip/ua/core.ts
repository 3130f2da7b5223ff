/** What all calls of one user agent share: identity, cached header text, transactions and sessions (RFC 3261 §8). */
import {
  type HeaderBlock,
  type RequestFields,
  NO_HEADERS,
  headerBlock,
  joinBlocks,
  ownText,
  serializeRequest,
  toWire,
} from '../message/builder.js';
import type { Dialog } from '../dialog/dialog.js';
import type { SipMessage } from '../message/message.js';
import { SUPPORTED } from '../message/option-tags.js';
import { StringTable } from '../../lib/string-table.js';
import { type SipUri, createUri, formatAddress, formatHost } from '../message/uri.js';
import { type Source, responsePort } from '../message/via.js';
import { Client, type ClientUser } from '../transaction/client.js';
import { type Destination, InviteClient, type InviteClientUser } from '../transaction/invite-client.js';
import { InviteServer } from '../transaction/invite-server.js';
import type { AnyTransaction, TransactionLayer, TransactionOutput } from '../transaction/layer.js';
import { DEFAULT_INTERVALS, type Intervals, type Timers } from '../transaction/timers.js';
import { TransactionTable } from '../transaction/transaction-table.js';
import type { Protocol, Transport } from '../transport/transport.js';
import type { IdSource } from './id-source.js';
import type { MessageLog } from './message-log.js';
import { type MayReach, type Peer, permittedHop } from './next-hop.js';
import type { PublicationRules } from './publication.js';
import type { SessionTimerWish } from './session-timer.js';
import type { Session } from './session.js';
import { SipCounters } from './sip-counters.js';

export interface UserAgentOptions {
  readonly transport: Transport;
  readonly timers: Timers;
  readonly ids: IdSource;
  /** User part of From and Contact. */
  readonly user: string;
  /** Value of User-Agent and Server. */
  readonly userAgent: string;
  /** Host in From, Contact and Via: an address or name at which the peer reaches the transport. */
  readonly advertisedHost: string;
  /** Stands in Contact and Via for a client that nobody can connect to (RFC 7118 §5.2.1): a name of `.invalid`, no port. */
  readonly unreachableHost?: string;
  /** Contact is a SIPS URI (RFC 3261 §8.1.1.8). */
  readonly isSecure?: boolean;
  /** Shared by several user agents of one thread; default: its own. */
  readonly counters?: SipCounters;
  /** Default 500. */
  readonly t1Ms?: number;
  /**
   * Whether a host from Contact or Record-Route, an address or a name, may be sent to; ACK and BYE then go where the INVITE
   * went, or came from. Default: every host may.
   */
  readonly mayReach?: MayReach;
  /** Each lives for up to 32 s, so a flood must not fill the memory: beyond this requests are dropped. Default 100,000. */
  readonly maxServerTransactions?: number;
  /** Text of requests and answers that those may hold. Default 64 MiB. */
  readonly maxServerBytes?: number;
  /** The publications that are taken (`UserAgent.onPublish`); default: none, and PUBLISH is not allowed. */
  readonly publications?: PublicationRules;
  /** What calls that we place say of reliable provisional responses (RFC 3262). Default `supported`. */
  readonly reliableProvisional?: ReliableProvisionalWish;
  /** Asked for in calls that we place, and given to those that come (RFC 4028); default: as the far side wants it. */
  readonly sessionTimer?: SessionTimerWish;
  /** REFERs may be sent to us: Allow says so. Default false. */
  readonly takesReferrals?: boolean;
  /** Keeps the messages of the calls that are placed; default: nobody does. */
  readonly log?: MessageLog;
}

/** `required`: a far side that cannot is to refuse the call (420). */
export type ReliableProvisionalWish = 'off' | 'supported' | 'required';

const MAX_SERVER_TRANSACTIONS = 100_000;
const MAX_SERVER_BYTES = 64 * 1_024 * 1_024;

/** Of our Contact: how we are reached (RFC 3261 §19.1.1, RFC 7118 §5.2.1: `ws` also for WSS). */
const CONTACT_PARAMS: Readonly<Record<Protocol, string>> = {
  UDP: '',
  TCP: ';transport=tcp',
  TLS: ';transport=tls',
  WS: ';transport=ws',
  WSS: ';transport=ws',
};

/** The methods that every user agent of ours serves, as they stand in Allow. */
const ALLOWED_METHODS = 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO';

/** Plain text; the name latin1. */
export interface FromParts {
  readonly user?: string | undefined;
  readonly displayName?: string | null | undefined;
  readonly host?: string | undefined;
}

export class Core implements TransactionLayer {
  readonly transport: Transport;
  /** Where everything that is sent goes out: the transport, and the log in front of it where there is one. */
  readonly output: TransactionOutput;
  readonly log: MessageLog | null;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly intervals: Intervals;
  readonly isReliable: boolean;
  readonly isWebSocket: boolean;
  readonly counters: SipCounters;
  readonly table = new TransactionTable();
  /** By local and remote tag, see `sessionKey`. */
  readonly sessions = new StringTable<Session>();
  viaPrefix = '';
  readonly user: string;
  readonly noContact: HeaderBlock;
  withContact: HeaderBlock = NO_HEADERS;
  readonly allow: HeaderBlock;
  readonly capabilities: HeaderBlock;
  readonly mayReach: MayReach | null;
  readonly publications: PublicationRules | null;
  readonly reliableProvisional: ReliableProvisionalWish;
  readonly sessionTimer: SessionTimerWish | null;
  readonly takesReferrals: boolean;
  #maxServerTransactions: number;
  #maxServerBytes: number;
  #invites = new Map<string, InviteServer>();
  #fromHost: string;
  #isSecure: boolean;
  #contactPlace: { readonly host: string; readonly port: number | null } = { host: '', port: null };

  constructor(options: UserAgentOptions) {
    const { protocol } = options.transport;
    this.transport = options.transport;
    this.isReliable = protocol !== 'UDP';
    this.isWebSocket = protocol === 'WS' || protocol === 'WSS';
    this.counters = options.counters ?? new SipCounters();
    this.log = options.log ?? null;
    this.output = this.log === null ? options.transport : loggedOutput(options.transport, this.log);
    this.timers = options.timers;
    this.ids = options.ids;
    this.intervals = { ...DEFAULT_INTERVALS, t1Ms: options.t1Ms ?? DEFAULT_INTERVALS.t1Ms };
    this.mayReach = options.mayReach ?? null;
    this.publications = options.publications ?? null;
    this.reliableProvisional = options.reliableProvisional ?? 'supported';
    this.sessionTimer = options.sessionTimer ?? null;
    this.takesReferrals = options.takesReferrals ?? false;
    this.#maxServerTransactions = options.maxServerTransactions ?? MAX_SERVER_TRANSACTIONS;
    this.#maxServerBytes = options.maxServerBytes ?? MAX_SERVER_BYTES;
    this.user = options.user;
    this.#fromHost = formatHost(options.advertisedHost);
    this.#isSecure = options.isSecure ?? false;
    const agent = ['User-Agent', toWire(options.userAgent)] as const;
    const others = [...(this.takesReferrals ? ['REFER'] : []), ...(this.publications === null ? [] : ['PUBLISH'])];
    const allow = ['Allow', [ALLOWED_METHODS, ...others].join(', ')] as const;
    this.noContact = headerBlock([agent]);
    this.allow = headerBlock([allow, agent]);
    this.capabilities = joinBlocks(SUPPORTED, headerBlock([allow, ['Accept', 'application/sdp'], agent]));
    const { port } = options.transport.localAddress;
    if (options.unreachableHost === undefined) this.advertise(options.advertisedHost, port);
    else this.advertise(options.unreachableHost, null);
  }

  /** What Via and Contact say from the next request on. */
  advertise(host: string, port: number | null): void {
    const { protocol } = this.transport;
    this.#contactPlace = { host, port };
    // rport without a value asks for answers to the port that we send from (RFC 3581).
    this.viaPrefix = `SIP/2.0/${protocol} ${formatHost(host)}${port === null ? '' : `:${port}`};rport;branch=`;
    this.withContact = joinBlocks(headerBlock([['Contact', formatAddress(this.contactOf(this.user))]]), this.allow);
  }

  /** Where the requests of a dialog go; null: where they should go may not be reached. */
  hopOf({ route, routeSet }: Dialog, peer: Peer): Destination | null {
    const { host, port } = peer.address;
    if (peer.isConnection === true && routeSet.length === 0 && this.transport.hasConnection(host, port))
      return peer.address;
    return permittedHop(route, peer, this.mayReach);
  }

  /** Where the answer to a request goes (§18.2.2): over a connection always back on it. */
  answerPort(request: SipMessage, source: Source): number {
    return this.isReliable ? source.port : responsePort(request.topVia, source);
  }

  /** Our From address with a tag. @param user plain text; default the user of the options. @param host default our own */
  fromAddress(tag: string, { user = this.user, displayName = null, host = this.#fromHost }: FromParts = {}): string {
    return formatAddress(createUri({ user, host }), displayName, tag);
  }

  /** Our Contact URI for a user of ours. @param user plain text */
  contactOf(user: string): SipUri {
    const params = this.#isSecure ? '' : CONTACT_PARAMS[this.transport.protocol];
    return { ...createUri({ user, ...this.#contactPlace, params }), scheme: this.#isSecure ? 'sips' : 'sip' };
  }

  startInvite(fields: RequestFields, destination: Destination, user: InviteClientUser): InviteClient {
    const transaction = new InviteClient(this, fields, destination, user);
    this.table.addClient(transaction);
    this.counters.countRequest('INVITE');
    transaction.start();
    return transaction;
  }

  startClient(fields: RequestFields, destination: Destination, user: ClientUser): Client {
    const transaction = new Client(this, fields, destination, user);
    this.table.addClient(transaction);
    this.counters.countRequest(fields.method);
    transaction.start();
    return transaction;
  }

  /** Sends the ACK to a 2xx; returns its text, which answers every copy of that 2xx. */
  sendAck(fields: RequestFields, destination: Destination): string {
    const data = serializeRequest(fields);
    this.counters.countRequest('ACK');
    this.output.send(data, destination.host, destination.port);
    return data;
  }

  /** Remembers an INVITE that is not over; false when it came before by another path (§8.2.2.2). */
  noteInvite(transaction: InviteServer, request: SipMessage): boolean {
    const key = ownText(mergeKey(request));
    if (this.#invites.has(key)) return false;
    this.#invites.set(key, transaction);
    transaction.mergeKey = key;
    return true;
  }

  /** Whether there is room for the transaction of one more request. */
  hasRoomFor(request: SipMessage): boolean {
    const { serverCount, serverBytes } = this.table;
    return serverCount < this.#maxServerTransactions && serverBytes + request.byteLength <= this.#maxServerBytes;
  }

  onTerminated(transaction: AnyTransaction): void {
    this.table.remove(transaction);
    if (transaction instanceof InviteServer && transaction.mergeKey !== null)
      this.#invites.delete(transaction.mergeKey);
  }

  onHeldBytes(change: number): void {
    this.table.serverBytes += change;
  }

  onRetransmission(method: string): void {
    this.counters.countRetransmission(method);
  }
}

function loggedOutput(transport: Transport, log: MessageLog): TransactionOutput {
  return {
    send: (data, host, port) => {
      log.noteSent(data);
      transport.send(data, host, port);
    },
  };
}

const mergeKey = (request: SipMessage): string => `${request.callId} ${request.from.tag ?? ''} ${request.cseq.number}`;
