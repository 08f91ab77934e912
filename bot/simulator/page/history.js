/* Older messages, and staying with the newest unless one reads further up. */

import { $ } from './dom.js';
import { invalidate, isEphemeral, paint, put, room, roomOf, sorted, state } from './state.js';
import { rest } from './rest.js';
import { toast } from './dialogs.js';

export async function load(id, before) {
  const place = roomOf(id);
  const known = [...place.messages.values()];
  place.loaded = true;
  const page = await rest('GET', `/channels/${id}/messages?limit=50${before ? `&before=${before}` : ''}`)
    .catch((error) => { place.loaded = false; throw error; });
  const kept = new Set(page.map((message) => message.id));
  const gone = before ? [] : known.filter((message) => !kept.has(message.id) && !isEphemeral(message)); // ephemeral ones live here alone
  for (const message of gone) place.messages.delete(message.id);
  for (const message of page) { // an edit may have overtaken this answer
    const edited = place.messages.get(message.id)?.edited_timestamp ?? '';
    if (edited <= (message.edited_timestamp ?? '')) put(message);
  }
  if (before || !place.more) place.more = page.length === 50;
  invalidate();
}

export let pinned = true; // to the newest message, until the person scrolls up

export function pin(on = true) {
  pinned = on;
}

export const stick = () => { if (pinned) $('log').scrollTop = $('log').scrollHeight; };
new ResizeObserver(stick).observe($('scroll'));
new ResizeObserver(stick).observe($('log'));

$('log').addEventListener('scroll', () => {
  const log = $('log');
  pinned = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  if (pinned && state) state.fresh = 0;
  if (log.scrollTop < 100 && state?.current && room().more) loadOlder().catch(toast);
  if (state) invalidate();
});

let loadingOlder = null;

export function loadOlder() {
  loadingOlder ??= (async () => {
    const log = $('log');
    await load(state.current, sorted(room()).find((message) => !isEphemeral(message)).id);
    const fromEnd = log.scrollHeight - log.scrollTop;
    paint();
    log.scrollTop = log.scrollHeight - fromEnd; // what was being read stays where it is
  })().finally(() => (loadingOlder = null));
  return loadingOlder;
}
