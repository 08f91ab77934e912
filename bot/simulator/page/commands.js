/* Slash commands: the list, the form of one command, autocomplete. */

import { $, h, mount, iconButton } from './dom.js';
import { channel, invalidate, isDM, PERMISSION, hasPermission, render, session, state } from './state.js';
import { rest } from './rest.js';
import { sendInteraction } from './interactions.js';
import { choicesOf } from './components.js';
import { setInput } from './input.js';
import { nextRequest, latestRequest, suggest } from './suggestions.js';

export async function loadCommands() {
  const index = await rest('GET', `/guilds/${session.guild_id}/application-command-index`);
  state.commands = index.application_commands;
  invalidate();
}

/** The commands that can be used in this channel, one entry per subcommand, such as `/settings show`. */
export function availableCommands() {
  const direct = isDM(channel());
  const offered = state.commands.filter((command) => command.type === 1
    && (command.contexts?.includes(direct ? 1 : 0) ?? (!direct || command.dm_permission !== false)) && !(direct && command.guild_id)
    && (direct || command.default_member_permissions == null || hasPermission(BigInt(command.default_member_permissions) || PERMISSION.administrator)));
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

/** The form as option objects and files; the value of the focused option is sent unparsed, for autocomplete. */
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
    await sendInteraction(2, commandData(leaf, options, files.map((file, i) => ({ id: String(i), filename: file.name }))), {}, files);
  } finally {
    if (state.running === running) state.running = null;
    invalidate();
  }
}

let requestTimer;

export function requestChoices(field) {
  clearTimeout(requestTimer);
  const mine = nextRequest();
  const show = (items, empty) => mine === latestRequest && document.activeElement === field && suggest(field, field.dataset.label, items, empty);
  show([], 'Loading choices…');
  requestTimer = setTimeout(async () => {
    try {
      const choices = await sendInteraction(4, commandData(state.form, formOptions(field).options));
      show(choices.map(({ name, value }) => ({ title: name, pick: () => acceptChoice(field, name, value) })), 'No matches');
    } catch (error) {
      show([], `Could not load choices: ${error.message}`);
    }
  }, 180);
}

function acceptChoice(field, name, value) {
  field.value = name;
  field.dataset.value = value; // the name is shown, the value is sent
}

const BOOLEAN_CHOICES = [{ name: 'True', value: 'true' }, { name: 'False', value: 'false' }];
const SELECT_TYPE = { 6: 5, 7: 8, 8: 6, 9: 7 }; // option type to select type: user, channel, role, mentionable

/** The choices of an option, null if its value is typed. */
function choiceList({ type, choices, channel_types }) {
  if (choices?.length) return choices;
  if (type === 5) return BOOLEAN_CHOICES;
  return SELECT_TYPE[type] ? choicesOf({ type: SELECT_TYPE[type], channel_types }).map(({ label, value }) => ({ name: label, value })) : null;
}

function inputAttributes({ type, autocomplete, name, min_value: min, max_value: max }) {
  const helped = { 'data-ask': true, 'data-label': name, role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': 'suggest' };
  if (autocomplete) return helped;
  if (type === 11) return { type: 'file' };
  return type === 4 || type === 10 ? { type: 'number', step: type === 4 ? 1 : 'any', min, max } : { type: 'text' };
}

function optionField(option) {
  const { name, description, required, min_length: minlength, max_length: maxlength } = option;
  const shared = { name, required, test: `command-option-${name}`, 'aria-description': description };
  const list = choiceList(option);
  const field = list
    ? h('select.field', shared, h('option', { value: '' }), list.map((choice) => h('option', { value: choice.value }, choice.name)))
    : h('input.field', { ...shared, autocomplete: 'off', placeholder: description, minlength, maxlength, ...inputAttributes(option) });
  return h('label', { title: description }, h('b', null, name), required ? h('span.required', null, ' * required') : h('span.dim', null, ' optional'), field);
}

export function renderForm() {
  const leaf = state.form;
  $('form').hidden = !leaf;
  mount($('form'), leaf && [
    h('div.context', { 'data-key': `about ${leaf.name}` }, h('span', null, h('span.mention', null, `/${leaf.name}`), ` ${leaf.description}`),
      iconButton('close', 'Cancel command', 'closeForm', { test: 'command-cancel' })),
    h('div.options', { 'data-key': leaf.name }, leaf.options.map(optionField), h('button.solid', { type: 'submit', test: 'command-run' }, 'Run'))]);
}

export function openForm(leaf) {
  Object.assign(state, { form: leaf, suggest: null });
  setInput('');
  render();
  ($('form').querySelector('.field') ?? $('form').querySelector('[type=submit]')).focus();
}

export function closeForm() {
  Object.assign(state, { form: null, suggest: null });
  render();
  $('input').focus();
}
