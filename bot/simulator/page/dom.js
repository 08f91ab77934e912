/* DOM building and diffing. HTML is never parsed. */

const ICONS = {
  hash: 'M9 4 7 20M17 4l-2 16M4 9h17M3 15h17', thread: 'M5 4v8a4 4 0 0 0 4 4h10M15 12l4 4-4 4',
  plus: 'M12 5v14M5 12h14', send: 'M5 12h14M13 6l6 6-6 6', reply: 'M9 6 4 11l5 5M4 11h10a6 6 0 0 1 6 6v1',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4', trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1', close: 'M6 6l12 12M18 6 6 18', menu: 'M4 7h16M4 12h16M4 17h16', down: 'm6 9 6 6 6-6',
  smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.4M15 9.5v.4', file: 'M14 3H6v18h12V7zM14 3v4h4',
  check: 'm5 12 5 5 9-10', download: 'M12 4v11M7 11l5 5 5-5M5 20h14', more: 'M5 12h.01M12 12h.01M19 12h.01', lock: 'M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3', bubble: 'M4 5h16v11h-9l-5 4v-4H4z',
};

const SVG = 'http://www.w3.org/2000/svg';
export const $ = (id) => document.getElementById(id);
const ATTRIBUTES = { do: 'data-do', test: 'data-testid', label: 'aria-label' };

/** An element: h('button.solid', { do: 'send' }, 'Send'). Strings become text nodes, so user content cannot inject markup. */
export function h(spec, attributes, ...children) {
  const [tag, ...classes] = spec.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes ?? {}))
    if (value !== null && value !== undefined && value !== false) node.setAttribute(ATTRIBUTES[name] ?? name, value === true ? '' : value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ''));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(SVG, 'path'));
  svg.firstChild.setAttribute('d', ICONS[name]);
  return svg;
}

export const iconButton = (name, label, action, more) => h('button.tool', { type: 'button', do: action, label: label, title: label, ...more }, icon(name));

/** Updates `old` to equal `fresh` with minimal changes, so that a streaming answer keeps selection and focus. */
export function morph(old, fresh) {
  if (old.nodeName !== fresh.nodeName || old.dataset?.key !== fresh.dataset?.key) return old.replaceWith(fresh);
  if (old.isEqualNode(fresh) || /^(INPUT|TEXTAREA|SELECT)$/.test(old.nodeName)) return; // keep what the user has typed
  if (old.nodeType === Node.TEXT_NODE) {
    if (fresh.data.startsWith(old.data)) old.appendData(fresh.data.slice(old.data.length));
    else old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== 'data-open') old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  mount(old, ...fresh.childNodes);
}

/** Updates the children of `parent` to equal `nodes`. */
export function mount(parent, ...nodes) {
  nodes = nodes.flat(Infinity).filter(Boolean);
  nodes.forEach((node, i) => (parent.childNodes[i] ? morph(parent.childNodes[i], node) : parent.append(node)));
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
}

/** Updates a keyed list; a row is rebuilt only if its signature has changed. */
export function reconcile(parent, rows) {
  const keys = new Set(rows.map((row) => row.key));
  for (const node of [...parent.children]) if (!keys.has(node.dataset.key)) node.remove();
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let cursor = parent.firstElementChild;
  for (const { key, signature, build } of rows) {
    let node = old.get(key);
    if (node?.signature !== signature) {
      const fresh = build();
      fresh.dataset.key = key;
      if (node) morph(node, fresh);
      else node = fresh;
      node.signature = signature;
    }
    if (node === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(node, cursor);
  }
}

export const dots = () => h('span.dots', { 'aria-hidden': 'true' }, h('i'), h('i'), h('i'));
export const emojiOf = (emoji) => emoji && h('span', { 'aria-hidden': 'true' }, emoji.id ? `:${emoji.name}:` : emoji.name);
export const accentStyle = (colour) => (colour ? `--bar: #${colour.toString(16).padStart(6, '0')}` : null);
export const safeUrl = (url) => (/^https?:/.test(url ?? '') ? url : null);
