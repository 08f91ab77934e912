/* Going somewhere: to a channel, to a message. */

import { $ } from './dom.js';
import { channel, paint, room, session, state } from './state.js';
import { toast } from './dialogs.js';
import { setInput } from './input.js';
import { load, loadOlder, pin } from './history.js';

export function open(id) {
  const place = channel(id) ?? channel(session.channel_id) ?? [...state.channels.values()].find(({ type }) => type === 0);
  if (!place) return;
  if (state.current) room().draft = $('input').value;
  Object.assign(state, { current: place.id, editing: null, form: null, suggest: null, fresh: 0 });
  state.unread.delete(place.id);
  history.replaceState(null, '', `#${place.id}`);
  document.body.classList.remove('open');
  setInput(room().draft);
  pin();
  if (!room().loaded) load(place.id).catch(toast);
  paint(); // what is disabled takes no focus
  if (matchMedia('(hover: hover)').matches) $('input').focus();
}

export function dropChannel({ id }) {
  state.channels.delete(id);
  if (state.current === id) open(session.channel_id);
}

export async function jump(id) {
  while (!room().messages.has(id) && room().more) await loadOlder();
  paint();
  const row = document.querySelector(`.message[data-id="${id}"]`);
  if (!row) return toast(new Error('That message can no longer be found.'));
  pin(false);
  row.scrollIntoView({ block: 'center' });
  row.classList.add('flash');
  row.focus({ preventScroll: true });
  setTimeout(() => row.classList.remove('flash'), 2000);
}
