/* The state of the page for the current user, and queries on it. */

export const EPHEMERAL = 64, LOADING = 128, THREADS = [10, 11, 12], DIRECT = 1;

export const PERMISSION = { manageChannels: 1n << 4n, administrator: 1n << 3n, addReactions: 1n << 6n, send: 1n << 11n, manageMessages: 1n << 13n,
  attach: 1n << 15n, manageThreads: 1n << 34n, createThreads: 1n << 35n, sendInThreads: 1n << 38n };

export const byId = (a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1);
export let session = null; // the response of GET /_control/session
export let people = []; // the two users to switch between
export let state = null; // what the current user sees

const newState = (person) => ({
  person, me: person.user, sessionId: null, guild: null, connection: 'connecting', current: null, commands: [],
  channels: new Map(), users: new Map(), members: new Map(), channelStates: new Map(), typing: new Map(), unread: new Set(),
  pending: new Map(), busy: new Map(), failures: new Map(), running: null, editing: null, suggest: null, form: null, revision: 0, unseen: 0,
});

export function setSession(newSession, newPeople) {
  session = newSession;
  people = newPeople;
}

/** Starts with an empty state, as this person. */
export function resetState(person) {
  state = newState(person);
}

let renderScheduled = false;
let renderer = () => {};

export function onRender(callback) {
  renderer = callback;
}

/** Schedules rendering for the next frame. */
export function invalidate() {
  if (!renderScheduled) requestAnimationFrame(render);
  renderScheduled = true;
}

export function render() {
  renderScheduled = false;
  renderer();
}

export const channel = (id = state.current) => state.channels.get(id);
export const isThread = (place) => THREADS.includes(place?.type);
export const isDM = (place) => place?.type === DIRECT;
export const isEphemeral = (message) => Boolean(message.flags & EPHEMERAL);
export const isMentioned = (message, user) => Boolean(message.mentions?.some(({ id }) => id === user?.id));
export const textOf = ({ content, embeds = [] }) =>
  content || embeds.flatMap(({ title, description }) => [title, description]).filter(Boolean).join('\n');
export const isUserMessage = (message) => message.type === 0 || message.type === 19; // default or reply

/** What the page keeps per channel: messages, outbox, draft. */
export function channelState(id = state.current) {
  if (!state.channelStates.has(id)) state.channelStates.set(id, { messages: new Map(), outbox: [], loaded: false, more: false, draft: '', files: [], replyTo: null, pings: true });
  return state.channelStates.get(id);
}

export const sorted = (place) => [...place.messages.values()].sort(byId);

export function nameOf(user) {
  const known = state.users.get(user?.id) ?? user;
  return state.members.get(user?.id)?.nick ?? known?.global_name ?? known?.username ?? 'unknown';
}

export const channelName = (place) => (isDM(place) ? nameOf(place.recipients?.[0]) : place.name);
export const botUser = () => [...state.members.values()].find(({ user }) => user.bot)?.user;

export function storeUser(user, member) {
  if (!user) return;
  if (JSON.stringify(state.users.get(user.id)) !== JSON.stringify(user)) state.revision++;
  state.users.set(user.id, user);
  if (member?.roles) state.members.set(user.id, { ...state.members.get(user.id), ...member, user });
}

const TIMED_OUT_PERMISSIONS = (1n << 10n) | (1n << 16n);
export const isTimedOut = () => Date.parse(state.members.get(state.me.id)?.communication_disabled_until ?? 0) > Date.now();

/** Whether the current user has the permission in a channel. Overwrites apply in Discord's order: @everyone, roles, member. */
export function hasPermission(bit, place = channel()) {
  if (!place?.guild_id || !state.guild || state.guild.owner_id === state.me.id) return true;
  const mine = new Set([state.guild.id, ...(state.members.get(state.me.id)?.roles ?? [])]);
  let bits = state.guild.roles.filter((role) => mine.has(role.id)).reduce((sum, role) => sum | BigInt(role.permissions), 0n);
  if (bits & PERMISSION.administrator) return true;
  const overwrites = (isThread(place) ? channel(place.parent_id) : place)?.permission_overwrites ?? [];
  for (const layer of [[state.guild.id], [...mine].filter((id) => id !== state.guild.id), [state.me.id]]) {
    const found = overwrites.filter((overwrite) => layer.includes(overwrite.id));
    for (const { deny } of found) bits &= ~BigInt(deny ?? 0);
    for (const { allow } of found) bits |= BigInt(allow ?? 0);
  }
  if (isTimedOut()) bits &= TIMED_OUT_PERMISSIONS;
  return (bits & bit) === bit;
}

export const isLocked = (place) => Boolean(place?.thread_metadata?.locked);
export const canWrite = () => (isThread(channel())
  ? hasPermission(PERMISSION.sendInThreads) && (!isLocked(channel()) || hasPermission(PERMISSION.manageThreads)) : hasPermission(PERMISSION.send));

/** Stores a message from a REST response or an event; they arrive in either order. */
export function storeMessage(message) {
  const place = channelState(message.channel_id);
  const known = place.messages.get(message.id);
  place.messages.set(message.id, { ...known, ...message });
  if (message.nonce) place.outbox = place.outbox.filter(({ nonce }) => nonce !== String(message.nonce));
  storeUser(message.author, message.member);
  for (const user of message.mentions ?? []) storeUser(user, user.member);
}

export function storeChannel(place) {
  state.channels.set(place.id, { ...state.channels.get(place.id), ...place });
  for (const user of place.recipients ?? []) storeUser(user);
  state.revision++;
}
