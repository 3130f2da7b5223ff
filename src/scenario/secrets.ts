/** Where secrets stand in a document, so that no message quotes them, whatever is wrong with them. */

/** In a message, in place of what was written. */
export const NOT_SHOWN = ' (what was given is not shown)';

/** Whether the value at this path text is a password, or something in place of credentials. */
export function isSecretPath(path: string): boolean {
  return /(^|\.)auth(\.password\b.*)?$|\.keyPassword\b.*$|^users\[\d+\]\.password\b.*$/.test(path);
}

const CREDENTIALS = /(^|\.)auth\.(user|password)$|\.keyPassword$/;
const KEYS = /^call\.(expect\.dtmf|steps\[\d+\]\.(dtmf|expectDtmf)(\.digits)?)$/;

/** Credentials and keys to press are text: a reference that stands for `0123` or `true` stays what it is. */
export function isTextPath(path: string): boolean {
  return CREDENTIALS.test(path) || KEYS.test(path) || isRowPath(path);
}

/** Whether the value at this path may be one of each row of a CSV file. */
export function isRowPath(path: string): boolean {
  return /^users\[\d+\]\.(user|password|authUser)$/.test(path);
}

/** Whether a line of the file may hold a password: then the parser, which quotes what it does not like, is not quoted. */
export function isSecretLine(line: string): boolean {
  return /password|auth/i.test(line);
}

/** A SIP URI may hold a password, which is refused and not quoted. */
export function withoutUriPassword(text: string): string {
  return text.replace(/^(sips?:[^@:]*):[^@]*@/i, '$1:***@');
}
