/** Script of the report: a cursor and a zoom that all charts over time share. Values are read from the table twins. */

/** Text of the script; runs within one function, after `page.ts`. */
export const CURSOR_SCRIPT = String.raw`
const clock = (text) => text.split('–')[0].split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
const label = (second, span) => {
  if (span <= 120) return String(Math.round(second * 100) / 100);
  const two = (value) => String(Math.floor(value)).padStart(2, '0');
  return span <= 3600
    ? Math.floor(second / 60) + ':' + two(second % 60)
    : Math.floor(second / 3600) + ':' + two((second / 60) % 60);
};
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
const charts = [...document.querySelectorAll('figure[data-span]')].map((figure) => {
  const plots = [...figure.querySelectorAll('.plot,.heat-row')];
  const entries = [...figure.querySelectorAll('[data-columns]')].map((entry) => {
    const name = entry.textContent.trim();
    const value = add(entry, 'b', { class: 'value' });
    return { name, value, columns: entry.dataset.columns.split(' ').map(Number) };
  });
  const at = add(figure.querySelector('figcaption'), 'span', { class: 'at', 'aria-hidden': 'true' });
  const target = figure.querySelector('svg.chart') || figure.querySelector('.strips');
  return { figure, plots, entries, at, target, span: Number(figure.dataset.span), ticks: figure.querySelector('.ticks') };
});
const span = Math.max(1, ...charts.map((chart) => chart.span));
const rowsOf = (chart) =>
  (chart.rows ||= [...chart.figure.querySelectorAll('details tbody tr')].map((row) => ({
    from: clock(row.cells[0].textContent),
    name: row.cells[0].textContent,
    cells: [...row.cells].slice(1).map((cell) => cell.textContent),
  })));
const view = { from: 0, to: span };
let cursor = null;

const showCursor = (second) => {
  cursor = second === null ? null : Math.min(span - 0.01, Math.max(0, second));
  for (const chart of charts) {
    const rows = cursor === null ? [] : rowsOf(chart);
    const row = rows.findLast(({ from }) => from <= cursor);
    for (const { value, columns } of chart.entries) {
      value.textContent = row ? columns.map((column) => row.cells[column]).join('–') : '';
    }
    chart.at.textContent = row ? row.name : '';
    for (const plot of chart.plots) {
      let line = plot.querySelector('.cursor');
      if (!row) {
        line?.remove();
        continue;
      }
      line ||= add(plot, 'line', { class: 'cursor', stroke: 'currentColor', 'vector-effect': 'non-scaling-stroke' });
      const x = plot.matches('.plot') ? cursor : (cursor / span) * 100 + '%';
      set(line, { x1: x, x2: x, y1: -8, y2: 999 });
    }
    if (chart.slider && row) {
      const values = chart.entries.map(({ name, value }) => name + ' ' + value.textContent).join(', ');
      set(chart.slider, { 'aria-valuenow': Math.floor(cursor), 'aria-valuetext': row.name + (values && ': ' + values) });
    }
  }
};

const showView = (from, to) => {
  const least = Math.min(2, span);
  const width = Math.min(span, Math.max(least, to - from));
  view.from = Math.min(span - width, Math.max(0, from));
  view.to = view.from + width;
  const ticksOf = (most) => {
    const step = STEPS.find((seconds) => width / seconds <= most) || Math.ceil(width / most / 86400) * 86400;
    const seconds = [];
    for (let at = Math.ceil(view.from / step) * step; at <= view.to + 1e-6; at += step) seconds.push(at);
    return seconds;
  };
  const seconds = ticksOf(5);
  for (const { plots, ticks } of charts) {
    for (const plot of plots) {
      if (plot.matches('.plot')) {
        const [, top, , height] = plot.getAttribute('viewBox').split(' ');
        set(plot, { viewBox: [view.from, top, width, height].join(' ') });
        set(plot.querySelector('.upright'), { d: seconds.map((at) => 'M' + at + ' 0v' + height).join('') });
      } else set(plot, { x: (-view.from / width) * 100 + '%', width: (span / width) * 100 + '%' });
    }
    if (ticks) {
      const isPlot = ticks.parentNode.matches('.axis');
      for (const text of ticks.querySelectorAll('text:not(.name)')) text.remove();
      for (const at of isPlot ? seconds : ticksOf(3)) {
        const share = (at - view.from) / width;
        const text = add(ticks, 'text', { x: share * 100 + '%', y: isPlot ? 19 : 12 });
        if (share > 0.96) set(text, { 'text-anchor': 'end' });
        else if (!isPlot) set(text, { 'text-anchor': share ? 'middle' : 'start' });
        text.textContent = label(at, width > 120 || view.to <= 120 ? span : 121);
      }
    }
  }
  reset.style.visibility = width === span ? 'hidden' : '';
  reset.title = label(view.from, Math.max(121, span)) + '–' + label(view.to, Math.max(121, span));
};
const zoomBy = (factor) => {
  const middle = cursor === null ? (view.from + view.to) / 2 : cursor;
  showView(middle - (middle - view.from) * factor, middle + (view.to - middle) * factor);
};
const reset = document.createElement('button');
set(reset, { type: 'button', class: 'reset' });
tools.prepend(reset);
reset.addEventListener('click', () => showView(0, span));
reset.style.visibility = 'hidden';
reset.textContent = 'Reset zoom';

const KEYS = {
  ArrowLeft: (step) => showCursor((cursor ?? span) - step),
  ArrowRight: (step) => showCursor((cursor ?? -step) + step),
  PageDown: (step) => showCursor((cursor ?? span) - step * 10),
  PageUp: (step) => showCursor((cursor ?? 0) + step * 10),
  Home: () => showCursor(view.from),
  End: () => showCursor(view.to - 0.01),
  '+': () => zoomBy(0.5),
  '=': () => zoomBy(0.5),
  '-': () => zoomBy(2),
  Escape: () => (showView(0, span), showCursor(null)),
};
for (const chart of charts) {
  const { target, figure } = chart;
  const title = figure.querySelector('strong').textContent;
  if (target.matches('svg')) {
    chart.slider = target;
    set(target, { role: 'slider', tabindex: 0, 'aria-label': title + ' over time', 'aria-valuemin': 0, 'aria-valuemax': span - 1, 'aria-valuenow': 0, 'aria-valuetext': 'arrow keys move the cursor, plus and minus zoom, Escape shows all' });
  }
  const plot = chart.plots[0];
  const secondAt = (event) => {
    const isPlot = plot.matches('.plot');
    const box = (isPlot ? target : plot.parentNode).getBoundingClientRect();
    const left = box.left + (isPlot ? plot.x.baseVal.value : 0);
    const width = isPlot ? plot.width.baseVal.value : box.width;
    return view.from + ((event.clientX - left) / width) * (view.to - view.from);
  };
  let start = null;
  let box = null;
  target.addEventListener('pointermove', (event) => {
    const second = secondAt(event);
    if (second >= view.from && second <= view.to) showCursor(second);
    if (start === null || !plot.matches('.plot')) return;
    box ||= add(plot, 'rect', { class: 'drag', fill: 'currentColor', 'fill-opacity': 0.15, y: -8, height: 999 });
    set(box, { x: Math.min(start, second), width: Math.abs(second - start) });
  });
  target.addEventListener('pointerleave', () => start === null && showCursor(null));
  target.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    start = secondAt(event);
    target.setPointerCapture(event.pointerId);
  });
  target.addEventListener('pointerup', (event) => {
    const end = secondAt(event);
    if (start !== null && Math.abs(end - start) > (view.to - view.from) / 50) showView(Math.min(start, end), Math.max(start, end));
    start = null;
    box?.remove();
    box = null;
  });
  target.addEventListener('pointercancel', () => {
    start = null;
    box?.remove();
    box = null;
  });
  target.addEventListener('dblclick', () => showView(0, span));
  target.addEventListener('blur', () => showCursor(null));
  target.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act(Math.max(1, Math.round((view.to - view.from) / 100)));
  });
}
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && view.to - view.from < span) showView(0, span);
});
`;
