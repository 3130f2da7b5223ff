/** The command as it was given, for the reproduce section of a report: ready for a shell, and without its passwords. */

const SECRET_FLAGS = ['--password', '--tls-key-password'];
const SECRET_TWINS = new Set(
  SECRET_FLAGS.map((flag) => `CALLGAUGE_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`),
);
/** In place of the secret. */
const MASK = '***';

/** @param args without the program's own name @param twins variables of the environment that stood for flags */
export function commandLine(args: readonly string[], twins: ReadonlyMap<string, string> = new Map()): string {
  const settings = [...twins].map(([name, value]) => `${name}=${quoted(SECRET_TWINS.has(name) ? MASK : value)}`);
  return [...settings, ...['callgauge', ...withoutSecrets(args)].map(quoted)].join(' ');
}

function withoutSecrets(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    if (SECRET_FLAGS.includes(args[index - 1] ?? '')) {
      return MASK;
    }
    const flag = SECRET_FLAGS.find((name) => arg.startsWith(`${name}=`));
    return flag === undefined ? arg : `${flag}=${MASK}`;
  });
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
