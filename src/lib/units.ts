/**
 * Values with units as people write them: durations (`150ms`), rates (`20/s`), ratios (`1%`). Strict: a plain decimal
 * number and its unit and nothing else; no sign, no exponent, no blank, never NaN or Infinity.
 */

/** What each parser expects, for messages: `expected ${UNIT_FORMS.rate}, got "20 per s"`. */
export const UNIT_FORMS = {
  duration: 'a duration like 10s',
  rate: 'a rate like 20/s',
  ratio: 'a ratio like 1% or 0.01',
} as const;

/** The same grammars as patterns without anchors, for JSON Schema. */
export const UNIT_PATTERNS = {
  duration: String.raw`\d+(\.\d+)?(ms|s|m|h)`,
  rate: String.raw`\d+(\.\d+)?/(s|m)`,
  ratio: String.raw`\d+(\.\d+)?%?`,
} as const;

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60 };

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const RATE = /^(\d+(?:\.\d+)?)\/(s|m)$/;
const RATIO = /^(\d+(?:\.\d+)?)(%?)$/;

/** `150ms`, `2s`, `1.5m`, `1h` → milliseconds (≥ 0); undefined when `text` is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  return match === null ? undefined : finite(Number(match[1]) * (MS_PER_UNIT[match[2] ?? ''] ?? Number.NaN));
}

/** `20/s`, `90/m` → per second (≥ 0); undefined when `text` is no rate. */
export function parseRate(text: string): number | undefined {
  const match = RATE.exec(text);
  return match === null ? undefined : finite(Number(match[1]) / (SECONDS_PER_UNIT[match[2] ?? ''] ?? Number.NaN));
}

/** `1%`, `0.01` → ratio (≥ 0; above 1 is for the caller to judge); undefined when `text` is no ratio. */
export function parseRatio(text: string): number | undefined {
  const match = RATIO.exec(text);
  return match === null ? undefined : finite(Number(match[1]) / (match[2] === '%' ? 100 : 1));
}

/**
 * Milliseconds in the largest unit that writes them exactly with at most one decimal: 1500 → `1.5s`, 90000 → `1.5m`.
 * `parseDuration` reads it back as the same number.
 */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's']) {
    const size = MS_PER_UNIT[unit] ?? 1;
    if (ms >= size && Number.isInteger((ms * 10) / size)) return `${plain(ms / size)}${unit}`;
  }
  return ms === 0 ? '0s' : `${plain(ms)}ms`;
}

/** Calls per second: 20 → `20/s`; written per minute where only that is exact: 1/3 → `20/m`. */
export function formatRate(perSecond: number): string {
  const perMinute = tidy(perSecond * 60);
  const exactPerSecond = Number.isInteger(perSecond * 1000);
  return !exactPerSecond && Number.isInteger(perMinute) ? `${plain(perMinute)}/m` : `${plain(perSecond)}/s`;
}

/** Ratio as percent: 0.995 → `99.5%`. */
export function formatRatio(ratio: number): string {
  return `${plain(tidy(ratio * 100))}%`;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? tidy(value) : undefined;
}

/** Takes away the last binary digits of noise: 99.9 / 100 is 0.9990000000000001 in doubles. */
function tidy(value: number): number {
  return Number(value.toPrecision(15));
}

/** Decimal digits without an exponent, which no parser here reads. */
function plain(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(12).replace(/\.?0+$/, '') : text;
}
