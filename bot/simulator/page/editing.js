/* Changing and deleting one's messages. */

import { $ } from './dom.js';
import { invalidate, paint, put, room, state } from './state.js';
import { pathOf, rest } from './rest.js';
import { openDialog } from './dialogs.js';
import { encode } from './mentions.js';

export function startEdit(message) {
  state.editing = message.id;
  paint();
  const field = document.querySelector(`[data-editor="${message.id}"]`);
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

export async function saveEdit(field) {
  const message = room().messages.get(field.dataset.editor);
  const content = encode(field.value.trim());
  state.editing = null;
  $('input').focus();
  invalidate();
  if (!content && !message.attachments?.length) return askToDelete(message);
  if (content !== message.content) put(await rest('PATCH', pathOf(message), { content }));
}

export function askToDelete(message, { shiftKey } = {}) {
  const gone = () => rest('DELETE', pathOf(message));
  if (shiftKey) return gone();
  return openDialog({ title: 'Delete this message?', intro: 'This cannot be undone. (Hold Shift to delete without being asked.)',
    confirm: 'Delete', tone: 'danger', name: 'delete-dialog', submit: gone });
}
