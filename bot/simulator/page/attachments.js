/* Files and pictures on a message. */

import { h, icon, web } from './dom.js';

const size = (bytes) => (bytes < 1024 ? `${bytes} bytes` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);
export const isPicture = ({ content_type, filename }) => (content_type ? /^image\/(?!svg)/.test(content_type) : /\.(png|jpe?g|gif|webp|avif)$/i.test(filename));

export function attachments(files) {
  return files?.length > 0 && h('div.attachments', null, files.map((file) => {
    if (!isPicture(file) || !file.url)
      return h('a.file', { href: web(file.url), download: file.filename, target: '_blank', rel: 'noopener', test: 'attachment' },
        icon('file'), h('div', null, h('b', null, file.filename), h('span.small', null, size(file.size))));
    const scale = Math.min(1, 480 / file.width, 320 / file.height); // known sizes reserve their place, so nothing jumps on loading
    const shape = scale ? { width: Math.round(file.width * scale), height: Math.round(file.height * scale) } : {};
    return h('button.picture', { do: 'enlarge', 'data-url': file.url, 'data-name': file.filename, test: 'attachment' },
      h('img', { src: file.url, alt: file.description ?? file.filename, ...shape }));
  }));
}
