/* What a person does with the pointer; the data-do of an element names the action. */

import { $, h, morph, web } from './dom.js';
import { invalidate, putChannel, room, session, state, textOf } from './state.js';
import { pathOf, rest } from './rest.js';
import { askName, openMenu, showDialog, toast } from './dialogs.js';
import { press } from './interactions.js';
import { choicesOf, defaults, findComponent, picker } from './components.js';
import { setInput } from './input.js';
import { takeSuggestion } from './suggestions.js';
import { closeForm } from './commands.js';
import { decode } from './mentions.js';
import { pin, stick } from './history.js';
import { changed, deliver, send } from './composer.js';
import { jump, open } from './places.js';
import { askToDelete, startEdit } from './editing.js';
import { become } from './people.js';
import { readFile } from './attachments.js';
import { openRunMenu } from './running.js';

const messageOf = (element) => room().messages.get(element.closest('[data-id]').dataset.id);
const outgoingOf = (element) => room().outbox.find(({ id }) => id === element.closest('[data-id]').dataset.id);
const setReaction = (message, emoji, on) => rest(on ? 'PUT' : 'DELETE', `${pathOf(message)}/reactions/${encodeURIComponent(emoji)}/@me`);

export const ACTIONS = {
  open: (el) => open(el.dataset.channel),
  async openDirect(el) {
    const place = await rest('POST', '/users/@me/channels', { recipient_id: el.dataset.user, recipients: [el.dataset.user] });
    putChannel(place);
    open(place.id);
  },
  become: (el) => become(el.dataset.person),
  openSidebar: () => document.body.classList.add('open'),
  closeSidebar: () => document.body.classList.remove('open'),
  createChannel: () => askName('Create a channel', null, async (name) => {
    const place = await rest('POST', `/guilds/${session.guild_id}/channels`, { name: name.trim().toLowerCase().replace(/\s+/g, '-'), type: 0 });
    putChannel(place);
    open(place.id);
  }),
  createThread(el) {
    const message = messageOf(el);
    askName('Create a thread', decode(message.content).replace(/\s+/g, ' ').slice(0, 40).trim(), async (name) => {
      const thread = await rest('POST', `${pathOf(message)}/threads`, { name, auto_archive_duration: 1440 });
      putChannel(thread);
      open(thread.id);
    });
  },
  send,
  attach: () => $('files').click(),
  removeFile(el) {
    const [file] = room().files.splice(Number(el.dataset.index), 1);
    URL.revokeObjectURL(file.preview);
  },
  fill(el) {
    setInput(el.dataset.text);
    $('input').focus();
    $('input').setSelectionRange(el.dataset.text.length, el.dataset.text.length);
    changed();
  },
  present() {
    pin();
    state.fresh = 0;
    stick();
  },
  takeSuggestion: (el) => takeSuggestion(Number(el.dataset.index)),
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
      h('a', { href: web(url), target: '_blank', rel: 'noopener' }, `Open ${name}`)));
  },
  reply(el) {
    room().replyTo = messageOf(el).id;
    $('input').focus();
  },
  stopReply: () => { Object.assign(room(), { replyTo: null, pings: true }); },
  togglePing: () => { room().pings = !room().pings; },
  run: (el) => openRunMenu(el),
  read: (el) => readFile(el.dataset.url, el.dataset.name),
  edit: (el) => startEdit(messageOf(el)),
  copy: (el) => navigator.clipboard.writeText(textOf(messageOf(el))),
  remove: (el, event) => askToDelete(messageOf(el), event),
  retry: (el) => deliver(outgoingOf(el)),
  discard(el) { const gone = outgoingOf(el); room().outbox = room().outbox.filter((other) => other !== gone); },
  dismiss: (el) => { room().messages.delete(messageOf(el).id); },
  jump: (el) => jump(el.dataset.target),
  react(el) {
    const message = messageOf(el);
    const faces = ['👍', '❤️', '😂', '🎉', '🤔', '👀', '🙏', '🔥', '✅', '❌', '🚀', '😮'];
    openMenu(el, faces.map((face) => ({ label: face, value: face })), { grid: true }, ([face]) => setReaction(message, face, true).catch(toast));
  },
  toggleReaction: (el) => setReaction(messageOf(el), el.dataset.emoji, el.getAttribute('aria-pressed') !== 'true'),
  pressButton: (el) => press(messageOf(el), findComponent(messageOf(el).components, el.dataset.custom)),
  choose(el) {
    const dialog = el.closest('dialog');
    const message = dialog ? null : messageOf(el);
    const select = findComponent((dialog ?? message).components, el.dataset.custom);
    const limits = { min: select.min_values ?? 1, max: select.max_values ?? 1, chosen: dialog?.values.get(select.custom_id) ?? defaults(select) };
    openMenu(el, choicesOf(select), limits, (values) => {
      if (message) return press(message, select, values);
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
