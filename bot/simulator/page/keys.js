/* Keyboard, pointer, paste and drop events. */

import { $ } from './dom.js';
import { invalidate, isUserMessage, channelState, sorted, state } from './state.js';
import { toast } from './dialogs.js';
import { suggestionKey } from './suggestions.js';
import { requestChoices, closeForm, runCommand } from './commands.js';
import { addFiles, onInputChanged, send, suggestForInput, sendTyping } from './composer.js';
import { saveEdit, startEditing } from './editing.js';
import { act, ACTIONS } from './actions.js';

function composerKey(event) {
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    send();
  } else if (event.key === 'Escape') {
    channelState().replyTo = null;
    ACTIONS.present();
  } else if (event.key === 'ArrowUp' && !$('input').value) {
    const last = sorted(channelState()).findLast((message) => message.author.id === state.me.id && isUserMessage(message));
    if (last) event.preventDefault(), startEditing(last);
  }
}

function editorKey(event) {
  if (event.key === 'Escape') {
    state.editing = null;
    $('input').focus();
  } else if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    saveEdit(event.target).catch(toast);
  }
}

/** Arrow keys move between messages, so that their toolbars can be reached from the keyboard. */
function logKey(event) {
  const row = event.target.closest('.message');
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || (event.target !== $('log') && event.target !== row)) return;
  const rows = [...document.querySelectorAll('.message')];
  const next = row ? rows[rows.indexOf(row) + step] : rows.at(-1);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

const carriesFiles = (event) => event.dataTransfer?.types.includes('Files') && !$('attach').disabled;

export function listen() {
  document.addEventListener('keydown', (event) => {
    if (!state || event.isComposing || suggestionKey(event)) return; // Enter confirms an IME composition
    if (event.target === $('input')) composerKey(event);
    else if (event.target.dataset.editor) editorKey(event);
    else if (event.target.matches('.spoiler') && event.key === 'Enter') act('reveal', event.target, event);
    else if ($('log').contains(event.target)) logKey(event);
    else if ($('form').contains(event.target) && event.key === 'Escape') closeForm();
    else if (event.target === document.body && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) $('input').focus();
    invalidate();
  });
  document.addEventListener('click', (event) => {
    const element = event.target.closest('[data-do]');
    if (element && state) act(element.dataset.do, element, event);
  });
  $('suggest').addEventListener('mousedown', (event) => event.preventDefault()); // keep the focus in the field
  $('input').addEventListener('input', () => { onInputChanged(); sendTyping(); });
  $('input').addEventListener('focus', () => state?.current && $('input').value && suggestForInput());
  $('form').addEventListener('submit', (event) => { event.preventDefault(); runCommand().catch(toast); });
  for (const name of ['input', 'focusin'])
    $('form').addEventListener(name, ({ target }) => {
      if (name === 'input') delete target.dataset.value;
      if (target.dataset.ask !== undefined) requestChoices(target);
    });
  document.addEventListener('focusout', ({ target }) => {
    if (state?.suggest?.owner !== target) return;
    state.suggest = null;
    invalidate();
  });
  $('files').addEventListener('change', () => { addFiles([...$('files').files]); $('files').value = ''; });
  $('input').addEventListener('paste', (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    addFiles([...event.clipboardData.files]);
  });
  document.addEventListener('dragover', (event) => { if (carriesFiles(event)) { event.preventDefault(); $('drop').hidden = false; } });
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) $('drop').hidden = true; });
  document.addEventListener('drop', (event) => {
    $('drop').hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    addFiles([...event.dataTransfer.files]);
  });
}
