/**
 * A strict reader of the XML that a report may hold (XML 1.0 without DTD, CDATA, comments and namespaces), and the published
 * rules for JUnit files as a table. It throws where a real parser or validator would.
 */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text of its own, entities read. */
  readonly text: string;
}

/** XML 1.0 §2.2, production 2. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** @throws Error where the text is no well-formed document */
export function parseXml(text: string): XmlElement {
  if (FORBIDDEN.test(text)) throw new Error('a character that XML 1.0 forbids');
  const body = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n([^]*)$/.exec(text)?.[1];
  if (body === undefined) throw new Error('no declaration');
  const reader = new Reader(body);
  const root = reader.element();
  if (reader.rest.trim() !== '') throw new Error(`text behind the root: ${reader.rest.slice(0, 40)}`);
  return root;
}

class Reader {
  private at = 0;

  constructor(private readonly source: string) {}

  get rest(): string {
    return this.source.slice(this.at);
  }

  element(): XmlElement {
    const name = this.take(/<([a-z][a-z-]*)/y)[1] ?? '';
    const attributes = new Map<string, string>();
    for (let match = this.optional(/ ([a-zA-Z]+)="([^<"]*)"/y); match !== null;) {
      const [, key = '', value = ''] = match;
      if (attributes.has(key)) throw new Error(`attribute ${key} twice`);
      // XML 1.0 §3.3.3: white space in an attribute is read as a space.
      attributes.set(key, unescaped(value).replaceAll(/[\t\n\r]/g, ' '));
      match = this.optional(/ ([a-zA-Z]+)="([^<"]*)"/y);
    }
    if (this.optional(/\/>/y) !== null) return { name, attributes, children: [], text: '' };
    this.take(/>/y);
    const children: XmlElement[] = [];
    let text = '';
    while (this.optional(new RegExp(`</${name}>`, 'y')) === null) {
      const run = this.take(/[^<]*/y)[0];
      if (run.includes(']]>')) throw new Error(']]> in text');
      text += unescaped(run);
      if (this.rest.startsWith('</')) continue;
      children.push(this.element());
    }
    return { name, attributes, children, text };
  }

  private optional(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.source);
    this.at += match?.[0].length ?? 0;
    return match;
  }

  private take(pattern: RegExp): RegExpExecArray {
    const match = this.optional(pattern);
    if (match === null) throw new Error(`expected ${pattern.source} at ${JSON.stringify(this.rest.slice(0, 40))}`);
    return match;
  }
}

function unescaped(text: string): string {
  return text.replaceAll(/&([^;]*);?/g, (whole, name: string) => {
    const character = whole.endsWith(';') ? ENTITIES.get(name) : undefined;
    if (character === undefined) throw new Error(`no entity: ${whole}`);
    return character;
  });
}

interface Rule {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly children: readonly string[];
  /** Whether it may hold text. */
  readonly mixed: boolean;
}

const OUTCOME: Rule = { required: [], optional: ['type', 'message'], children: [], mixed: true };
const OUTPUT: Rule = { required: [], optional: [], children: [], mixed: true };

/** What the Jenkins xUnit plug-in publishes as junit-10.xsd, for the elements that we write. */
const RULES: Readonly<Record<string, Rule>> = {
  testsuites: {
    required: [],
    optional: ['name', 'time', 'tests', 'failures', 'errors'],
    children: ['testsuite'],
    mixed: false,
  },
  testsuite: {
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['group', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url'],
    children: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
    mixed: false,
  },
  properties: { required: [], optional: [], children: ['property'], mixed: false },
  property: { required: ['name', 'value'], optional: [], children: [], mixed: false },
  testcase: {
    required: ['name'],
    optional: ['time', 'classname', 'group'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
    mixed: false,
  },
  skipped: OUTCOME,
  error: OUTCOME,
  failure: OUTCOME,
  'system-out': OUTPUT,
  'system-err': OUTPUT,
};
/** SUREFIRE_TIME of that schema. */
const TIME = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/;

/** Everything that the schema forbids. */
export function junitFaults(element: XmlElement): string[] {
  const rule = RULES[element.name];
  if (rule === undefined) return [`no element ${element.name}`];
  const known = new Set([...rule.required, ...rule.optional]);
  const time = element.name === 'testcase' ? undefined : element.attributes.get('time');
  return [
    ...rule.required.filter((name) => !element.attributes.has(name)).map((name) => `${element.name} lacks ${name}`),
    ...[...element.attributes.keys()].filter((name) => !known.has(name)).map((name) => `${element.name} has ${name}`),
    ...(time === undefined || TIME.test(time) ? [] : [`time ${time}`]),
    ...(!rule.mixed && element.text.trim() !== '' ? [`text in ${element.name}`] : []),
    ...element.children
      .filter(({ name }) => !rule.children.includes(name))
      .map(({ name }) => `${name} in ${element.name}`),
    ...element.children.flatMap(junitFaults),
  ];
}

/** A test as GitLab takes it from the file: the first of these elements decides, its text is the output. */
export interface ReadCase {
  readonly suite: string;
  readonly classname: string;
  readonly name: string;
  readonly status: 'failed' | 'error' | 'skipped' | 'success';
  readonly output: string;
}

export function gitlabCases(root: XmlElement): ReadCase[] {
  return root.children.flatMap((suite) =>
    suite.children
      .filter(({ name }) => name === 'testcase')
      .map(({ attributes, children }) => {
        const find = (name: string): XmlElement | undefined => children.find((child) => child.name === name);
        const decided = find('failure') ?? find('error') ?? find('skipped');
        const status = decided === undefined ? 'success' : decided.name === 'failure' ? 'failed' : decided.name;
        return {
          suite: suite.attributes.get('name') ?? '',
          classname: attributes.get('classname') ?? '',
          name: attributes.get('name') ?? '',
          status: status as ReadCase['status'],
          output: decided?.text ?? '',
        };
      }),
  );
}
