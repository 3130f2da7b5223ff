/** The command as it was given, for the reproduce section of a report: ready for a shell, and without the password. */

const SECRET_FLAG = '--password';
/** In place of the secret. */
const MASK = '***';

/** @param args without the program's own name */
export function commandLine(args: readonly string[]): string {
  return ['callgauge', ...withoutSecrets(args)].map(quoted).join(' ');
}

function withoutSecrets(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    if (args[index - 1] === SECRET_FLAG) {
      return MASK;
    }
    return arg.startsWith(`${SECRET_FLAG}=`) ? `${SECRET_FLAG}=${MASK}` : arg;
  });
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
