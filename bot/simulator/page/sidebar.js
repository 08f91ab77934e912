/* The sidebar and the channel header. */

import { $, h, icon, mount, iconButton } from './dom.js';
import { byId, channel, channelName, isDM, isThread, PERMISSION, hasPermission, nameOf, people, session, state } from './state.js';
import { avatar } from './avatar.js';
import { canModerate } from './moderation.js';

function channelButton(place, symbol) {
  const name = channelName(place);
  return h(`button.channel${isThread(place) ? '.thread' : ''}${state.unread.has(place.id) ? '.unread' : ''}`, {
    'data-key': place.id, do: 'open', 'data-channel': place.id, test: `channel-${name}`,
    'aria-current': place.id === state.current ? 'page' : null, label: state.unread.has(place.id) ? `${name}, unread` : null,
  }, symbol, h('span.name', null, name));
}

export function renderSidebar() {
  const places = [...state.channels.values()];
  const text = places.filter(({ type }) => type === 0 || type === 5).sort((a, b) => a.position - b.position || byId(a, b));
  const threads = places.filter((place) => isThread(place) && (!place.thread_metadata?.archived || place.id === state.current)).sort(byId);
  const bots = [...state.members.values()].filter(({ user }) => user.bot);
  const manages = hasPermission(PERMISSION.manageChannels, { guild_id: session.guild_id });
  $('guild').textContent = state.guild?.name ?? 'Connecting…';
  mount($('channels'),
    h('h2', null, 'Channels', manages && iconButton('plus', 'Create channel', 'createChannel', { test: 'create-channel' })),
    text.flatMap((place) => [channelButton(place, icon('hash')),
      ...threads.filter((thread) => thread.parent_id === place.id).map((thread) => channelButton(thread, icon('thread')))]),
    h('h2', null, 'Direct messages'),
    bots.map(({ user }) => {
      const open = places.find((place) => isDM(place) && place.recipients?.some(({ id }) => id === user.id));
      if (open) return channelButton(open, avatar(user, 'mid'));
      return h('button.channel', { 'data-key': user.id, do: 'openDM', 'data-user': user.id, test: `channel-${nameOf(user)}` },
        avatar(user, 'mid'), h('span.name', null, nameOf(user)));
    }));
  mount($('people'), h('p', { id: 'who' }, 'You are'), h('div', { role: 'radiogroup', 'aria-labelledby': 'who' }, people.map(personButton)));
}

function personButton(person) {
  const chosen = String(person === state.person);
  return h('button.person', { role: 'radio', 'aria-checked': chosen, do: 'switchUser', 'data-person': person.key, test: `person-${person.key}` },
    avatar(person.user, 'mid'), h('span', null, nameOf(person.user), h('small', null, person.about)));
}

export function renderHeader() {
  const place = channel();
  const parent = isThread(place) && channel(place.parent_id);
  const online = state.connection === 'online';
  $('banner').hidden = online || state.connection === 'connecting';
  $('banner').textContent = 'Reconnecting…';
  const name = place ? channelName(place) : 'Parley playground';
  document.title = `${state.unread.size ? '• ' : ''}${place && !isDM(place) ? '#' : ''}${name} · Parley playground`;
  mount($('header'), iconButton('menu', 'Show channels', 'openSidebar', { class: 'tool burger', test: 'show-channels' }),
    parent && [icon('hash'), h('button.crumb', { do: 'open', 'data-channel': parent.id }, parent.name), h('span.dim', null, '›')],
    place && (isDM(place) ? avatar(place.recipients[0], 'mid') : icon(parent ? 'thread' : 'hash')),
    h('h1', { test: 'channel-title' }, name), channelStatus(place), place?.topic && h('span.topic', { title: place.topic }, place.topic),
    canModerate(place) && iconButton('more', 'Manage this channel', 'moderate', { class: 'tool run', 'aria-haspopup': 'menu', test: 'moderate' }));
}

/** What restricts writing: archived, locked, slow mode. */
function channelStatus(place) {
  const { archived, locked } = place?.thread_metadata ?? {};
  const words = [archived && 'archived', locked && 'locked', place?.rate_limit_per_user > 0 && `slow mode: ${place.rate_limit_per_user} s`];
  const text = words.filter(Boolean).join(', ');
  return text && h('span.dim', { test: 'channel-status' }, text);
}
