/* Conversion between typed mentions (@name) and Discord's (<@id>). */

import { icon } from './dom.js';
import { channel, isDM, isThread, nameOf, state } from './state.js';
import { avatar } from './avatar.js';

/** All mentionable users, roles and channels; an `alias` is recognised but not suggested. */
export function mentionables() {
  const users = isDM(channel()) ? [...channel().recipients, state.me] : [...state.members.values()].map(({ user }) => user);
  const roles = (state.guild?.roles ?? []).filter(({ id, managed }) => id !== state.guild.id && !managed);
  const places = [...state.channels.values()].filter((place) => place.guild_id);
  return [
    ...users.map((user) => ({ text: `@${nameOf(user)}`, code: `<@${user.id}>`, about: user.username, badge: avatar(user, 'mid') })),
    ...users.map((user) => ({ text: `@${user.username}`, code: `<@${user.id}>`, alias: true })),
    ...roles.map(({ id, name }) => ({ text: `@${name}`, code: `<@&${id}>`, about: 'role', badge: icon('bubble') })),
    ...places.map((place) => ({ text: `#${place.name}`, code: `<#${place.id}>`, badge: icon(isThread(place) ? 'thread' : 'hash') })),
  ];
}

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Converts '@Parley hello' to '<@id> hello', except in code. */
export function encode(text) {
  const codes = new Map(mentionables().reverse().map(({ text: name, code }) => [name.toLowerCase(), code]));
  if (!codes.size) return text;
  const names = new RegExp(`(?<![\\w<])(?:${[...codes.keys()].sort((a, b) => b.length - a.length).map(literal).join('|')})(?!\\w)`, 'gi');
  return text.split(/(```[^]*?```|`[^`\n]*`)/).map((part, i) => (i % 2 ? part : part.replace(names, (name) => codes.get(name.toLowerCase())))).join('');
}

/** Converts '<@id> hello' to '@Parley hello'. */
export function decode(text) {
  const names = new Map(mentionables().filter(({ alias }) => !alias).map(({ text: name, code }) => [code, name]));
  return text.replace(/<(?:@[!&]?|#)\d+>/g, (code) => names.get(code.replace('!', '')) ?? code);
}
