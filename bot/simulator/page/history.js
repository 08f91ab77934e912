/* Message history: loading, and following the newest message until the user scrolls up. */

import { $ } from './dom.js';
import { invalidate, isEphemeral, render, storeMessage, channelState, sorted, state } from './state.js';
import { rest } from './rest.js';
import { toast } from './dialogs.js';

export async function load(id, before) {
  const place = channelState(id);
  const known = [...place.messages.values()];
  place.loaded = true;
  const page = await rest('GET', `/channels/${id}/messages?limit=50${before ? `&before=${before}` : ''}`)
    .catch((error) => { place.loaded = false; throw error; });
  const kept = new Set(page.map((message) => message.id));
  const gone = before ? [] : known.filter((message) => !kept.has(message.id) && !isEphemeral(message)); // ephemeral messages are never in the history
  for (const message of gone) place.messages.delete(message.id);
  for (const message of page) { // an edit event may have arrived before this response
    const edited = place.messages.get(message.id)?.edited_timestamp ?? '';
    if (edited <= (message.edited_timestamp ?? '')) storeMessage(message);
  }
  if (before || !place.more) place.more = page.length === 50;
  invalidate();
}

export let followsNewest = true; // until the user scrolls up

export function followNewest(on = true) {
  followsNewest = on;
}

export const scrollToNewest = () => { if (followsNewest) $('log').scrollTop = $('log').scrollHeight; };
new ResizeObserver(scrollToNewest).observe($('scroll'));
new ResizeObserver(scrollToNewest).observe($('log'));

$('log').addEventListener('scroll', () => {
  const log = $('log');
  followsNewest = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  if (followsNewest && state) state.unseen = 0;
  if (log.scrollTop < 100 && state?.current && channelState().more) loadOlder().catch(toast);
  if (state) invalidate();
});

let loadingOlder = null;

export function loadOlder() {
  loadingOlder ??= (async () => {
    const log = $('log');
    await load(state.current, sorted(channelState()).find((message) => !isEphemeral(message)).id);
    const fromEnd = log.scrollHeight - log.scrollTop;
    render();
    log.scrollTop = log.scrollHeight - fromEnd; // keep the scroll position
  })().finally(() => (loadingOlder = null));
  return loadingOlder;
}
