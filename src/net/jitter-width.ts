/**
 * How far delays must be spread for a jitter that was asked for, on a link that keeps the order.
 *
 * Each packet draws a delay X, uniform over [0, W), and leaves after X but never before the packet that went ahead of it:
 * with packets T apart, its delay is Y(i) = max(X(i), Y(i−1) − T) = max over k of (X(i−k) − kT). So the distribution of Y is
 * G(y) = ∏ F(y + kT), F being that of X. RFC 3550's estimate settles at E|D|, D = Y(i) − Y(i−1). D has mean 0, hence
 * E|D| = 2·E[max(D, 0)] = 2·E[max(X − Y, 0)] = (2/W) · ∫ (W − y)·G(y) dy over [0, W]. With W ≤ T nothing ever waits for the
 * packet ahead and this is W/3; beyond, it grows ever slower and stays below 2T.
 */

const STEPS = 1000;
/** Halvings of the search. */
const HALVINGS = 50;
const WIDEST_MS = 5000;

/** The jitter E|D| of delays that are uniform over `widthMs`, for packets `packetMs` apart that keep their order. */
export function jitterOfWidth(widthMs: number, packetMs: number): number {
  if (widthMs <= 0) {
    return 0;
  }
  const stepMs = widthMs / STEPS;
  let integral = 0;
  for (let i = 0; i < STEPS; i++) {
    const y = (i + 0.5) * stepMs;
    integral += (widthMs - y) * shareBelow(y, widthMs, packetMs) * stepMs;
  }
  return (2 / widthMs) * integral;
}

/** G(y). */
function shareBelow(y: number, widthMs: number, packetMs: number): number {
  let share = 1;
  for (let reached = y; reached < widthMs; reached += packetMs) {
    share *= reached / widthMs;
  }
  return share;
}

/** The width W whose jitter is `jitterMs`, which is below 2·`packetMs`. */
export function widthOfJitter(jitterMs: number, packetMs: number): number {
  let low = 0;
  let high = WIDEST_MS;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (jitterOfWidth(middle, packetMs) < jitterMs) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return jitterMs <= 0 ? 0 : low;
}
