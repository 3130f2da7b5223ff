/** Script of the report: tables that sort by a column, a filter over endpoints and worst calls, links that open what they lead to. */

/** Text of the script; runs last within one function. */
export const TABLES_SCRIPT = String.raw`
const FACTORS = { ms: 1, s: 1000, min: 60000, KiB: 1024, MiB: 1048576, GiB: 1073741824 };
const numberOf = (text) => {
  const found = /^[#<>+]?(−?[\d,]*\.?\d+)\s*(\S*)/.exec(text);
  return found && !/^\d+:\d/.test(text)
    ? Number(found[1].replace('−', '-').replaceAll(',', '')) * (FACTORS[found[2]] ?? 1)
    : /^\d+:\d\d/.test(text) ? clock(text) : null;
};
const unknown = (text) => text === '' || text === '–' || text.startsWith('not measured');
const compare = (a, b) => {
  if (a.gone || b.gone) return a.gone - b.gone;
  const order = a.number !== null && b.number !== null ? a.number - b.number : a.text.localeCompare(b.text, 'en', { numeric: true });
  return order * a.sign;
};
const sortBy = (table, header, index) => {
  const sign = header.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  set(header, { 'aria-sort': sign === 1 ? 'ascending' : 'descending' });
  const keys = [...table.tBodies[0].rows].map((row) => {
    const text = row.cells[index].textContent.trim();
    return { row, sign, text, number: numberOf(text), gone: unknown(text) ? 1 : 0 };
  });
  table.tBodies[0].append(...keys.sort(compare).map(({ row }) => row));
};
for (const table of document.querySelectorAll('section table:not(.strips)')) {
  const body = table.tBodies[0];
  const headers = table.tHead?.rows.length === 1 ? [...table.tHead.rows[0].cells] : [];
  const regular = body && body.rows.length > 1 && [...body.rows].every((row) => row.cells.length === headers.length);
  if (!regular) continue;
  headers.forEach((header, index) => {
    const button = document.createElement('button');
    set(button, { type: 'button', class: 'sort' }).append(...header.childNodes);
    header.append(button);
    button.addEventListener('click', () => sortBy(table, header, index));
  });
}

const ITEMS = 'tbody tr,[id^="call-"]';
for (const id of ['endpoints', 'worst-calls']) {
  const section = document.getElementById(id);
  const items = [...(section?.querySelectorAll(ITEMS) ?? [])].filter(
    (item) => !item.closest('details:not([id^="call-"])') && !item.parentElement.closest(ITEMS),
  );
  if (items.length < 4) continue;
  const box = document.createElement('p');
  box.className = 'filter';
  section.querySelector('h2').after(box);
  const field = add(add(box, 'label'), 'input', { type: 'search', placeholder: 'Filter', 'aria-label': 'Filter ' + section.querySelector('h2').textContent.toLowerCase() });
  const count = add(box, 'output');
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      shown += item.hidden ? 0 : 1;
    }
    count.textContent = words.length === 0 ? '' : shown + ' of ' + items.length + ' rows';
  });
}

const openTarget = () => {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id && document.getElementById(id);
  if (!target) return;
  for (let at = target; at; at = at.parentElement) {
    at.hidden = false;
    if (at.matches('details')) at.open = true;
  }
  for (const inner of target.matches('[id^="call-"]') ? target.querySelectorAll('details') : []) inner.open = true;
  target.scrollIntoView();
};
addEventListener('hashchange', openTarget);
openTarget();
`;
