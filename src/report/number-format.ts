/** How numbers are written in every report: units, digits, thousands separators (comma), UTC times. */
import { format } from 'd3-format';

const grouped = format(',.0f');
const threeDigits = format(',.3~r');
const MINUS = '−';

/** `12,345`. */
export function formatCount(value: number): string {
  return withSign(value, grouped);
}

/** MOS, 2 decimals. */
export function formatMos(value: number): string {
  return withSign(value, (size) => size.toFixed(2));
}

/** E-model R, 1 decimal. */
export function formatR(value: number): string {
  return withSign(value, (size) => size.toFixed(1));
}

/** A ratio as a percentage with as many digits as it needs: `0 %`, `0.012 %`, `1.3 %`, `99.97 %`. */
export function formatRatio(value: number): string {
  return withSign(value, (size) => `${percentDigits(size * 100)} %`);
}

/** Milliseconds with three significant digits, seconds from 10 s on. */
export function formatMs(value: number): string {
  return withSign(value, formatMsSize);
}

/** Any figure without a unit of its own, three significant digits, whole from 1,000 on. */
export function formatNumber(value: number): string {
  return withSign(value, (size) => (size >= 1000 ? grouped(size) : threeDigits(size)));
}

const BY_UNIT: ReadonlyMap<string, (value: number) => string> = new Map([
  ['MOS', formatMos],
  ['R', formatR],
  ['ratio', formatRatio],
  ['ms', formatMs],
  ['count', formatNumber],
  ['factor', formatNumber],
  ['', formatNumber],
]);

/** A figure in the unit of its metric. */
export function formatValue(value: number, unit: string): string {
  return BY_UNIT.get(unit)?.(value) ?? `${formatNumber(value)} ${unit}`;
}

/** A figure with its sign always written: `+0.42`, `−1.3 %`. */
export function formatMargin(value: number, unit: string): string {
  return value > 0 ? `+${formatValue(value, unit)}` : formatValue(value, unit);
}

/** `0.8 s`, `45 s`, `2 min 05 s`, `1 h 00 min 00 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 10_000) return `${threeDigits(durationMs / 1000)} s`;
  const total = Math.round(durationMs / 1000);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = String(total % 60);
  if (hours > 0) return `${grouped(hours)} h ${twoDigits(minutes)} min ${seconds.padStart(2, '0')} s`;
  return minutes > 0 ? `${minutes} min ${seconds.padStart(2, '0')} s` : `${seconds} s`;
}

/** `m:ss`, or `h:mm:ss` from one hour on. */
export function formatClock(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = twoDigits(Math.floor(seconds % 60));
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** `m:ss`, with as many minutes as there are: `60:00`. */
export function formatMinutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${twoDigits(Math.floor(seconds % 60))}`;
}

/** `h:mm`. */
export function formatHours(seconds: number): string {
  return `${Math.floor(seconds / 3600)}:${twoDigits(Math.floor((seconds % 3600) / 60))}`;
}

/** A percentage (0–100) without its sign, with as many digits as `formatRatio` writes. */
export function formatPercent(percent: number): string {
  return withSign(percent, percentDigits);
}

/** ISO 8601 UTC to `2026-11-20 14:03:22 UTC`. */
export function formatUtc(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

/** Bytes in binary units, three significant digits. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${formatNumber(bytes / 1024 ** power)} ${units[power] ?? 'bytes'}`;
}

function formatMsSize(size: number): string {
  if (size >= 10_000) return `${threeDigits(size / 1000)} s`;
  if (size >= 1000) return `${grouped(size)} ms`;
  return size > 0 && size < 0.001 ? '<0.001 ms' : `${threeDigits(size)} ms`;
}

/** Digits grow towards 0 % and towards 100 %, so that 99.97 % is not written 100 %. */
function percentDigits(percent: number): string {
  if (percent === 0 || percent === 100) return String(percent);
  const distance = Math.min(percent, Math.abs(100 - percent));
  const decimals = distance >= 1 ? 1 : Math.min(6, 1 - Math.floor(Math.log10(distance)));
  const text = percent.toFixed(decimals).replace(/\.?0+$/, '');
  if (text === '0') return '<0.000001';
  return percent < 100 && text === '100' ? '>99.999999' : text;
}

function withSign(value: number, write: (size: number) => string): string {
  return value < 0 ? `${MINUS}${write(-value)}` : write(value);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
