/** What a sample supports: the exact one-sided 95 % lower bound of a ratio (Clopper and Pearson, 1934). */

const ALPHA = 0.05;
/** Halvings of [0, 1]: as fine as a double. */
const HALVINGS = 60;

/**
 * The ratio (0–1) that `successes` out of `trials` show at 95 % confidence: the p at which so many or more would be seen
 * in 5 % of all runs. Without a failure it is 0.05^(1/n), which is about 1 − 3/n. Null without a trial.
 * @throws RangeError unless both are integers with 0 ≤ successes ≤ trials
 */
export function supportedRatio(successes: number, trials: number): number | null {
  if (!Number.isSafeInteger(successes) || !Number.isSafeInteger(trials) || successes < 0 || successes > trials) {
    throw new RangeError(`expected integers 0 <= successes <= trials, got ${successes} of ${trials}`);
  }
  if (trials === 0) return null;
  if (successes === 0) return 0;
  if (successes === trials) return ALPHA ** (1 / trials);
  const failures = trials - successes;
  const logWays = logBinomial(trials, failures);
  let low = 0;
  let high = successes / trials;
  for (let i = 0; i < HALVINGS; i++) {
    const p = (low + high) / 2;
    if (atMostFailures(failures, trials, p, logWays) < ALPHA) low = p;
    else high = p;
  }
  return low;
}

/** P(at most `failures` of `trials` fail) when each succeeds with p: Σ C(n,k)·(1 − p)^k·p^(n−k), k from `failures` down. */
function atMostFailures(failures: number, trials: number, p: number, logWays: number): number {
  let term = Math.exp(logWays + failures * Math.log1p(-p) + (trials - failures) * Math.log(p));
  let sum = 0;
  for (let k = failures; k >= 0; k--) {
    sum += term;
    const next = (k / (trials - k + 1)) * (p / (1 - p));
    // p is below successes/trials, so that the terms fall from here on.
    if (next < 1 && term < sum * 1e-17) break;
    term *= next;
  }
  return sum;
}

/** ln C(n, k). */
function logBinomial(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= Math.min(k, n - k); i++) sum += Math.log((n - Math.min(k, n - k) + i) / i);
  return sum;
}
