/* Modals. */

import { h } from './dom.js';
import { markdown } from './markdown.js';
import { openDialog } from './dialogs.js';
import { sendInteraction } from './interactions.js';
import { defaults, picker } from './components.js';

export function openModal({ id, title, custom_id, components }) {
  const inputs = components.flatMap((top) => top.component ?? top.components ?? []).filter((inner) => inner.custom_id);
  const values = new Map(inputs.map((input) => [input.custom_id, defaults(input)]));
  const dialog = openDialog({
    title, name: 'modal', confirm: 'Submit', fields: components.map(modalField),
    async submit(form) {
      const chosen = ({ type, required, min_values: least, custom_id: key }) => type === 4 || required === false || least === 0 || values.get(key).length;
      if (!inputs.every(chosen)) throw new Error('Make a selection in every required menu.');
      const filled = (input) => ({ type: input.type, id: input.id, custom_id: input.custom_id,
        ...(input.type === 4 ? { value: form.querySelector(`[name="${CSS.escape(input.custom_id)}"]`).value } : { values: values.get(input.custom_id) }) });
      await sendInteraction(5, { id, custom_id, components: components.filter(({ type }) => type !== 10).map((top) => (top.component
        ? { type: top.type, id: top.id, component: filled(top.component) } : { type: top.type, id: top.id, components: top.components.map(filled) })) });
    },
  });
  Object.assign(dialog, { components, values });
}

function modalField(top) {
  if (top.type === 10) return h('p', null, markdown(top.content));
  return (top.component ? [top.component] : top.components).map((input) => {
    const label = [h('span', null, top.label ?? input.label ?? '', input.required !== false && h('span.required', { title: 'required' }, ' *')),
      top.description && h('small', null, top.description)];
    if (input.type !== 4) return h('div.label', null, label, picker(input));
    const field = h(input.style === 2 ? 'textarea.field' : 'input.field', { name: input.custom_id, rows: 5, placeholder: input.placeholder,
      minlength: input.min_length, maxlength: input.max_length, required: input.required !== false, test: `modal-${input.custom_id}` });
    field.value = input.value ?? '';
    return h('label', null, label, field);
  });
}
