/** Is the target there? OPTIONS until any response comes (any status is a sign of life) or the time is over. */
import type { CallTarget } from '../call/caller-call.js';
import type { Timers } from '../sip/transaction/timers.js';
import type { UserAgent } from '../sip/ua/user-agent.js';

/** A new OPTIONS this often: the target's port may open at any moment, and a lost request must not cost much. */
const PROBE_INTERVAL_MS = 500;

/** True as soon as the target has answered; false when it has not within `timeoutMs`. */
export async function probeTarget(
  userAgent: UserAgent,
  timers: Timers,
  target: CallTarget,
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    let over = false;
    const asked: { abandon(): void }[] = [];
    const finish = (reachable: boolean): void => {
      over = true;
      // Those without an answer would be sent again during the run.
      asked.forEach((request) => request.abandon());
      resolve(reachable);
    };
    const probe = (): void => {
      if (over) {
        return;
      }
      const answered = (result: { readonly status: number | null }): void => {
        if (result.status !== null && !over) {
          finish(true);
        }
      };
      const { uri, nextHop, routes, agent = userAgent } = target;
      asked.push(agent.options(uri, answered, nextHop, routes));
      timers.schedule(PROBE_INTERVAL_MS, probe);
    };
    timers.schedule(timeoutMs, () => finish(false));
    probe();
  });
}
