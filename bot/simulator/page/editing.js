/* Editing and deleting messages. */

import { $ } from './dom.js';
import { invalidate, render, storeMessage, channelState, state } from './state.js';
import { pathOf, rest } from './rest.js';
import { openDialog } from './dialogs.js';
import { encode } from './mentions.js';

export function startEditing(message) {
  state.editing = message.id;
  render();
  const field = document.querySelector(`[data-editor="${message.id}"]`);
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

export async function saveEdit(field) {
  const message = channelState().messages.get(field.dataset.editor);
  const content = encode(field.value.trim());
  state.editing = null;
  $('input').focus();
  invalidate();
  if (!content && !message.attachments?.length) return confirmDelete(message);
  if (content !== message.content) storeMessage(await rest('PATCH', pathOf(message), { content }));
}

export function confirmDelete(message, { shiftKey } = {}) {
  const remove = () => rest('DELETE', pathOf(message));
  if (shiftKey) return remove();
  return openDialog({ title: 'Delete this message?', intro: 'This cannot be undone. Hold Shift to skip this confirmation.',
    confirm: 'Delete', tone: 'danger', name: 'delete-dialog', submit: remove });
}
