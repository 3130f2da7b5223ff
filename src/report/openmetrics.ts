/**
 * `metrics.txt`: every figure of a run in OpenMetrics 1.0 text, for the metrics report of GitLab and for the textfile collector of
 * Prometheus. Only gauges and summaries, which the older Prometheus format knows too; time in seconds; null is absent. Left out:
 * the seconds of the run, and host and scenario.
 */
import { METRICS, type MetricDefinition } from '../metrics/names.js';
import type { Result } from '../run/result.js';
import type { DistributionSummary } from '../run/result-fields.js';
import { namedGates } from './gate-words.js';
import { showHidden } from './visible-text.js';

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'summary';
  /** Suffix of the name as well (OpenMetrics 1.0, "Unit"). */
  readonly unit: 'seconds' | 'ratio' | null;
  readonly help: string;
  /** By name and labels: the format takes no sample twice. */
  readonly samples: Map<string, number>;
}

type Direction = 'received' | 'sent';
const DIRECTIONS: readonly Direction[] = ['received', 'sent'];
const QUANTILES = [
  ['0', 'min'],
  ['0.01', 'p1'],
  ['0.05', 'p5'],
  ['0.5', 'p50'],
  ['0.95', 'p95'],
  ['0.99', 'p99'],
  ['0.999', 'p99_9'],
  ['1', 'max'],
] as const;
const VERDICTS: readonly Result['verdict'][] = [
  'pass',
  'fail',
  'inconclusive',
  'interrupted',
  'crashed',
  'could-not-run',
  'in-progress',
  'unfinished',
];

/** Ends with `# EOF` and a newline. */
export function renderOpenMetrics(result: Result): string {
  const exposition = new Exposition();
  addRun(exposition, result);
  addGates(exposition, result);
  addCatalogue(exposition, result);
  addCounts(exposition, result);
  addGenerator(exposition, result);
  return exposition.text();
}

class Exposition {
  private readonly families = new Map<string, Family>();

  /** @param value null or not finite: no sample */
  gauge(name: string, help: string, value: number | null | undefined, labels: Labels = {}): void {
    if (value === null || value === undefined || !Number.isFinite(value)) return;
    const family = this.family(name, 'gauge', help);
    addSample(family, family.name, { labels, value });
  }

  /** Milliseconds become seconds. */
  summary(name: string, help: string, values: DistributionSummary | null | undefined, labels: Labels = {}): void {
    if (values === null || values === undefined) return;
    const family = this.family(name, 'summary', help);
    const scale = values.unit === 'ms' ? secondsOf : (value: number): number => value;
    for (const [quantile, key] of QUANTILES) {
      addSample(family, family.name, { labels: { ...labels, quantile }, value: scale(values[key]) });
    }
    addSample(family, `${family.name}_count`, { labels, value: values.count });
    addSample(family, `${family.name}_sum`, { labels, value: scale(values.mean * values.count) });
  }

  text(): string {
    return `${[...this.families.values()].map(familyText).join('')}# EOF\n`;
  }

  private family(name: string, type: Family['type'], help: string): Family {
    const fullName = `callgauge_${name}`;
    const unit = name.endsWith('_seconds') ? 'seconds' : name.endsWith('_ratio') ? 'ratio' : null;
    const family = this.families.get(fullName) ?? {
      name: fullName,
      type,
      unit,
      help,
      samples: new Map<string, number>(),
    };
    this.families.set(fullName, family);
    return family;
  }
}

function addRun(to: Exposition, { name, tool, verdict, exitCode, durationMs }: Result): void {
  to.gauge('run_info', 'The scenario and the version of callgauge.', 1, { name, version: tool.version });
  to.gauge('run_duration_seconds', 'Length of the run.', secondsOf(durationMs));
  to.gauge('run_exit_code', 'Exit code: 0 pass, 3 fail, 4 inconclusive.', exitCode);
  for (const one of VERDICTS) {
    to.gauge('run_verdict', '1 at the verdict of the run.', one === verdict ? 1 : 0, { verdict: one });
  }
}

