/* The message list. */

import { $, dots, h, icon, mount, reconcile, iconButton } from './dom.js';
import {
  canWrite, channel, isDM, isEphemeral, isMentioned, isUserMessage, LOADING, PERMISSION, hasPermission, nameOf, channelState, sorted, state, textOf,
} from './state.js';
import { formatTimestamp, formatDate } from './time.js';
import { inline, markdown } from './markdown.js';
import { avatar } from './avatar.js';
import { component } from './components.js';
import { attachments } from './attachments.js';
import { embed } from './embeds.js';
import { decode } from './mentions.js';
import { followsNewest } from './history.js';
import { welcome } from './welcome.js';
import { renderTyping } from './composer.js';

const commandOf = ({ interaction_metadata: about, interaction }) => ((about ?? interaction)?.type === 2 ? { ...about, ...interaction } : null);

export function renderMessages() {
  const place = state.current ? channelState() : null;
  const rows = [];
  let previous = null;
  for (const message of place ? [...sorted(place), ...place.outbox] : []) {
    const day = new Date(message.timestamp).toDateString();
    const newDay = !previous || new Date(previous.timestamp).toDateString() !== day;
    if (newDay) rows.push({ key: day, signature: day, build: () => h('li.day', null, formatTimestamp(new Date(message.timestamp) / 1000, 'D')) });
    const view = viewOf(message, newDay || startsGroup(previous, message), place);
    rows.push({ key: String(message.nonce ?? message.id), signature: JSON.stringify([view, state.revision]), build: () => messageRow(view) });
    previous = message;
  }
  reconcile($('messages'), rows);
  mount($('welcome'), state.guild && place?.loaded && !place.more && welcome(rows.length === 0));
  $('present').hidden = followsNewest;
  mount($('present'), icon('down'), document.createTextNode(state.unseen ? `${state.unseen} new` : 'Jump to present'));
  renderTyping();
}

/** Whether a message starts a new group, with avatar and author. */
function startsGroup(previous, message) {
  const late = new Date(message.timestamp) - new Date(previous.timestamp) > 7 * 60000;
  return late || previous.author.id !== message.author.id || isEphemeral(previous) !== isEphemeral(message)
    || message.type === 19 || [18, 21].includes(previous.type) || message.interaction_metadata?.id !== previous.interaction_metadata?.id;
}

/** What a row depends on, besides what `state.revision` counts; a row is rebuilt if it changes. */
function viewOf(message, head, place) {
  const answered = message.message_reference?.message_id;
  return { message, head, referred: place.messages.get(answered) ?? message.referenced_message,
    editing: state.editing === message.id, busy: state.busy.has(message.id), failure: state.failures.get(message.id),
    thread: channel(message.id) ?? message.thread }; // a thread has the id of the message that started it
}

function messageRow({ message, head, referred, editing, busy, failure, thread }) {
  const mine = message.author.id === state.me.id;
  const used = head && commandOf(message);
  const mentioned = !mine && (message.mention_everyone || isMentioned(message, state.me));
  const classes = ['message', head && 'head', (message.type === 19 || used) && 'replying', mentioned && 'mentioned',
    isEphemeral(message) && 'ephemeral', message.local === 'sending' && 'sending'];
  const label = `${nameOf(message.author)}, ${formatDate(message.timestamp)}: ${textOf(message).slice(0, 300)}`;
  return h(`li.${classes.filter(Boolean).join('.')}`, { 'data-id': message.id, test: 'message', tabindex: -1, label },
    head ? avatar(message.author) : h('time.gutter', { datetime: message.timestamp }, formatTimestamp(new Date(message.timestamp) / 1000, 't')),
    message.type === 19 && reference(message, referred),
    used && h('div.reference', { test: 'command-used' }, avatar(used.user, 'tiny'), h('b', null, nameOf(used.user)), ' used ',
      h('span.mention', null, `/${used.name}`)),
    head && byline(message),
    editing ? editor(message) : h('div.body', null, bodyOf(message, referred)),
    attachments(message.attachments), message.embeds?.map(embed), message.components?.map((top) => component(top, busy)),
    message.reactions?.length > 0 && h('div.reactions', null, message.reactions.map(reaction)),
    thread && h('button.threadlink', { do: 'open', 'data-channel': thread.id, test: 'thread-link' }, icon('thread'), thread.name),
    notices(message, failure),
    !message.local && !editing && toolbar(message, mine, thread));
}

