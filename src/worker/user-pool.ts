/**
 * Which users of a worker are free: each is in one call at a time. Whoever has been free for longest calls next, and where
 * users call each other the one after is called. Who was called goes to the end before who called, so that they change sides.
 */

export interface Reservation {
  readonly caller: number;
  /** Null: the call is for somebody else. */
  readonly callee: number | null;
}

export class UserPool {
  private readonly bound: Uint8Array;
  private readonly busy: Uint8Array;
  private readonly queued: Uint8Array;
  /** In the order in which they became free; those that are not ready any more are passed over. */
  private queue: number[] = [];
  private head = 0;
  private ready = 0;
  private readonly reservations = new Map<number, Reservation>();
  /** Call by the user who is called. */
  private readonly calls = new Map<number, number>();

  /** @param users nobody of them is bound yet */
  constructor(
    users: number,
    private readonly arePaired: boolean,
  ) {
    this.bound = new Uint8Array(users);
    this.busy = new Uint8Array(users);
    this.queued = new Uint8Array(users);
  }

  /** Users that a call takes. */
  get perCall(): number {
    return this.arePaired ? 2 : 1;
  }

  /** Another call can be placed now. */
  get hasRoom(): boolean {
    return this.ready >= this.perCall;
  }

  /** The registrar knows the user, or does not any more. A call that is up stays. */
  setBound(user: number, isBound: boolean): void {
    const before = this.isReady(user);
    this.bound[user] = isBound ? 1 : 0;
    this.note(user, before);
  }

  /** Users for a call; null when there are not enough. */
  reserve(call: number): Reservation | null {
    if (!this.hasRoom) {
      return null;
    }
    const caller = this.takeNext();
    const callee = this.arePaired ? this.takeNext() : null;
    const reservation = { caller, callee };
    this.reservations.set(call, reservation);
    if (callee !== null) {
      this.calls.set(callee, call);
    }
    return reservation;
  }

  reservationOf(call: number): Reservation | null {
    return this.reservations.get(call) ?? null;
  }

  /** The call for which that user is reserved as the one who is called. */
  callTo(user: number): number | null {
    return this.calls.get(user) ?? null;
  }

  /** Both are free again. */
  release(call: number): void {
    const reservation = this.reservations.get(call);
    if (reservation === undefined) {
      return;
    }
    this.reservations.delete(call);
    const { caller, callee } = reservation;
    if (callee !== null) {
      this.calls.delete(callee);
      this.free(callee);
    }
    this.free(caller);
  }

  private free(user: number): void {
    const before = this.isReady(user);
    this.busy[user] = 0;
    this.note(user, before);
  }

  private isReady(user: number): boolean {
    return this.bound[user] === 1 && this.busy[user] === 0;
  }

  private note(user: number, before: boolean): void {
    const isReady = this.isReady(user);
    this.ready += Number(isReady) - Number(before);
    if (isReady && this.queued[user] === 0) {
      this.queued[user] = 1;
      this.queue.push(user);
    }
  }

  /** There is one: `ready` counts those in the queue. */
  private takeNext(): number {
    for (;;) {
      const user = this.queue[this.head] as number;
      this.head++;
      if (this.head > 1024) {
        this.queue = this.queue.slice(this.head);
        this.head = 0;
      }
      this.queued[user] = 0;
      if (this.isReady(user)) {
        this.busy[user] = 1;
        this.ready--;
        return user;
      }
    }
  }
}
