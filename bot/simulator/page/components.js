/* Buttons, selects and layout components, on messages and in modals. */

import { accentStyle, dots, emojiOf, h, icon, safeUrl } from './dom.js';
import { isDM, nameOf, state } from './state.js';
import { markdown } from './markdown.js';

const COMPONENTS = {
  1: ({ components }, busy) => h('div.row', null, components.map((inner) => component(inner, busy))),
  2: ({ style, label, url, custom_id, disabled, emoji }, busy) => (style === 5
    ? h('a.button', { href: safeUrl(url), target: '_blank', rel: 'noopener noreferrer', test: `button-${label}` }, emojiOf(emoji), label, ' ↗')
    : h(`button.button.style${style}`, { do: 'pressButton', 'data-custom': custom_id, disabled: disabled || busy, label: label ? null : emoji?.name,
      test: `button-${label ?? custom_id}` }, busy === custom_id ? dots() : [emojiOf(emoji), label])),
  9: ({ components, accessory }, busy) =>
    h('div.section', null, h('div', null, components.map((inner) => component(inner, busy))), component(accessory, busy)),
  10: ({ content }) => h('div.content', { test: 'message-content' }, markdown(content)),
  11: ({ media, description }) => safeUrl(media.url) && h('img', { src: media.url, alt: description ?? '' }),
  12: ({ items }) => h('div.attachments', null, items.map((item) => COMPONENTS[11](item))),
  13: ({ file, name }) => h('a.file', { href: safeUrl(file.url), target: '_blank', rel: 'noopener' }, icon('file'), h('b', null, name ?? 'file')),
  14: () => h('hr'),
  17: ({ components, accent_color: colour }, busy) => h('div.panel', { style: accentStyle(colour) }, components.map((inner) => component(inner, busy))),
};

for (const type of [3, 5, 6, 7, 8]) COMPONENTS[type] = (select, busy) => picker(select, busy);
export const component = (node, busy) => COMPONENTS[node.type]?.(node, busy) ?? h('div.small', null, 'The playground cannot show this component');

export const defaults = ({ options = [], default_values: given = [] }) =>
  [...options.filter((option) => option.default).map(({ value }) => value), ...given.map(({ id }) => id)];

export function choicesOf({ type, options, channel_types: kinds }) {
  const users = () => [...state.members.values()].map(({ user }) => ({ label: nameOf(user), value: user.id }));
  const roles = () => state.guild.roles.map((role) => ({ label: `@${role.name}`, value: role.id }));
  const fits = (place) => !isDM(place) && (!kinds?.length || kinds.includes(place.type));
  const places = () => [...state.channels.values()].filter(fits).map((place) => ({ label: `#${place.name}`, value: place.id }));
  return { 3: () => options, 5: users, 6: roles, 7: () => [...users(), ...roles()], 8: places }[type]();
}

/** A select menu, on a message or in a modal; `busy`: the custom_id of the component in use on the message. */
export function picker(select, busy, chosen = defaults(select)) {
  const picked = choicesOf(select).filter(({ value }) => chosen.includes(value));
  const labels = picked.map(({ label }) => label);
  const attributes = { type: 'button', do: 'choose', 'data-custom': select.custom_id, disabled: select.disabled || busy, 'aria-haspopup': 'menu' };
  return h(`button.picker${labels.length ? '' : '.empty'}`, { ...attributes, test: `select-${select.custom_id}` },
    h('span', null, picked.length === 1 && [emojiOf(picked[0].emoji), ' '], labels.join(', ') || select.placeholder || 'Make a selection'),
    busy === select.custom_id ? dots() : icon('down'));
}

export function findComponent(nodes, id) {
  for (const node of nodes ?? []) {
    if (node.custom_id === id) return node;
    const found = findComponent([...(node.components ?? []), ...[node.accessory, node.component].filter(Boolean)], id);
    if (found) return found;
  }
  return null;
}
