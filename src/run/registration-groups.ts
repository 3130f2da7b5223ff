/** What the registrations of users with one set of labels came to, over all workers. */
import type { RegistrationCounts } from '../worker/messages.js';
import type { GroupRegistrations } from './result-registrations.js';

/** As it is written for a rebuild: users, bound, refused, attempts, ineffective, registered at the begin (null: no call had begun). */
export type RegistrationRow = readonly (number | null)[];

export class RegistrationGroups {
  private readonly byWorker = new Map<number, readonly RegistrationCounts[]>();
  private boundAtBegin: readonly number[] | null = null;

  take(worker: number, groups: readonly RegistrationCounts[] = []): void {
    this.byWorker.set(worker, groups);
  }

  /** The calls begin. */
  begin(): void {
    this.boundAtBegin = Array.from({ length: this.count }, (_, group) => this.sumOf(group, 'bound'));
  }

  /** Null: nobody knows them apart, or there are none. */
  block(group: number): GroupRegistrations | null {
    const users = this.sumOf(group, 'users');
    return users === 0
      ? null
      : {
          users,
          registeredAtBegin: this.boundAtBegin?.[group] ?? null,
          refused: this.sumOf(group, 'refused'),
          attempts: this.sumOf(group, 'attempts'),
          ineffective: this.sumOf(group, 'ineffective'),
        };
  }

  rows(): RegistrationRow[] {
    return Array.from({ length: this.count }, (_, group) => [
      ...FIGURES.map((figure) => this.sumOf(group, figure)),
      this.boundAtBegin?.[group] ?? null,
    ]);
  }

  restore(rows: readonly RegistrationRow[]): void {
    const groups = rows.map(([users, bound, refused, attempts, ineffective]) => ({
      users: users ?? 0,
      bound: bound ?? 0,
      refused: refused ?? 0,
      attempts: attempts ?? 0,
      ineffective: ineffective ?? 0,
    }));
    this.byWorker.set(0, groups);
    const atBegin = rows.flatMap((row) => row[FIGURES.length] ?? []);
    this.boundAtBegin = atBegin.length === rows.length ? atBegin : null;
  }

  private get count(): number {
    return Math.max(0, ...[...this.byWorker.values()].map(({ length }) => length));
  }

  private sumOf(group: number, figure: keyof RegistrationCounts): number {
    return [...this.byWorker.values()].reduce((sum, groups) => sum + (groups[group]?.[figure] ?? 0), 0);
  }
}

const FIGURES = ['users', 'bound', 'refused', 'attempts', 'ineffective'] as const;
