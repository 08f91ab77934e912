/* The list above the field that is being typed in. */

import { $, h, mount } from './dom.js';
import { invalidate, state } from './state.js';

export let asked = 0; // counts the questions behind the list, so that an old answer does not open it again
export const askAnew = () => ++asked;

export function suggest(owner, title, items, empty) {
  state.suggest = items.length || empty ? { owner, title, items, empty, index: 0 } : null;
  invalidate();
}

export function paintSuggest() {
  const shown = state.suggest;
  $('suggest').hidden = !shown;
  for (const owner of document.querySelectorAll('[aria-controls="suggest"]')) {
    owner.setAttribute('aria-expanded', String(shown?.owner === owner));
    if (shown?.owner === owner && shown.items.length) owner.setAttribute('aria-activedescendant', `choice-${shown.index}`);
    else owner.removeAttribute('aria-activedescendant');
  }
  if (!shown) return;
  const row = ({ title, about, badge }, i) =>
    h('div.choice', { id: `choice-${i}`, role: 'option', 'aria-selected': String(i === shown.index), do: 'takeSuggestion', 'data-index': i,
      test: 'suggestion' }, badge, h('span.title', null, title), about && h('span.about', null, about));
  mount($('suggest'), h('h3', null, shown.title), shown.items.map(row), !shown.items.length && h('div.choice.dim', null, shown.empty));
  document.getElementById(`choice-${shown.index}`)?.scrollIntoView({ block: 'nearest' });
}

export function takeSuggestion(index = state.suggest.index) {
  const { items } = state.suggest;
  state.suggest = null;
  askAnew(); // an answer still under way must not open the list again
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
  else if (count && (event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey))) takeSuggestion();
  else return false;
  event.preventDefault();
  invalidate();
  return true;
}
