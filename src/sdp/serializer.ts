/** Session description to text, in the order that RFC 8866 §5 asks for. */
import type { Attribute, Connection, SessionDescription } from './session-description.js';

/** The description with CRLF line ends. Line breaks inside a value become blanks. */
export function serializeSdp(session: SessionDescription): string {
  const { origin } = session;
  const family = origin.address.includes(':') ? 'IP6' : 'IP4';
  let text = line('v=0');
  text += line(`o=${origin.username} ${origin.sessionId} ${origin.sessionVersion} IN ${family} ${origin.address}`);
  text += line(`s=${session.name === '' ? '-' : session.name}`);
  text += connectionLine(session.connection) + line('t=0 0') + attributeLines(session.attributes);
  for (const media of session.media) {
    text += line(`m=${media.type} ${media.port} ${media.protocol} ${media.formats.join(' ')}`);
    text += connectionLine(media.connection) + attributeLines(media.attributes);
  }
  return text;
}

function line(content: string): string {
  const safe =
    content.includes('\r') || content.includes('\n') ? content.replaceAll('\r', ' ').replaceAll('\n', ' ') : content;
  return `${safe}\r\n`;
}

const connectionLine = (connection: Connection | null): string =>
  connection === null ? '' : line(`c=IN ${connection.family} ${connection.address}`);

function attributeLines(attributes: readonly Attribute[]): string {
  let text = '';
  for (const { name, value } of attributes) text += line(value === null ? `a=${name}` : `a=${name}:${value}`);
  return text;
}