function addGates(to: Exposition, { gates }: Result): void {
  for (const { name, gate } of namedGates(gates)) {
    const labels = { gate: name, severity: gate.severity };
    const passed = gate.state === 'pass' ? 1 : gate.state === 'fail' ? 0 : null;
    to.gauge('gate_passed', '1 or 0; absent where the gate could not be judged.', passed, labels);
    to.gauge('gate_judged', '1 where the gate passed or failed.', passed === null ? 0 : 1, labels);
    to.gauge('gate_observed', 'What was observed, in the unit of the gate.', gate.observed, {
      ...labels,
      unit: gate.unit,
    });
    to.gauge('gate_limit', 'The limit, in the unit of the gate.', gate.limit, { ...labels, unit: gate.unit });
    to.gauge('gate_margin', 'How far on the good side of the limit.', gate.margin, { ...labels, unit: gate.unit });
    to.gauge('gate_samples', 'Values behind what was observed.', gate.samples, labels);
  }
}

/** What gates can be about, by the catalogue: of the run, and of each endpoint where there are several. */
function addCatalogue(to: Exposition, result: Result): void {
  for (const metric of METRICS) {
    addMetric(to, metric, { from: result, prefix: '', labels: {} });
    for (const endpoint of result.endpoints.length > 1 ? result.endpoints : []) {
      addMetric(to, metric, { from: endpoint, prefix: 'endpoint_', labels: { endpoint: endpoint.name } });
    }
  }
}

interface Place {
  readonly from: object;
  /** Figures of endpoints have names of their own: a sum over all samples of one name counts nothing twice. */
  readonly prefix: string;
  readonly labels: Labels;
}

function addMetric(to: Exposition, metric: MetricDefinition, { from, prefix, labels }: Place): void {
  const name = prefix + nameOf(metric);
  const help = metric.description;
  if (!metric.path.includes('<direction>')) {
    addValue(to, name, { help, value: valueAt(from, metric.path), labels });
    return;
  }
  for (const direction of DIRECTIONS) {
    const path = metric.path.replace('<direction>', direction);
    const directed = { ...labels, direction };
    if (path.includes('.perCall.')) {
      addValue(to, name, { help, value: valueAt(from, path), labels: directed });
    } else {
      addValue(to, name, { help: `${help} By leg and second.`, value: valueAt(from, path), labels: directed });
      const perCall = path.replace(/\.(\w+)$/, '.perCall.$1');
      const callName = `${prefix}call_${nameOf(metric)}`;
      addValue(to, callName, { help: `${help} By call.`, value: valueAt(from, perCall), labels: directed });
    }
  }
}

function addValue(
  to: Exposition,
  name: string,
  { help, value, labels }: { readonly help: string; readonly value: unknown; readonly labels: Labels },
): void {
  if (typeof value === 'number') to.gauge(name, help, value, labels);
  else if (isDistribution(value)) to.summary(name, help, value, labels);
}

function addCounts(to: Exposition, result: Result): void {
  const { calls, load, signalling, quality, endpoints } = result;
  const callsHelp = 'Calls by what became of them; one call is in several.';
  const states = [
    'requested',
    'notStarted',
    'attempted',
    'answered',
    'failed',
    'completed',
    'dropped',
    'cut',
    'succeeded',
  ] as const;
  for (const state of states) {
    to.gauge('calls', callsHelp, calls[state], { state: snake(state) });
    for (const { name, calls: own } of endpoints.length > 1 ? endpoints : []) {
      to.gauge('endpoint_calls', callsHelp, own[state], { endpoint: name, state: snake(state) });
    }
  }
  to.gauge('calls_peak', 'Most calls alive at once.', calls.peakConcurrent);
  to.gauge('legs_reflected', 'Legs whose received packets are our own.', calls.roundTrip);
  for (const { count, cause, phase, sipStatus } of calls.causes) {
    const status = sipStatus === null ? '' : String(sipStatus);
    to.gauge('calls_not_completed', 'Calls that did not complete, by cause.', count, { cause, phase, status });
  }
  to.gauge('target_rate', 'Highest rate asked for, calls per second.', load.targetRate);
  to.gauge('starts_due', 'Starts that were due.', load.intended);
  to.gauge('starts_made', 'Starts that happened.', load.achieved);
  to.gauge('starts_held_back', 'Starts that waited for the concurrency cap, or for a free user.', load.heldBack);
  for (const { method, status, count } of signalling.responses) {
    to.gauge('sip_responses', 'SIP responses received.', count, { method, status: String(status) });
  }
  for (const { method, count } of signalling.retransmissions) {
    to.gauge('sip_retransmissions', 'Requests sent again.', count, { method });
  }
  to.gauge('sip_malformed', 'Datagrams that were no SIP message.', signalling.malformed);
  to.gauge('sip_dropped', 'SIP requests and forked answers dropped because there were too many.', signalling.dropped);
  for (const direction of DIRECTIONS) {
    for (const [kind, count] of Object.entries(quality[direction]?.packets ?? {})) {
      to.gauge('packets', 'RTP packets by what became of them.', count, { direction, kind });
    }
  }
  for (const { finding, legs } of quality.findings) to.gauge('odd_legs', 'Legs with an odd stream.', legs, { finding });
  for (const { name, codecs } of endpoints) {
    for (const { codec, legs } of codecs) to.gauge('legs', 'Legs by codec.', legs, { endpoint: name, codec });
  }
}

