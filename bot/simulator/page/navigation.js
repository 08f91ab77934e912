/* Navigation to a channel or message. */

import { $ } from './dom.js';
import { channel, render, channelState, session, state } from './state.js';
import { toast } from './dialogs.js';
import { setInput } from './input.js';
import { load, loadOlder, followNewest } from './history.js';

export function open(id) {
  const place = channel(id) ?? channel(session.channel_id) ?? [...state.channels.values()].find(({ type }) => type === 0);
  if (!place) return;
  if (state.current) channelState().draft = $('input').value;
  Object.assign(state, { current: place.id, editing: null, form: null, suggest: null, unseen: 0 });
  state.unread.delete(place.id);
  history.replaceState(null, '', `#${place.id}`);
  document.body.classList.remove('open');
  setInput(channelState().draft);
  followNewest();
  if (!channelState().loaded) load(place.id).catch(toast);
  render(); // a disabled field cannot be focused
  if (matchMedia('(hover: hover)').matches) $('input').focus();
}

export function dropChannel({ id }) {
  state.channels.delete(id);
  if (state.current === id) open(session.channel_id);
}

export async function jumpToMessage(id) {
  while (!channelState().messages.has(id) && channelState().more) await loadOlder();
  render();
  const row = document.querySelector(`.message[data-id="${id}"]`);
  if (!row) return toast(new Error('That message no longer exists.'));
  followNewest(false);
  row.scrollIntoView({ block: 'center' });
  row.classList.add('flash');
  row.focus({ preventScroll: true });
  setTimeout(() => row.classList.remove('flash'), 2000);
}
