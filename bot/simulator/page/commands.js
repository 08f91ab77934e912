/* Slash commands: those there are, the form of one, autocompletion. */

import { $, h, mount, tool } from './dom.js';
import { channel, invalidate, isDirect, MAY, may, paint, session, state } from './state.js';
import { rest } from './rest.js';
import { interact } from './interactions.js';
import { choicesOf } from './components.js';
import { setInput } from './input.js';
import { askAnew, asked, suggest } from './suggestions.js';

export async function loadCommands() {
  const index = await rest('GET', `/guilds/${session.guild_id}/application-command-index`);
  state.commands = index.application_commands;
  invalidate();
}

/** Commands the person may use here, one entry per leaf: `/settings show` is one. */
export function leaves() {
  const direct = isDirect(channel());
  const offered = state.commands.filter((command) => command.type === 1
    && (command.contexts?.includes(direct ? 1 : 0) ?? (!direct || command.dm_permission !== false)) && !(direct && command.guild_id)
    && (direct || command.default_member_permissions == null || may(BigInt(command.default_member_permissions) || MAY.administrator)));
  const below = (command, node, path) => {
    const subs = (node.options ?? []).filter(({ type }) => type <= 2);
    if (subs.length) return subs.flatMap((sub) => below(command, sub, [...path, sub.name]));
    return [{ command, path, name: path.join(' '), description: node.description, options: node.options ?? [] }];
  };
  return offered.flatMap((command) => below(command, command, [command.name]));
}

function commandData({ command, path }, options, attachments = []) {
  const nested = path.slice(1).reduceRight((inner, name, i) => [{ type: i === path.length - 2 ? 1 : 2, name, options: inner }], options);
  return { version: command.version, id: command.id, guild_id: command.guild_id, name: command.name, type: command.type,
    options: nested, application_command: command, attachments };
}

/** What the form holds, as Discord's typed options; the focused one is sent as it is being typed. */
function formOptions(focused) {
  const files = [];
  const options = state.form.options.flatMap(({ name, type }) => {
    const field = $('form').querySelector(`[name="${name}"]`); // not form.elements: an option may be called length
    const raw = field.dataset.value ?? field.value;
    if (field === focused) return { type, name, value: field.value, focused: true };
    if (raw === '') return [];
    if (type === 11) return { type, name, value: String(files.push(field.files[0]) - 1) };
    return { type, name, value: type === 5 ? raw === 'true' : type === 4 || type === 10 ? Number(raw) : raw };
  });
  return { options, files };
}

export async function runCommand() {
  const leaf = state.form;
  const { options, files } = formOptions();
  closeForm();
  const running = (state.running = `/${leaf.name}`);
  invalidate();
  try {
    await interact(2, commandData(leaf, options, files.map((file, i) => ({ id: String(i), filename: file.name }))), {}, files);
  } finally {
    if (state.running === running) state.running = null;
    invalidate();
  }
}

let askTimer;

export function askChoices(field) {
  clearTimeout(askTimer);
  const mine = askAnew();
  const show = (items, empty) => mine === asked && document.activeElement === field && suggest(field, field.dataset.label, items, empty);
  show([], 'Loading choices…');
  askTimer = setTimeout(async () => {
    try {
      const choices = await interact(4, commandData(state.form, formOptions(field).options));
      show(choices.map(({ name, value }) => ({ title: name, pick: () => takeChoice(field, name, value) })), 'Nothing matches');
    } catch (error) {
      show([], `Choices could not be loaded: ${error.message}`);
    }
  }, 180);
}

function takeChoice(field, name, value) {
  field.value = name;
  field.dataset.value = value; // the name is shown, the value is sent
}

const YES_OR_NO = [{ name: 'True', value: 'true' }, { name: 'False', value: 'false' }];
const PICKED = { 6: 5, 7: 8, 8: 6, 9: 7 }; // options for users, channels, roles, both: the select menu that offers the same

/** What an option is chosen from, where it cannot be typed. */
function listOf({ type, choices, channel_types }) {
  if (choices?.length) return choices;
  if (type === 5) return YES_OR_NO;
  return PICKED[type] ? choicesOf({ type: PICKED[type], channel_types }).map(({ label, value }) => ({ name: label, value })) : null;
}

function typedAs({ type, autocomplete, name, min_value: min, max_value: max }) {
  const helped = { 'data-ask': true, 'data-label': name, role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': 'suggest' };
  if (autocomplete) return helped;
  if (type === 11) return { type: 'file' };
  return type === 4 || type === 10 ? { type: 'number', step: type === 4 ? 1 : 'any', min, max } : { type: 'text' };
}

function optionField(option) {
  const { name, description, required, min_length: minlength, max_length: maxlength } = option;
  const shared = { name, required, test: `command-option-${name}`, 'aria-description': description };
  const list = listOf(option);
  const field = list
    ? h('select.field', shared, h('option', { value: '' }), list.map((choice) => h('option', { value: choice.value }, choice.name)))
    : h('input.field', { ...shared, autocomplete: 'off', placeholder: description, minlength, maxlength, ...typedAs(option) });
  return h('label', { title: description }, h('b', null, name), required ? h('span.required', null, ' * required') : h('span.dim', null, ' optional'), field);
}

export function paintForm() {
  const leaf = state.form;
  $('form').hidden = !leaf;
  mount($('form'), leaf && [
    h('div.context', { 'data-key': `about ${leaf.name}` }, h('span', null, h('span.mention', null, `/${leaf.name}`), ` ${leaf.description}`),
      tool('close', 'Cancel the command', 'closeForm', { test: 'command-cancel' })),
    h('div.options', { 'data-key': leaf.name }, leaf.options.map(optionField), h('button.solid', { type: 'submit', test: 'command-run' }, 'Run'))]);
}

export function openForm(leaf) {
  Object.assign(state, { form: leaf, suggest: null });
  setInput('');
  paint();
  ($('form').querySelector('.field') ?? $('form').querySelector('[type=submit]')).focus();
}

export function closeForm() {
  Object.assign(state, { form: null, suggest: null });
  paint();
  $('input').focus();
}
