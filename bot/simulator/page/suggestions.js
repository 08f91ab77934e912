/* The suggestion list above a text field. */

import { $, h, mount } from './dom.js';
import { invalidate, state } from './state.js';

export let latestRequest = 0; // number of the last request, so that a late response does not reopen the list
export const nextRequest = () => ++latestRequest;

export function suggest(owner, title, items, empty) {
  state.suggest = items.length || empty ? { owner, title, items, empty, index: 0 } : null;
  invalidate();
}

export function renderSuggestions() {
  const shown = state.suggest;
  $('suggest').hidden = !shown;
  for (const owner of document.querySelectorAll('[aria-controls="suggest"]')) {
    owner.setAttribute('aria-expanded', String(shown?.owner === owner));
    if (shown?.owner === owner && shown.items.length) owner.setAttribute('aria-activedescendant', `choice-${shown.index}`);
    else owner.removeAttribute('aria-activedescendant');
  }
  if (!shown) return;
  const row = ({ title, about, badge }, i) =>
    h('div.choice', { id: `choice-${i}`, role: 'option', 'aria-selected': String(i === shown.index), do: 'acceptSuggestion', 'data-index': i,
      test: 'suggestion' }, badge, h('span.title', null, title), about && h('span.about', null, about));
  mount($('suggest'), h('h3', null, shown.title), shown.items.map(row), !shown.items.length && h('div.choice.dim', null, shown.empty));
  document.getElementById(`choice-${shown.index}`)?.scrollIntoView({ block: 'nearest' });
}

export function acceptSuggestion(index = state.suggest.index) {
  const { items } = state.suggest;
  state.suggest = null;
  nextRequest(); // discard a pending response
  items[index].pick();
  invalidate();
}

export function suggestionKey(event) {
  const shown = state.suggest;
  if (shown?.owner !== event.target) return false;
  const count = shown.items.length;
  const step = { ArrowDown: 1, ArrowUp: count - 1 }[event.key];
  if (event.key === 'Escape') state.suggest = null;
  else if (count && step !== undefined) shown.index = (shown.index + step) % count;
  else if (count && (event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey))) acceptSuggestion();
  else return false;
  event.preventDefault();
  invalidate();
  return true;
}
