/** What the users' registrations came to, over all workers (RFC 6076 §4.1, §4.2). */
import { Distribution } from '../metrics/histogram.js';
import type { CallRecord, RegistrationFailures, RegistrationFigures } from '../worker/messages.js';
import { hostLimitInWords, hostLimitRemedy } from './host-limits.js';
import type { RegistrationProgress } from './progress-lines.js';
import { RegistrationGroups } from './registration-groups.js';
import type { RegistrationsBlock } from './result-registrations.js';

export class RegistrationBook {
  /** From the REGISTER that was accepted to its 2xx. */
  readonly delayMs = new Distribution('ms');
  /** The same by labels of the users. */
  readonly groups = new RegistrationGroups();
  private readonly byWorker = new Map<number, RegistrationFigures>();
  private boundAtBegin: number | null = null;
  private readonly markers = { confirmed: 0, contradicted: 0, notHeard: 0 };

  take(worker: number, figures: RegistrationFigures): void {
    this.byWorker.set(worker, figures);
    this.groups.take(worker, figures.groups);
    for (const delayMs of figures.delaysMs) {
      this.delayMs.record(delayMs);
    }
  }

  addCall({ marker }: CallRecord): void {
    if (marker !== undefined && marker !== null) {
      this.markers[marker]++;
    }
  }

  /** The calls begin; says why some users are not registered, null where all are. */
  begin(): string | null {
    this.boundAtBegin = this.bound;
    this.groups.begin();
    return this.missingInWords();
  }

  /** All that a rebuild needs; null: the run has no users. */
  progress(): RegistrationProgress | null {
    if (this.byWorker.size === 0) {
      return null;
    }
    return {
      registeredAtBegin: this.boundAtBegin,
      users: this.users,
      bound: this.bound,
      refused: this.sumOf(({ refused }) => refused),
      attempts: this.sumOf(({ attempts }) => attempts),
      ineffective: this.sumOf(({ ineffective }) => ineffective),
      bindingsLost: this.knownSum(({ bindingsLost }) => bindingsLost),
      failures: this.failures(),
      matches: {
        header: this.matched('header'),
        callerName: this.matched('callerName'),
        number: this.matched('number'),
        unmatched: this.matched('unmatched'),
      },
      groups: this.groups.rows(),
      delayMs: this.delayMs.buckets().flatMap(({ value, count }) => [value, count]),
    };
  }

  /** Takes the place of the workers that are gone. How many bindings they left behind nobody knows. */
  restore({ registeredAtBegin, delayMs, bindingsLost = null, groups = [], ...figures }: RegistrationProgress): void {
    this.boundAtBegin = registeredAtBegin;
    this.groups.restore(groups);
    this.byWorker.set(0, { ...figures, bindingsLost, delaysMs: new Float64Array(0), left: null });
    for (let at = 0; at + 1 < delayMs.length; at += 2) {
      const count = delayMs[at + 1] ?? 0;
      if (count > 0) {
        this.delayMs.record(delayMs[at] ?? 0, count);
      }
    }
  }

  /** Users that are registered now. */
  get bound(): number {
    return this.sumOf(({ bound }) => bound);
  }

  /** Ineffective attempts; null where nobody tried. */
  get ira(): { readonly value: number; readonly samples: number } | null {
    const attempts = this.sumOf((figures) => figures.attempts);
    return attempts === 0
      ? null
      : { value: this.sumOf(({ ineffective }) => ineffective) / attempts, samples: attempts };
  }

  /** Called legs of calls between our users. */
  get secondLegs(): number {
    return this.sumOf(({ matches: { header, callerName, number } }) => header + callerName + number);
  }

