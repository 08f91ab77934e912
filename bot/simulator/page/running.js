/* What those who run the server can do to a place and to the application, for trying what happens then. */

import { botUser, channel, isDirect, isThread, MAY, may, nameOf, session, state } from './state.js';
import { rest } from './rest.js';
import { openDialog, openMenu, toast } from './dialogs.js';

const SLOW = 30; // seconds
const SILENCE = 60;

export const runs = (place) => Boolean(place) && !isDirect(place) && may(isThread(place) ? MAY.manageThreads : MAY.manageChannels);

const change = (place, changes) => rest('PATCH', `/channels/${place.id}`, changes);

function timeOut(user, seconds) {
  const until = seconds ? new Date(Date.now() + seconds * 1000).toISOString() : null;
  return rest('PATCH', `/guilds/${session.guild_id}/members/${user.id}`, { communication_disabled_until: until });
}

function askToRemove(place) {
  openDialog({ title: `Delete ${place.name}?`, intro: 'Everything that was said in it is gone then.', confirm: 'Delete', tone: 'danger',
    name: 'delete-dialog', submit: () => rest('DELETE', `/channels/${place.id}`) });
}

/** What can be done here: words, and the deed. */
function deeds(place) {
  const { archived, locked } = place.thread_metadata ?? {};
  const bot = botUser();
  const silent = Date.parse(state.members.get(bot?.id)?.communication_disabled_until ?? 0) > Date.now();
  return [
    isThread(place) && !archived && ['Archive', () => change(place, { archived: true })],
    isThread(place) && !locked && ['Lock', () => change(place, { archived: false, locked: true })],
    isThread(place) && (archived || locked) && ['Open again', () => change(place, { archived: false, locked: false })],
    !isThread(place) && (place.rate_limit_per_user
      ? ['End slow mode', () => change(place, { rate_limit_per_user: 0 })]
      : [`Slow mode: ${SLOW} s`, () => change(place, { rate_limit_per_user: SLOW })]),
    bot && (silent ? [`End ${nameOf(bot)}'s timeout`, () => timeOut(bot, 0)] : [`Time ${nameOf(bot)} out for a minute`, () => timeOut(bot, SILENCE)]),
    [isThread(place) ? 'Delete the thread' : 'Delete the channel', () => askToRemove(place)],
  ].filter(Boolean);
}

export function openRunMenu(anchor) {
  const offered = deeds(channel());
  const items = offered.map(([label]) => ({ label, value: label }));
  openMenu(anchor, items, {}, ([label]) => offered.find(([words]) => words === label)[1]()?.catch(toast));
}
