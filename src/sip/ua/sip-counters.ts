/** What went out and came in, counted per method and status; read once a second by whoever reports. */

export class SipCounters {
  /** Requests sent for the first time, by method. */
  readonly requestsSent = new Map<string, number>();
  /** Requests that we sent again, by method; an ACK to a 2xx that came again is one. */
  readonly retransmissions = new Map<string, number>();
  /** Responses that belong to a transaction of ours, copies included: method → status → count. */
  readonly responsesReceived = new Map<string, Map<number, number>>();
  /** Datagrams that were no SIP message, or one that broke a MUST. */
  malformed = 0;
  /** Responses to nothing that we have asked. */
  strayResponses = 0;
  /** Requests dropped because too many transactions were alive. */
  overload = 0;
  /** 2xx of forks beyond those that one INVITE may have; neither acknowledged nor hung up. */
  droppedForks = 0;

  /** Everything to zero. */
  reset(): void {
    this.requestsSent.clear();
    this.retransmissions.clear();
    this.responsesReceived.clear();
    this.malformed = 0;
    this.strayResponses = 0;
    this.overload = 0;
    this.droppedForks = 0;
  }

  countRequest(method: string): void {
    this.requestsSent.set(method, (this.requestsSent.get(method) ?? 0) + 1);
  }

  countRetransmission(method: string): void {
    this.retransmissions.set(method, (this.retransmissions.get(method) ?? 0) + 1);
  }

  countResponse(method: string, status: number): void {
    let byStatus = this.responsesReceived.get(method);
    if (byStatus === undefined) {
      byStatus = new Map();
      this.responsesReceived.set(method, byStatus);
    }
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }
}
