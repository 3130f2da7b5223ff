/** Monotonic time. Every thread counts from one epoch of the host's monotonic clock, so their numbers compare. */
// Imported: the global of that name is looked up by a getter each time, and this is asked several times a message.
import { performance } from 'node:perf_hooks';

/** Nanoseconds as a double: exact to 1 ns for 104 days of uptime. */
export type Nanoseconds = number;

/**
 * `performance.now()` counts from the thread's start; this is that start on the host's clock. `process.hrtime()` itself
 * would do, but allocates an array at every call.
 */
const threadStartNs = sampleThreadStart();

/** Now, on the host's monotonic clock, in ns; the same clock in every thread and process. */
export function monotonicNs(): Nanoseconds {
  return performance.now() * 1e6 + threadStartNs;
}

export const NS_PER_MS = 1e6;
export const NS_PER_SECOND = 1e9;

/** The best of a few samples: a preemption between the two readings would be an error for the whole life of the thread. */
function sampleThreadStart(): Nanoseconds {
  let startNs = 0;
  let narrowestMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    const before = performance.now();
    const [seconds, nanoseconds] = process.hrtime();
    const after = performance.now();
    if (after - before < narrowestMs) {
      narrowestMs = after - before;
      startNs = seconds * 1e9 + nanoseconds - ((before + after) / 2) * 1e6;
    }
  }
  return startNs;
}
