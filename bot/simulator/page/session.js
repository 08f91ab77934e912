/* Start of the page, and switching between its two users. */

import { $ } from './dom.js';
import { invalidate, storeUser, setSession, people, resetState, state } from './state.js';
import { HOME, rest, sleep } from './rest.js';
import { Gateway } from './gateway.js';
import { receive } from './events.js';

let gateway = null;

export function switchUser(key) {
  const person = people.find((other) => other.key === key) ?? people[0];
  const current = state?.current;
  gateway?.close();
  sessionStorage.setItem('person', person.key);
  $('input').value = '';
  $('messages').replaceChildren();
  resetState(person);
  if (current) history.replaceState(null, '', `#${current}`);
  for (const other of people) storeUser(other.user);
  gateway = new Gateway(person.token, receive, (status) => {
    if (status === 'refused') return start(); // the simulator was restarted and does not know the token
    state.connection = status;
    invalidate();
  });
  invalidate();
}

export async function start() {
  for (;;) {
    try {
      const session = await (await fetch(new URL('_control/session', HOME))).json();
      const roles = [['owner', session.person_token, 'owner'], ['member', session.member_token, 'member']];
      setSession(session, await Promise.all(roles.map(async ([key, token, about]) =>
        ({ key, token, about, user: await rest('GET', '/users/@me', undefined, { token }) }))));
      return switchUser(sessionStorage.getItem('person'));
    } catch {
      $('banner').hidden = false;
      $('banner').textContent = 'Cannot reach the simulator. Retrying…';
      await sleep(2000);
    }
  }
}
