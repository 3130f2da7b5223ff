/** Script of the report: what the rest builds on, and the theme, which is remembered where storage is allowed. */

/** Text of the script; runs first within one function. */
export const PAGE_SCRIPT = String.raw`
const set = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
const add = (parent, name, attributes = {}) => {
  const space = parent instanceof SVGElement ? parent.namespaceURI : document.documentElement.namespaceURI;
  return parent.appendChild(set(document.createElementNS(space, name), attributes));
};
const root = document.documentElement;
root.classList.add('scripted');
const tools = add(document.querySelector('nav'), 'div', { class: 'tools' });
const memory = (() => {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
})();
const THEME = 'callgauge-theme';
const themes = ['auto', 'light', 'dark'];
const applyTheme = (theme) => {
  if (theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = theme;
};
const choice = add(add(tools, 'label'), 'select', { 'aria-label': 'Theme' });
for (const theme of themes) add(choice, 'option', { value: theme }).textContent = theme === 'auto' ? 'Theme: auto' : theme;
const kept = memory?.getItem(THEME);
if (themes.includes(kept)) choice.value = kept;
applyTheme(choice.value);
choice.addEventListener('change', () => {
  applyTheme(choice.value);
  try {
    memory?.setItem(THEME, choice.value);
  } catch {}
});
`;