function addGenerator(to: Exposition, { generator }: Result): void {
  to.gauge(
    'generator_healthy',
    '1: the figures rest on a generator that kept up.',
    generator.verdict === 'healthy' ? 1 : 0,
  );
  to.summary('generator_send_lateness_seconds', 'How late RTP packets left.', generator.sendLatenessMs);
  to.summary('generator_event_loop_delay_seconds', 'Delay of the signalling threads.', generator.eventLoopDelayMs);
  to.summary('generator_start_lag_seconds', 'Actual minus intended start of calls.', generator.startLagMs);
  to.summary('generator_ack_to_rtp_seconds', 'From ACK to the first RTP packet sent.', generator.ackToRtpMs);
  to.summary('generator_floor_jitter_seconds', 'Jitter of this host alone.', generator.floor?.jitterMs);
  to.gauge('generator_packets_sent', 'RTP packets sent.', generator.sentPackets);
  to.gauge('generator_packets_missed', 'RTP packets skipped because they were late.', generator.missedPackets);
  to.gauge('generator_send_errors', 'Sends that failed.', generator.sendErrors);
  to.gauge('generator_receive_drops', 'Audio datagrams dropped at our sockets.', generator.receiveDrops);
  to.gauge('generator_signalling_drops', 'SIP datagrams dropped at our sockets.', generator.signallingDrops);
  to.gauge('generator_receive_drop_ratio', 'Share of them.', generator.receiveDropRatio);
  to.gauge('generator_clock_steps', 'Jumps of the wall clock.', generator.clockSteps);
  to.gauge('generator_cpu_ratio', 'CPU time of this process by wall time and cores.', generator.cpuRatio);
}

/** `loss` → `loss_ratio`, `jitter` → `jitter_seconds`. */
function nameOf({ id, unit }: MetricDefinition): string {
  if (unit === 'ms') return `${id}_seconds`;
  return unit === 'ratio' && !id.endsWith('_ratio') ? `${id}_ratio` : id;
}

function familyText({ name, type, unit, help, samples }: Family): string {
  const unitLine = unit === null ? '' : `# UNIT ${name} ${unit}\n`;
  const lines = [...samples].map(([key, value]) => `${key} ${value}\n`);
  return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escapeText(help)}\n${lines.join('')}`;
}

function addSample(
  { samples }: Family,
  name: string,
  { labels, value }: { readonly labels: Labels; readonly value: number },
): void {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  const key = `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`}`;
  if (!samples.has(key)) samples.set(key, value);
}

/** GitLab cuts a line at `#` even inside of quotes, and then refuses the file. */
function escapeLabel(text: string): string {
  return escapeText(showHidden(text).replaceAll('#', '＃'));
}

/** `escaped-string` of the grammar; of an older Prometheus as well. */
function escapeText(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('"', String.raw`\"`);
}

/** Without the digits that a division makes up. */
function secondsOf(ms: number): number {
  return Number((ms / 1000).toPrecision(12));
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function valueAt(from: object, path: string): unknown {
  let at: unknown = from;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null) return null;
    at = Reflect.get(at, key);
  }
  return at;
}

function isDistribution(value: unknown): value is DistributionSummary {
  return typeof value === 'object' && value !== null && 'p99_9' in value;
}
