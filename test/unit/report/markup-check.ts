/**
 * A small strict check of HTML: every tag closed in order, attributes quoted and named once, no stray `<` or `&`. Only
 * cells and rows of a table may leave out their end tag.
 */

const VOID = new Set(['meta', 'br', 'hr', 'link']);
const TAG = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"<]*")?)*)\s?(\/?)>/;
const RAW = new Set(['style', 'script']);
/** By the tag that follows: what it closes when it is still open. */
const CLOSES: Readonly<Record<string, readonly string[]>> = {
  td: ['td', 'th'],
  th: ['td', 'th'],
  tr: ['td', 'th', 'tr'],
  '/tbody': ['td', 'th', 'tr'],
  '/tr': ['td', 'th'],
};
const ENTITY = /&(?!(?:amp|lt|gt|quot|#39|#96);)/;

/** What is wrong with `html`, in words; empty when it is well-formed. */
export function markupFaults(html: string): string[] {
  const faults: string[] = [];
  const open: string[] = [];
  let at = html.indexOf('>') + 1;
  while (at < html.length) {
    const isRaw = RAW.has(open.at(-1) ?? '');
    const next = html.indexOf(isRaw ? `</${open.at(-1)}` : '<', at);
    const text = html.slice(at, next === -1 ? undefined : next);
    if (!isRaw && (ENTITY.test(text) || text.includes('>'))) faults.push(`stray character in: ${text.slice(0, 60)}`);
    if (next === -1) break;
    const tag = TAG.exec(html.slice(next, next + 400_000));
    if (tag === null) return [...faults, `no tag: ${html.slice(next, next + 60)}`];
    const [all, slash = '', name = '', attributes = '', selfClosed = ''] = tag;
    if (ENTITY.test(attributes)) faults.push(`stray & in: ${all.slice(0, 80)}`);
    if (new Set(attributeNames(attributes)).size !== attributeNames(attributes).length)
      faults.push(`twice the same attribute: ${all.slice(0, 80)}`);
    for (const closed of CLOSES[`${slash}${name}`] ?? []) if (open.at(-1) === closed) open.pop();
    if (slash === '/') {
      const opened = open.pop();
      if (opened !== name) faults.push(`</${name}> closes <${opened ?? 'nothing'}>`);
    } else if (selfClosed === '' && !VOID.has(name)) open.push(name);
    at = next + all.length;
  }
  return [...faults, ...open.map((name) => `<${name}> is never closed`)];
}

function attributeNames(attributes: string): string[] {
  return [...attributes.replaceAll(/"[^"]*"/g, '""').matchAll(/\s([a-zA-Z-]+)/g)].map((match) => match[1] ?? '');
}