  /** Null: the run has no users. */
  block(): RegistrationsBlock | null {
    if (this.byWorker.size === 0) {
      return null;
    }
    return {
      users: this.users,
      registeredAtBegin: this.boundAtBegin,
      refused: this.sumOf(({ refused }) => refused),
      attempts: this.sumOf(({ attempts }) => attempts),
      ineffective: this.sumOf(({ ineffective }) => ineffective),
      bindingsLost: this.knownSum(({ bindingsLost }) => bindingsLost),
      failures: this.failures(),
      leftRegistered: this.left,
      secondLegs: {
        byHeader: this.matched('header'),
        byCallerName: this.matched('callerName'),
        byCalledUser: this.matched('number'),
      },
      audioMarkers: this.hasMarkers ? { ...this.markers } : null,
      strangeCalls: this.matched('unmatched'),
    };
  }

  /** Legs that were taken for one call and are none, in words; null: there are none that we know of. */
  contradictedInWords(): string | null {
    const { contradicted } = this.markers;
    return contradicted === 0
      ? null
      : `${contradicted} calls between users have a called leg that heard the marker of another call: their figures of the sent direction are of that one`;
  }

  /** Why not all users are registered, in words; null: all are. */
  missingInWords(): string | null {
    const { users, bound } = this;
    const why = this.failures().map(
      ({ sipStatus, cause, count }) => `${sipStatus ?? 'no response'} ${cause} ×${count}`,
    );
    const reason = why.length === 0 ? 'the registrar did not answer' : why.slice(0, 3).join(', ');
    if (bound === 0) {
      return `none of the ${users} users could be registered: ${reason}`;
    }
    return bound === users
      ? null
      : `${users - bound} of ${users} users are not registered: ${reason}; they are in no call until they are`;
  }

  /** How to mend that nobody is registered. */
  hint(): string {
    const [first] = this.failures();
    const status = first?.sipStatus ?? null;
    const ours = hostLimitRemedy(first?.cause ?? null);
    if (ours !== null) {
      return ours;
    }
    if (status === null) {
      return 'check address, port, transport and firewall of the target';
    }
    if (status === 401 || status === 403 || status === 407) {
      return 'check the passwords of users, and authUser where the PBX has other names for the login';
    }
    return status >= 500
      ? 'the registrar is not ready, or has too much to do: try a lower registration.rate'
      : 'check the names of users, and that the target is the domain where they are known';
  }

  /** Users who had no socket of this host, in words; null: all had one. */
  hostLimitInWords(): string | null {
    const own = this.failures().find(({ cause }) => hostLimitInWords(cause) !== null);
    const times = own === undefined || own.count === 1 ? 'once' : `${own.count} times`;
    return own === undefined ? null : `a user could not be registered, ${times}: ${hostLimitInWords(own.cause) ?? ''}`;
  }

  /** Bindings that stayed behind, in words; null: none did. */
  leftInWords(): string | null {
    const { left } = this;
    return left === null || left === 0
      ? null
      : `${left} of ${this.users} users could not be unregistered: their bindings run out by themselves`;
  }

  private get hasMarkers(): boolean {
    const { confirmed, contradicted, notHeard } = this.markers;
    return confirmed + contradicted + notHeard > 0;
  }

  private matched(way: keyof RegistrationFigures['matches']): number {
    return this.sumOf(({ matches }) => matches[way]);
  }

  private get users(): number {
    return this.sumOf(({ users }) => users);
  }

  private get left(): number | null {
    return this.knownSum(({ left }) => left);
  }

  /** Over the workers that know; null: none does. */
  private knownSum(figure: (figures: RegistrationFigures) => number | null): number | null {
    const known = [...this.byWorker.values()].map(figure).filter((one) => one !== null);
    return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0);
  }

  /** By what they were, the most frequent first. */
  private failures(): RegistrationFailures[] {
    const sums = new Map<string, { sipStatus: number | null; cause: string; count: number }>();
    for (const { failures } of this.byWorker.values()) {
      for (const failure of failures) {
        const key = `${failure.sipStatus} ${failure.cause}`;
        const sum = sums.get(key);
        sums.set(key, { ...failure, count: failure.count + (sum?.count ?? 0) });
      }
    }
    return [...sums.values()].toSorted((a, b) => b.count - a.count);
  }

  private sumOf(figure: (figures: RegistrationFigures) => number): number {
    return [...this.byWorker.values()].reduce((sum, figures) => sum + figure(figures), 0);
  }
}
