/* Attachments of a message: images and files. */

import { h, icon, iconButton, safeUrl } from './dom.js';
import { showDialog } from './dialogs.js';

const MAX_TEXT_LENGTH = 200_000; // characters
const size = (bytes) => (bytes < 1024 ? `${bytes} bytes` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);
export const isPicture = ({ content_type: type, filename }) =>
  (type ? /^image\/(?!svg)/.test(type) : /\.(png|jpe?g|gif|webp|avif)$/i.test(filename));
const isText = ({ content_type: type, filename }) =>
  (/^text\/|json|xml|javascript|yaml|toml/.test(type ?? '')
    || /\.(md|txt|log|csv|py|js|ts|json|ya?ml|toml|sh|rs|go|c|h|cpp|java|html|css)$/i.test(filename));

export function attachments(files) {
  return files?.length > 0 && h('div.attachments', null, files.map((file) => {
    if (!isPicture(file) || !file.url) return card(file);
    const scale = Math.min(1, 480 / file.width, 320 / file.height); // reserve the space of a known size, so that loading causes no layout shift
    const shape = scale ? { width: Math.round(file.width * scale), height: Math.round(file.height * scale) } : {};
    return h('button.picture', { do: 'enlarge', 'data-url': file.url, 'data-name': file.filename, test: 'attachment' },
      h('img', { src: file.url, alt: file.description ?? file.filename, ...shape }));
  }));
}

function card(file) {
  const url = safeUrl(file.url);
  const named = { 'data-url': url, 'data-name': file.filename, title: file.description ?? file.filename };
  return h('div.file', { test: 'attachment' }, icon('file'),
    h('div', null, url && isText(file) ? h('button.name', { do: 'read', ...named, test: 'read' }, file.filename) : h('span.name', named, file.filename),
      h('span.small', null, size(file.size))),
    url && h('a.tool', { href: url, download: file.filename, target: '_blank', rel: 'noopener', label: `Download ${file.filename}`,
      title: 'Download', test: 'download' }, icon('download')));
}

/** Shows a text file in a dialog. */
export async function readFile(url, name) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Could not read ${name}: HTTP ${response.status}`);
  const text = await response.text();
  const shown = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}\n…` : text;
  showDialog(h('dialog.reader', { label: name, test: 'reader' },
    h('header', null, h('b', null, name), iconButton('close', 'Close', 'closeDialog')), h('pre', { tabindex: 0 }, shown)));
}
