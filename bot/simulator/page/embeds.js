/* Rich embeds. */

import { accentStyle, h, safeUrl } from './dom.js';
import { inline, link, markdown } from './markdown.js';

export function embed({ color, author, title, url, description, fields, image, thumbnail, footer }) {
  return h('div.embed', { style: accentStyle(color), test: 'embed' },
    author && h('div.small', null, author.name), title && h('h4', null, safeUrl(url) ? link(url, inline(title)) : inline(title)),
    description && h('div.content', null, markdown(description)),
    fields?.length > 0 && h('div.fields', null, fields.map((field) =>
      h(`div${field.inline ? '.inline' : ''}`, null, h('b', null, inline(field.name)), h('div.content', null, markdown(field.value))))),
    [image, thumbnail].map((picture) => safeUrl(picture?.url) && h('img', { src: picture.url, alt: '' })),
    footer && h('div.small', null, footer.text));
}
