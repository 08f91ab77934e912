/* Gateway events and their effect on the state. */

import { $ } from './dom.js';
import { channel, invalidate, storeUser, storeMessage, storeChannel, channelState, session, state } from './state.js';
import { toast } from './dialogs.js';
import { settle } from './interactions.js';
import { openModal } from './modal.js';
import { loadCommands } from './commands.js';
import { load, followsNewest } from './history.js';
import { suggestForInput } from './composer.js';
import { dropChannel, open } from './navigation.js';

function changeReaction({ channel_id, message_id, user_id, emoji }, step) {
  const message = channelState(channel_id).messages.get(message_id);
  if (!message) return;
  const reactions = structuredClone(message.reactions ?? []);
  let entry = reactions.find((other) => other.emoji.name === emoji.name && other.emoji.id == emoji.id);
  if (!entry) reactions.push((entry = { emoji, count: 0, me: false }));
  entry.count += step;
  if (user_id === state.me.id) entry.me = step > 0;
  message.reactions = reactions.filter(({ count }) => count > 0);
}

/** Removes a message, and its preview from replies. */
function removeMessage({ messages }, id) {
  messages.delete(id);
  for (const reply of messages.values()) if (reply.message_reference?.message_id === id) reply.referenced_message = null;
}

async function refreshCommands() {
  await loadCommands();
  if ($('input').value.startsWith('/')) suggestForInput(); // typing began before the commands were loaded
}

const EVENTS = {
  READY(d) {
    Object.assign(state, { me: d.user, sessionId: d.session_id });
    storeUser(d.user);
    for (const user of d.users ?? []) storeUser(user);
    for (const place of d.private_channels ?? []) storeChannel(place);
    for (const guild of d.guilds ?? []) if (guild.channels) EVENTS.GUILD_CREATE(guild);
    for (const place of state.channelStates.values()) place.loaded = false; // messages may have been missed before this session
    if (state.current) load(state.current).catch(toast);
  },
  GUILD_CREATE(d) {
    if (d.id !== session.guild_id) return;
    state.guild = { ...d, ...d.properties };
    for (const [id, place] of state.channels) if (place.guild_id === d.id) state.channels.delete(id); // it may have been deleted since the last session
    for (const member of d.members ?? []) storeUser(member.user, member);
    for (const place of [...d.channels, ...(d.threads ?? [])]) storeChannel({ ...place, guild_id: d.id });
    refreshCommands().catch(toast);
    if (!channel()) open(location.hash.slice(1));
  },
  GUILD_UPDATE(d) { Object.assign(state.guild, d); },
  GUILD_ROLE_CREATE({ role }) { state.guild.roles = [...state.guild.roles.filter(({ id }) => id !== role.id), role]; },
  GUILD_ROLE_DELETE({ role_id }) { state.guild.roles = state.guild.roles.filter(({ id }) => id !== role_id); },
  GUILD_MEMBER_ADD(d) { storeUser(d.user, d); },
  GUILD_APPLICATION_COMMAND_INDEX_UPDATE: () => refreshCommands().catch(toast),
  CHANNEL_CREATE: storeChannel,
  CHANNEL_DELETE: dropChannel,
  THREAD_LIST_SYNC({ threads }) { threads.forEach(storeChannel); },
  MESSAGE_CREATE(d) {
    storeMessage(d);
    state.typing.get(d.channel_id)?.delete(d.author.id);
    if (d.author.id === state.me.id) return;
    if (d.channel_id !== state.current) state.unread.add(d.channel_id);
    else if (!followsNewest) state.unseen++;
  },
  MESSAGE_UPDATE(d) { if (channelState(d.channel_id).messages.has(d.id)) storeMessage(d); },
  MESSAGE_DELETE(d) { removeMessage(channelState(d.channel_id), d.id); },
  MESSAGE_DELETE_BULK(d) { for (const id of d.ids) removeMessage(channelState(d.channel_id), id); },
  TYPING_START({ channel_id, user_id, member }) {
    storeUser(member?.user, member);
    if (!state.typing.has(channel_id)) state.typing.set(channel_id, new Map());
    state.typing.get(channel_id).set(user_id, Date.now() + 10000);
    setTimeout(invalidate, 10050);
  },
  MESSAGE_REACTION_ADD(d) { changeReaction(d, 1); },
  MESSAGE_REACTION_REMOVE(d) { changeReaction(d, -1); },
  MESSAGE_REACTION_REMOVE_ALL(d) { const found = channelState(d.channel_id).messages.get(d.message_id); if (found) found.reactions = []; },
  APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE({ nonce, choices }) { settle(nonce, 'resolve', choices); },
  INTERACTION_SUCCESS({ nonce }) { if (state.pending.get(nonce)?.type !== 4) settle(nonce, 'resolve'); }, // the choices follow in another event
  INTERACTION_FAILURE({ nonce }) { settle(nonce, 'reject', new Error('The application did not respond')); },
  INTERACTION_MODAL_CREATE(d) { settle(d.nonce, 'resolve'); openModal(d); },
};

Object.assign(EVENTS, { GUILD_ROLE_UPDATE: EVENTS.GUILD_ROLE_CREATE, GUILD_MEMBER_UPDATE: EVENTS.GUILD_MEMBER_ADD,
  CHANNEL_UPDATE: storeChannel, THREAD_CREATE: storeChannel, THREAD_UPDATE: storeChannel, THREAD_DELETE: dropChannel });

export function receive(name, data) {
  EVENTS[name]?.(data);
  if (name.startsWith('GUILD')) state.revision++; // rows depend on roles and permissions
  invalidate();
}
