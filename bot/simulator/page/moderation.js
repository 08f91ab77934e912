/* The moderation menu: makes it easy to try how the bot copes with locked threads, slow mode and timeouts. */

import { botUser, channel, isDM, isThread, PERMISSION, hasPermission, nameOf, session, state } from './state.js';
import { rest } from './rest.js';
import { openDialog, openMenu, toast } from './dialogs.js';

const SLOW_MODE_SECONDS = 30; // seconds
const TIMEOUT_SECONDS = 60;

export const canModerate = (place) => Boolean(place) && !isDM(place) && hasPermission(isThread(place) ? PERMISSION.manageThreads : PERMISSION.manageChannels);

const change = (place, changes) => rest('PATCH', `/channels/${place.id}`, changes);

function timeOut(user, seconds) {
  const until = seconds ? new Date(Date.now() + seconds * 1000).toISOString() : null;
  return rest('PATCH', `/guilds/${session.guild_id}/members/${user.id}`, { communication_disabled_until: until });
}

function confirmDeleteChannel(place) {
  openDialog({ title: `Delete ${place.name}?`, intro: 'All its messages will be deleted.', confirm: 'Delete', tone: 'danger',
    name: 'delete-dialog', submit: () => rest('DELETE', `/channels/${place.id}`) });
}

/** The available actions as [label, function]. */
function moderationActions(place) {
  const { archived, locked } = place.thread_metadata ?? {};
  const bot = botUser();
  const timedOut = Date.parse(state.members.get(bot?.id)?.communication_disabled_until ?? 0) > Date.now();
  return [
    isThread(place) && !archived && ['Archive', () => change(place, { archived: true })],
    isThread(place) && !locked && ['Lock', () => change(place, { archived: false, locked: true })],
    isThread(place) && (archived || locked) && ['Reopen', () => change(place, { archived: false, locked: false })],
    !isThread(place) && (place.rate_limit_per_user
      ? ['Disable slow mode', () => change(place, { rate_limit_per_user: 0 })]
      : [`Enable slow mode (${SLOW_MODE_SECONDS} s)`, () => change(place, { rate_limit_per_user: SLOW_MODE_SECONDS })]),
    bot && (timedOut ? [`Remove ${nameOf(bot)}'s timeout`, () => timeOut(bot, 0)] : [`Time out ${nameOf(bot)} for 1 minute`, () => timeOut(bot, TIMEOUT_SECONDS)]),
    [isThread(place) ? 'Delete thread' : 'Delete channel', () => confirmDeleteChannel(place)],
  ].filter(Boolean);
}

export function openModerationMenu(anchor) {
  const offered = moderationActions(channel());
  const items = offered.map(([label]) => ({ label, value: label }));
  openMenu(anchor, items, {}, ([label]) => offered.find(([other]) => other === label)[1]()?.catch(toast));
}