function byline({ author, timestamp }) {
  return h('div.byline', null, h('b', { test: 'author' }, nameOf(author)), author.bot && h('span.badge', { test: 'app-badge' }, 'APP'),
    h('time', { datetime: timestamp, title: formatTimestamp(new Date(timestamp) / 1000, 'F') }, formatDate(timestamp)));
}

function notices(message, failure) {
  const error = (...words) => h('div.notice.error', { role: 'alert', test: 'message-error' }, words);
  return [
    failure && error(failure),
    message.local === 'failed' && error(message.error, h('button', { do: 'retry' }, 'Try again'), h('button', { do: 'discard' }, 'Discard')),
    isEphemeral(message) && h('div.notice', { test: 'ephemeral' }, 'Only you can see this · ',
      h('button', { do: 'dismiss', test: 'dismiss' }, 'Dismiss')),
  ];
}

function bodyOf(message, referred) {
  if (message.flags & LOADING) return h('span.thinking', { test: 'thinking' }, `${nameOf(message.author)} is thinking `, dots());
  if (message.type === 18) {
    const thread = { do: 'open', 'data-channel': message.message_reference?.channel_id };
    return h('span.dim', null, 'started a thread: ', h('button.mention', thread, message.content));
  }
  if (message.type === 21) return h('div.content', null, referred ? markdown(referred.content) : 'The message that started this thread');
  if (![0, 19, 20, 23].includes(message.type)) return h('span.dim', null, message.content || 'This message type is not supported by the playground.');
  if (!message.content) return null;
  const jumbo = /^(?:\s*\p{Extended_Pictographic}[\u{1F3FB}-\u{1F3FF}\uFE0F\u200D]*){1,12}\s*$/u.test(message.content);
  return [h(`div.content${jumbo ? '.jumbo' : ''}`, { test: 'message-content' }, markdown(message.content)),
    message.edited_timestamp && h('span.edited', { title: formatDate(message.edited_timestamp), test: 'edited' }, '(edited)')];
}

function reference(message, referred) {
  if (!referred) return h('div.reference', null, h('i', null, 'The original message was deleted'));
  const text = textOf(referred).replace(/\s+/g, ' ').slice(0, 160);
  const label = `Reply to ${nameOf(referred.author)}: ${text}`;
  const name = `${isMentioned(message, referred.author) ? '@' : ''}${nameOf(referred.author)}`;
  return h('button.reference', { do: 'jumpToMessage', 'data-target': referred.id, test: 'reply-preview', label },
    avatar(referred.author, 'tiny'), h('b', null, name),
    h('span.excerpt', null, text ? inline(text).map((node) => node.textContent) : h('i', null, 'Click to see attachment')));
}

function toolbar(message, mine, thread) {
  if (isEphemeral(message)) return null;
  const direct = isDM(channel());
  return h('div.toolbar', { role: 'toolbar', label: 'Message actions' },
    hasPermission(PERMISSION.addReactions) && iconButton('smile', 'Add reaction', 'react', { test: 'react' }),
    canWrite() && iconButton('reply', 'Reply', 'reply', { test: 'reply' }),
    mine && isUserMessage(message) && iconButton('edit', 'Edit', 'edit', { test: 'edit' }),
    iconButton('copy', 'Copy text', 'copy', { test: 'copy' }),
    !thread && channel().type === 0 && hasPermission(PERMISSION.createThreads) && iconButton('thread', 'Create thread', 'createThread', { test: 'create-thread' }),
    (mine || (!direct && hasPermission(PERMISSION.manageMessages))) && iconButton('trash', 'Delete', 'remove', { test: 'delete' }));
}

function editor(message) {
  const field = h('textarea.field', { 'data-editor': message.id, rows: 3, label: 'Edit message', test: 'editor' });
  field.value = decode(message.content);
  return h('div', null, field, h('div.notice', null, 'Enter to save, Escape to cancel'));
}

function reaction({ emoji, count, me }) {
  return h('button.reaction', { do: 'toggleReaction', 'data-emoji': emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name, 'aria-pressed': String(me),
    label: `${emoji.name}, ${count}`, test: `reaction-${emoji.name}` }, h('span', null, emoji.name), String(count));
}
