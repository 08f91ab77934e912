/* Dialogs, menus, toasts. */

import { $, emojiOf, h, icon, iconButton } from './dom.js';

export function openDialog({ title, intro, fields = [], confirm, tone = 'solid', name, submit }) {
  const problem = h('p.error', { role: 'alert', hidden: true });
  const cancel = h('button.plain', { type: 'button', do: 'closeDialog' }, 'Cancel');
  const button = h(`button.${tone}`, { type: 'submit', test: 'dialog-confirm' }, confirm);
  const form = h('form', { method: 'dialog' }, h('h2', { id: 'dialog-title' }, title), intro && h('p', null, intro), fields, problem, h('div.end', null, cancel, button));
  const dialog = h('dialog', { 'aria-labelledby': 'dialog-title', test: name }, form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await submit(form);
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    button.disabled = false;
  };
  return showDialog(dialog);
}

export function showDialog(dialog) {
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export const promptName = (title, value, submit) => openDialog({ title, confirm: 'Create', name: 'name-dialog', submit: (form) => submit(form.elements.name.value),
  fields: [h('label', null, 'Name', h('input.field', { name: 'name', required: true, maxlength: 100, value, autocomplete: 'off', test: 'name' }))] });

/** A menu at `anchor`; calls `done` with the chosen values, for max > 1 when the menu is closed. */
export function openMenu(anchor, items, { min = 1, max = 1, chosen = [], grid = false } = {}, done) {
  const ticked = new Set(chosen);
  const role = max > 1 ? 'menuitemcheckbox' : 'menuitemradio';
  const menu = h(`div.menu${grid ? '.grid' : ''}`, { popover: 'auto', role: 'menu' }, items.map(({ label: name, value, description, emoji }) =>
    h('button.choice', { type: 'button', role, 'aria-checked': String(ticked.has(value)), 'data-value': value, test: `choice-${name}` },
      emojiOf(emoji), h('span', null, name, description && h('small', null, description)), !grid && h('span.tick', null, icon('check')))));
  menu.onclick = (event) => {
    const choice = event.target.closest('[data-value]');
    if (!choice) return;
    if (max === 1) {
      menu.hidePopover();
      return done([choice.dataset.value]);
    }
    if (!ticked.delete(choice.dataset.value) && ticked.size < max) ticked.add(choice.dataset.value);
    choice.setAttribute('aria-checked', String(ticked.has(choice.dataset.value)));
  };
  menu.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const choices = [...menu.children];
    choices.at((choices.indexOf(document.activeElement) + step) % choices.length).focus();
  };
  menu.ontoggle = (event) => {
    if (event.newState !== 'closed') return;
    menu.remove();
    if (max > 1 && ticked.size >= min && String([...ticked].sort()) !== String([...chosen].sort())) done([...ticked]);
  };
  (anchor.closest('dialog') ?? document.body).append(menu); // elements outside an open modal dialog are inert
  menu.showPopover();
  const at = anchor.getBoundingClientRect();
  const below = at.bottom + 4 + menu.offsetHeight < innerHeight;
  menu.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - menu.offsetHeight - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`;
  (menu.querySelector('[aria-checked="true"]') ?? menu.firstElementChild)?.focus();
}

export function toast(error) {
  const node = h('div.toast', { test: 'toast' }, h('span', null, error.message), iconButton('close', 'Dismiss', 'closeToast'));
  $('toasts').append(node);
  setTimeout(() => node.remove(), 8000);
}
