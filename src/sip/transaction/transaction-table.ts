/** All live transactions of one user agent, found by key in one Map lookup (RFC 3261 §17.1.3, §17.2.3). */
import { StringTable } from '../../lib/string-table.js';
import type { SipMessage } from '../message/message.js';
import type { TransportFailure } from '../transport/transport.js';
import type { Client } from './client.js';
import { InviteClient } from './invite-client.js';
import { InviteServer } from './invite-server.js';
import type { AnyTransaction } from './layer.js';
import type { Server } from './server.js';
import { cancelledKey, clientKey, serverKey } from './transaction-key.js';

export class TransactionTable {
  /** Branches are ours; what server transactions go by is the peers' choice. */
  #clients = new StringTable<InviteClient | Client>();
  #servers = new Map<string, InviteServer | Server>();

  /** Message text that the server transactions hold. */
  serverBytes = 0;

  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  /** Those that requests of others have made. */
  get serverCount(): number {
    return this.#servers.size;
  }

  addClient(transaction: InviteClient | Client): void {
    this.#clients.set(transaction.key, transaction);
  }

  addServer(transaction: InviteServer | Server): void {
    this.#servers.set(transaction.key, transaction);
    this.serverBytes += transaction.heldBytes;
  }

  remove(transaction: AnyTransaction): void {
    if (transaction.isClient) this.#clients.delete(transaction.key);
    else if (this.#servers.delete(transaction.key)) this.serverBytes -= transaction.heldBytes;
  }

  /** The client transaction that this response answers: same branch, same method in CSeq. */
  matchResponse(response: SipMessage): InviteClient | Client | null {
    const { method } = response.cseq;
    const found = this.#clients.get(clientKey(response.topVia.branch, method));
    if (found === undefined) return null;
    const sentMethod = found instanceof InviteClient ? 'INVITE' : found.method;
    return sentMethod === method ? found : null;
  }

  /** The server transaction of this request; that of the INVITE for an ACK. */
  matchRequest(request: SipMessage): InviteServer | Server | null {
    return this.#servers.get(serverKey(request)) ?? null;
  }

  /** The INVITE that this CANCEL is about. */
  matchCancelled(cancel: SipMessage): InviteServer | null {
    const found = this.#servers.get(cancelledKey(cancel));
    return found instanceof InviteServer ? found : null;
  }

  /** A send to host:port failed, or the connection to it is gone: transactions that wait on it end. Rare, so a walk over all is cheaper than an index. */
  failTransport(host: string, port: number, failure: TransportFailure): void {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) {
      if (transaction.host === host && transaction.port === port) transaction.failTransport(failure);
    }
  }

  /** Ends every transaction without a word to its user. */
  clear(): void {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.abandon();
  }
}
