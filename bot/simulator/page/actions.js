/* Pointer actions, named by the data-do attribute of the clicked element. */

import { $, h, morph, safeUrl } from './dom.js';
import { invalidate, storeChannel, channelState, session, state, textOf } from './state.js';
import { pathOf, rest } from './rest.js';
import { promptName, openMenu, showDialog, toast } from './dialogs.js';
import { useComponent } from './interactions.js';
import { choicesOf, defaults, findComponent, picker } from './components.js';
import { setInput } from './input.js';
import { acceptSuggestion } from './suggestions.js';
import { closeForm } from './commands.js';
import { decode } from './mentions.js';
import { followNewest, scrollToNewest } from './history.js';
import { onInputChanged, deliver, send } from './composer.js';
import { jumpToMessage, open } from './navigation.js';
import { confirmDelete, startEditing } from './editing.js';
import { switchUser } from './session.js';
import { readFile } from './attachments.js';
import { openModerationMenu } from './moderation.js';

const messageOf = (element) => channelState().messages.get(element.closest('[data-id]').dataset.id);
const outgoingOf = (element) => channelState().outbox.find(({ id }) => id === element.closest('[data-id]').dataset.id);
const setReaction = (message, emoji, on) => rest(on ? 'PUT' : 'DELETE', `${pathOf(message)}/reactions/${encodeURIComponent(emoji)}/@me`);

export const ACTIONS = {
  open: (el) => open(el.dataset.channel),
  async openDM(el) {
    const place = await rest('POST', '/users/@me/channels', { recipient_id: el.dataset.user, recipients: [el.dataset.user] });
    storeChannel(place);
    open(place.id);
  },
  switchUser: (el) => switchUser(el.dataset.person),
  openSidebar: () => document.body.classList.add('open'),
  closeSidebar: () => document.body.classList.remove('open'),
  createChannel: () => promptName('Create a channel', null, async (name) => {
    const place = await rest('POST', `/guilds/${session.guild_id}/channels`, { name: name.trim().toLowerCase().replace(/\s+/g, '-'), type: 0 });
    storeChannel(place);
    open(place.id);
  }),
  createThread(el) {
    const message = messageOf(el);
    promptName('Create a thread', decode(message.content).replace(/\s+/g, ' ').slice(0, 40).trim(), async (name) => {
      const thread = await rest('POST', `${pathOf(message)}/threads`, { name, auto_archive_duration: 1440 });
      storeChannel(thread);
      open(thread.id);
    });
  },
  send,
  attach: () => $('files').click(),
  removeFile(el) {
    const [file] = channelState().files.splice(Number(el.dataset.index), 1);
    URL.revokeObjectURL(file.preview);
  },
  fill(el) {
    setInput(el.dataset.text);
    $('input').focus();
    $('input').setSelectionRange(el.dataset.text.length, el.dataset.text.length);
    onInputChanged();
  },
  present() {
    followNewest();
    state.unseen = 0;
    scrollToNewest();
  },
  acceptSuggestion: (el) => acceptSuggestion(Number(el.dataset.index)),
  closeForm,
  closeDialog: (el) => el.closest('dialog').close(),
  closeToast: (el) => el.closest('.toast').remove(),
  reveal: (el) => el.setAttribute('data-open', ''),
  async copyCode(el) {
    await navigator.clipboard.writeText(el.closest('.code').querySelector('code').textContent);
    el.textContent = 'Copied';
    setTimeout(() => (el.textContent = 'Copy'), 1500);
  },
  enlarge(el) {
    const { url, name } = el.dataset;
    showDialog(h('dialog.lightbox', { label: name, test: 'lightbox' }, h('img', { src: url, alt: name, do: 'closeDialog' }),
      h('a', { href: safeUrl(url), target: '_blank', rel: 'noopener' }, `Open ${name}`)));
  },
  reply(el) {
    channelState().replyTo = messageOf(el).id;
    $('input').focus();
  },
  stopReply: () => { Object.assign(channelState(), { replyTo: null, pings: true }); },
  togglePing: () => { channelState().pings = !channelState().pings; },
  moderate: (el) => openModerationMenu(el),
  read: (el) => readFile(el.dataset.url, el.dataset.name),
  edit: (el) => startEditing(messageOf(el)),
  copy: (el) => navigator.clipboard.writeText(textOf(messageOf(el))),
  remove: (el, event) => confirmDelete(messageOf(el), event),
  retry: (el) => deliver(outgoingOf(el)),
  discard(el) { const gone = outgoingOf(el); channelState().outbox = channelState().outbox.filter((other) => other !== gone); },
  dismiss: (el) => { channelState().messages.delete(messageOf(el).id); },
  jumpToMessage: (el) => jumpToMessage(el.dataset.target),
  react(el) {
    const message = messageOf(el);
    const faces = ['👍', '❤️', '😂', '🎉', '🤔', '👀', '🙏', '🔥', '✅', '❌', '🚀', '😮'];
    openMenu(el, faces.map((face) => ({ label: face, value: face })), { grid: true }, ([face]) => setReaction(message, face, true).catch(toast));
  },
  toggleReaction: (el) => setReaction(messageOf(el), el.dataset.emoji, el.getAttribute('aria-pressed') !== 'true'),
  pressButton: (el) => useComponent(messageOf(el), findComponent(messageOf(el).components, el.dataset.custom)),
  choose(el) {
    const dialog = el.closest('dialog');
    const message = dialog ? null : messageOf(el);
    const select = findComponent((dialog ?? message).components, el.dataset.custom);
    const limits = { min: select.min_values ?? 1, max: select.max_values ?? 1, chosen: dialog?.values.get(select.custom_id) ?? defaults(select) };
    openMenu(el, choicesOf(select), limits, (values) => {
      if (message) return useComponent(message, select, values);
      dialog.values.set(select.custom_id, values);
      morph(el, picker(select, false, values));
    });
  },
};

export async function act(name, element, event) {
  try {
    await ACTIONS[name](element, event);
  } catch (error) {
    toast(error);
  }
  invalidate();
}
