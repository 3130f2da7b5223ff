/** The command as reports show it. */
import { expect, it } from 'vitest';
import { commandLine } from '../../../src/cli/command-line.js';

it('masks every password, in both ways of giving it', () => {
  const args = ['run', '--password', 'one', '--password=two', '--tls-key-password', 'three', '--tls-key-password=four'];
  expect(commandLine(args)).toBe(
    "callgauge run --password '***' '--password=***' --tls-key-password '***' '--tls-key-password=***'",
  );
});

it('begins with the variables that stood for flags, those of secrets masked', () => {
  const twins = new Map([
    ['CALLGAUGE_TARGET', 'sip:600@pbx'],
    ['CALLGAUGE_PASSWORD', 'one'],
    ['CALLGAUGE_TLS_KEY_PASSWORD', 'two'],
    ['CALLGAUGE_GATE', 'mos.p5 >= 4'],
  ]);
  expect(commandLine(['run'], twins)).toBe(
    "CALLGAUGE_TARGET=sip:600@pbx CALLGAUGE_PASSWORD='***' CALLGAUGE_TLS_KEY_PASSWORD='***' CALLGAUGE_GATE='mos.p5 >= 4' callgauge run",
  );
});
