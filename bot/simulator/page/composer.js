/* The composer: text, files, suggestions and typing indicator. */

import { $, dots, h, icon, mount, iconButton } from './dom.js';
import {
  botUser, canWrite, channel, channelName, invalidate, isDM, isLocked, isTimedOut, isThread, PERMISSION, hasPermission, nameOf, storeMessage, channelState, state,
} from './state.js';
import { rest, snowflake } from './rest.js';
import { toast } from './dialogs.js';
import { avatar } from './avatar.js';
import { isPicture } from './attachments.js';
import { fitInput, setInput } from './input.js';
import { suggest } from './suggestions.js';
import { availableCommands, openForm } from './commands.js';
import { encode, mentionables } from './mentions.js';
import { followNewest } from './history.js';

export function renderComposer() {
  const place = channel();
  const allowed = Boolean(place) && canWrite();
  $('composer').hidden = Boolean(state.form);
  $('input').disabled = !allowed;
  $('send').disabled = !allowed;
  $('attach').disabled = !allowed || !hasPermission(PERMISSION.attach);
  if (!place) return;
  const { files, replyTo, pings } = channelState();
  const answered = replyTo && channelState().messages.get(replyTo);
  const address = `${isDM(place) ? '@' : isThread(place) ? '' : '#'}${channelName(place)}`;
  $('input').placeholder = allowed ? `Message ${address}` : isTimedOut() ? 'You are timed out.'
    : isLocked(place) ? 'This thread is locked.' : 'You do not have permission to send messages here.';
  $('input').setAttribute('aria-label', $('input').placeholder);
  mount($('context'), answered && h('div.context', { test: 'replying' },
    h('span', null, 'Replying to ', h('b', null, nameOf(answered.author))),
    h('button.ping', { do: 'togglePing', 'aria-pressed': String(pings), title: 'Mention the author in this reply', test: 'reply-ping' }, pings ? '@ On' : '@ Off'),
    iconButton('close', 'Cancel reply', 'stopReply')));
  $('tray').hidden = !files.length;
  mount($('tray'), files.map((file, i) => h('li', { 'data-key': file.preview, test: 'attachment-preview' },
    h('div.thumb', null, isPicture({ content_type: file.type, filename: file.name }) ? h('img', { src: file.preview, alt: '' }) : icon('file')),
    h('span', { title: file.name }, file.name), iconButton('close', `Remove ${file.name}`, 'removeFile', { 'data-index': i }))));
  const left = 2000 - [...encode($('input').value.trim())].length;
  $('left').hidden = left >= 200;
  $('left').textContent = left;
  $('left').title = 'characters left';
  $('left').classList.toggle('over', left < 0);
}

export function renderTyping() {
  const now = Date.now();
  const names = [...(state.typing.get(state.current) ?? [])].filter(([id, until]) => until > now && id !== state.me.id).map(([id]) => nameOf({ id }));
  const words = names.length === 1 ? `${names[0]} is typing…` : names.length < 4 ? `${names.join(', ')} are typing…` : 'Several people are typing…';
  mount($('typing'), names.length > 0 && [dots(), h('span', null, words)], state.running && h('span', null, `Sending ${state.running}…`));
}

export function suggestForInput() {
  const field = $('input');
  const slash = /^\/([\w -]*)$/.exec(field.value);
  const mention = /(?:^|\s)([@#][^\s@#]{0,32})$/.exec(field.value.slice(0, field.selectionStart));
  if (slash) return suggestCommands(slash[1].toLowerCase());
  const typed = mention?.[1].toLowerCase();
  const fits = ({ text, alias }) => typed && !alias && text.toLowerCase().startsWith(typed);
  const found = mentionables().filter(fits).slice(0, 10);
  const whole = found.length === 1 && found[0].text.toLowerCase() === typed; // Enter must send the message then
  suggest(field, 'Mention', (whole ? [] : found).map(({ text, about, badge }) => ({ title: text, about, badge, pick() {
    field.setRangeText(`${text} `, field.selectionStart - typed.length, field.selectionStart, 'end');
    onInputChanged();
    field.focus();
  } })));
}

function suggestCommands(typed) {
  const all = availableCommands();
  const exact = all.find(({ name }) => typed === `${name} `);
  if (exact) return openForm(exact);
  const begins = ({ name }) => name.startsWith(typed);
  const found = [...all.filter(begins), ...all.filter((leaf) => !begins(leaf) && leaf.name.includes(typed.trim()))].slice(0, 25);
  suggest($('input'), 'Commands', found.map((leaf) =>
    ({ title: `/${leaf.name}`, about: leaf.description, badge: botUser() && avatar(botUser(), 'mid'), pick: () => openForm(leaf) })));
}

export function onInputChanged() {
  fitInput();
  suggestForInput();
  invalidate();
}

export function send() {
  const place = channelState();
  const content = encode($('input').value.trim());
  if (!content && !place.files.length) return;
  if ([...content].length > 2000) return toast(new Error('Messages can have at most 2,000 characters. Shorten this one, or attach it as a file.'));
  const nonce = snowflake();
  const shown = ({ name, size, type, preview }) => ({ filename: name, size, content_type: type, url: preview });
  const outgoing = { id: nonce, nonce, channel_id: state.current, author: state.me, content, type: place.replyTo ? 19 : 0, flags: 0,
    timestamp: new Date().toISOString(), local: 'sending', files: place.files, attachments: place.files.map(shown),
    message_reference: place.replyTo ? { message_id: place.replyTo, channel_id: state.current } : undefined,
    allowed_mentions: place.replyTo && !place.pings ? { parse: ['users', 'roles', 'everyone'], replied_user: false } : undefined };
  place.outbox.push(outgoing);
  Object.assign(place, { files: [], replyTo: null, pings: true, draft: '' });
  setInput('');
  followNewest();
  typingSentAt = 0;
  return deliver(outgoing);
}

export async function deliver(outgoing) {
  const { nonce, content, files, message_reference, allowed_mentions, channel_id: place } = outgoing;
  outgoing.local = 'sending';
  invalidate();
  try {
    storeMessage(await rest('POST', `/channels/${place}/messages`, { content, nonce, tts: false, flags: 0, message_reference, allowed_mentions,
      ...(files.length && { attachments: files.map((file, i) => ({ id: String(i), filename: file.name })) }) }, { files }));
  } catch (error) {
    Object.assign(outgoing, { local: 'failed', error: error.message });
  }
  invalidate();
}

export function addFiles(files) {
  const place = channelState();
  for (const file of files) file.preview = URL.createObjectURL(file);
  place.files = [...place.files, ...files];
  if (place.files.length > 10) toast(new Error('Messages can have at most 10 attachments.'));
  place.files = place.files.slice(0, 10);
  $('input').focus();
  invalidate();
}

let typingSentAt = 0;

export function sendTyping() {
  if (!$('input').value.trim() || $('input').value.startsWith('/') || Date.now() - typingSentAt < 8000) return;
  typingSentAt = Date.now();
  rest('POST', `/channels/${state.current}/typing`).catch(() => {}); // losing it does no harm
}
