/** A small strict check of HTML: every tag closed in order, attributes quoted and named once, no stray `<` or `&`. */

const VOID = new Set(['meta', 'br', 'hr', 'link']);
const TAG = /^<(\/?)([a-z][a-z0-9]*)((?:\s[a-zA-Z-]+(?:="[^"<]*")?)*)\s?(\/?)>/;
const ENTITY = /&(?!(?:amp|lt|gt|quot|#39|#96);)/;

/** What is wrong with `html`, in words; empty when it is well-formed. */
export function markupFaults(html: string): string[] {
  const faults: string[] = [];
  const open: string[] = [];
  let at = html.indexOf('>') + 1;
  while (at < html.length) {
    const next = html.indexOf('<', at);
    const text = html.slice(at, next === -1 ? undefined : next);
    if (open.at(-1) !== 'style' && (ENTITY.test(text) || text.includes('>')))
      faults.push(`stray character in: ${text.slice(0, 60)}`);
    if (next === -1) break;
    const tag = TAG.exec(html.slice(next, next + 400_000));
    if (tag === null) return [...faults, `no tag: ${html.slice(next, next + 60)}`];
    const [all, slash = '', name = '', attributes = '', selfClosed = ''] = tag;
    if (ENTITY.test(attributes)) faults.push(`stray & in: ${all.slice(0, 80)}`);
    if (new Set(attributeNames(attributes)).size !== attributeNames(attributes).length)
      faults.push(`twice the same attribute: ${all.slice(0, 80)}`);
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
