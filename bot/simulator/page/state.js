/* Everything the present person sees, and questions about it. */

export const EPHEMERAL = 64, LOADING = 128, THREADS = [10, 11, 12], DIRECT = 1;

export const MAY = { manageChannels: 1n << 4n, administrator: 1n << 3n, addReactions: 1n << 6n, send: 1n << 11n, manageMessages: 1n << 13n,
  attach: 1n << 15n, manageThreads: 1n << 34n, createThreads: 1n << 35n, sendInThreads: 1n << 38n };

export const byId = (a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1);
export let session = null; // what GET /_control/session said
export let people = []; // the two who can be played
export let state = null; // everything the present person sees

const newState = (person) => ({
  person, me: person.user, sessionId: null, guild: null, link: 'connecting', current: null, commands: [],
  channels: new Map(), users: new Map(), members: new Map(), rooms: new Map(), typing: new Map(), unread: new Set(),
  pending: new Map(), busy: new Map(), failures: new Map(), running: null, editing: null, suggest: null, form: null, revision: 0, fresh: 0,
});

/** The simulator has told who and what there is. */
export function meet(told, known) {
  session = told;
  people = known;
}

/** Everything is seen anew, as this person sees it. */
export function seeAs(person) {
  state = newState(person);
}

let painting = false;
let painter = () => {};

export function onPaint(paint) {
  painter = paint;
}

/** Something changed: everything is painted with the next frame. */
export function invalidate() {
  if (!painting) requestAnimationFrame(paint);
  painting = true;
}

export function paint() {
  painting = false;
  painter();
}

export const channel = (id = state.current) => state.channels.get(id);
export const isThread = (place) => THREADS.includes(place?.type);
export const isDirect = (place) => place?.type === DIRECT;
export const isEphemeral = (message) => Boolean(message.flags & EPHEMERAL);
export const isPinging = (message, user) => Boolean(message.mentions?.some(({ id }) => id === user?.id));
export const textOf = ({ content, embeds = [] }) =>
  content || embeds.flatMap(({ title, description }) => [title, description]).filter(Boolean).join('\n');
export const isWritten = (message) => message.type === 0 || message.type === 19; // by somebody, as a message or as a reply

export function roomOf(id) {
  if (!state.rooms.has(id)) state.rooms.set(id, { messages: new Map(), outbox: [], loaded: false, more: false, draft: '', files: [], replyTo: null, pings: true });
  return state.rooms.get(id);
}

export const room = () => roomOf(state.current);
export const sorted = (place) => [...place.messages.values()].sort(byId);

export function nameOf(user) {
  const known = state.users.get(user?.id) ?? user;
  return state.members.get(user?.id)?.nick ?? known?.global_name ?? known?.username ?? 'unknown';
}

export const channelName = (place) => (isDirect(place) ? nameOf(place.recipients?.[0]) : place.name);
export const botUser = () => [...state.members.values()].find(({ user }) => user.bot)?.user;

export function learn(user, member) {
  if (!user) return;
  if (JSON.stringify(state.users.get(user.id)) !== JSON.stringify(user)) state.revision++;
  state.users.set(user.id, user);
  if (member?.roles) state.members.set(user.id, { ...state.members.get(user.id), ...member, user });
}

const LEFT_BY_A_TIMEOUT = (1n << 10n) | (1n << 16n);
export const isSilenced = () => Date.parse(state.members.get(state.me.id)?.communication_disabled_until ?? 0) > Date.now();

/** The person's permissions in a channel, by Discord's order: everyone, roles together, the member. */
export function may(bit, place = channel()) {
  if (!place?.guild_id || !state.guild || state.guild.owner_id === state.me.id) return true;
  const mine = new Set([state.guild.id, ...(state.members.get(state.me.id)?.roles ?? [])]);
  let bits = state.guild.roles.filter((role) => mine.has(role.id)).reduce((sum, role) => sum | BigInt(role.permissions), 0n);
  if (bits & MAY.administrator) return true;
  const written = (isThread(place) ? channel(place.parent_id) : place)?.permission_overwrites ?? [];
  for (const layer of [[state.guild.id], [...mine].filter((id) => id !== state.guild.id), [state.me.id]]) {
    const found = written.filter((overwrite) => layer.includes(overwrite.id));
    for (const { deny } of found) bits &= ~BigInt(deny ?? 0);
    for (const { allow } of found) bits |= BigInt(allow ?? 0);
  }
  if (isSilenced()) bits &= LEFT_BY_A_TIMEOUT;
  return (bits & bit) === bit;
}

export const isLocked = (place) => Boolean(place?.thread_metadata?.locked);
export const canWrite = () => (isThread(channel())
  ? may(MAY.sendInThreads) && (!isLocked(channel()) || may(MAY.manageThreads)) : may(MAY.send));

/** The one door for messages: answers of REST and events come through here, in either order. */
export function put(message) {
  const place = roomOf(message.channel_id);
  const known = place.messages.get(message.id);
  place.messages.set(message.id, { ...known, ...message });
  if (message.nonce) place.outbox = place.outbox.filter(({ nonce }) => nonce !== String(message.nonce));
  learn(message.author, message.member);
  for (const user of message.mentions ?? []) learn(user, user.member);
}

export function putChannel(place) {
  state.channels.set(place.id, { ...state.channels.get(place.id), ...place });
  for (const user of place.recipients ?? []) learn(user);
  state.revision++;
}
