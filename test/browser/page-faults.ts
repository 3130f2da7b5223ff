/** What is run inside the page to find what is wrong with its looks; each function holds all it needs. */

/** What sticks out or overlaps, which axis has no unit, which text is no text, in words. */
export function findFaults(): string[] {
  const faults: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`page is ${root.scrollWidth} wide in ${root.clientWidth}`);
  for (const svg of document.querySelectorAll('svg.chart, .strips th > svg')) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    const title = svg.querySelector('title')?.textContent ?? 'heatmap';
    const boxes = [...svg.querySelectorAll('text')].map((text) => ({
      label: text.textContent ?? '',
      box: text.getBoundingClientRect(),
    }));
    boxes.forEach(({ label, box }, index) => {
      const inside =
        box.left >= frame.left - 0.5 &&
        box.right <= frame.right + 0.5 &&
        box.top >= frame.top - 0.5 &&
        box.bottom <= frame.bottom + 0.5;
      if (!inside) faults.push(`cut text: ${label} in ${title}`);
      for (const other of boxes.slice(index + 1)) {
        const apart =
          box.right <= other.box.left ||
          other.box.right <= box.left ||
          box.bottom <= other.box.top ||
          other.box.bottom <= box.top;
        if (!apart) faults.push(`overlap: ${label} / ${other.label} in ${title}`);
      }
    });
    if (svg.matches('.chart')) {
      const units = [...svg.querySelectorAll('.axis > text, .name')].map((text) => text.textContent ?? '');
      if (units.length !== 2 || units.some((unit) => !/[a-z%]/i.test(unit))) faults.push(`no unit: ${title}`);
    }
  }
  const text = document.querySelector('.page')?.textContent ?? '';
  const odd = /NaN|undefined|Infinity|\[object/.exec(text);
  if (odd !== null) faults.push(`odd text: ${text.slice(odd.index - 30, odd.index + 30)}`);
  for (const element of document.querySelectorAll('dt, dd, h1 .name, .state, nav a, legend, summary')) {
    const { overflowX } = getComputedStyle(element);
    if (overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1)
      faults.push(`cut: ${element.textContent}`);
  }
  return faults;
}

/** Contrast of texts and chart marks against the paper. */
export function measureContrast(): { text: number[]; marks: number[] } {
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- serialised into the page as a whole
  const luminance = (color: string): number => {
    const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
      const level = Number(part) / 255;
      return level <= 0.03928 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- the same
  const backdrop = (element: Element): string => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!/^rgba\(.*, 0\)$|^transparent$/.test(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const contrast = (element: Element, property: 'color' | 'stroke' | 'fill'): number => {
    const both = [luminance(getComputedStyle(element)[property]), luminance(backdrop(element))];
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  };
  const of = (selector: string, property: 'color' | 'stroke' | 'fill'): number[] =>
    [...document.querySelectorAll(selector)].map((element) => contrast(element, property));
  return {
    text: [
      ...of(
        'h1, h2, h3, p, th, td, dt, dd, li, a, caption, summary, figcaption span, .verdict, .state, footer, button, select, input',
        'color',
      ),
      ...of('svg text', 'fill'),
    ],
    marks: [...of('.main, .second, .sent, .target, .limit, .alarm', 'stroke'), ...of('.bar, .sent-bar', 'fill')],
  };
}
