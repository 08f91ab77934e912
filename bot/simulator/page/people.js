/* Who one is, and the start of everything. */

import { $ } from './dom.js';
import { invalidate, learn, meet, people, seeAs, state } from './state.js';
import { HOME, rest, sleep } from './rest.js';
import { Gateway } from './gateway.js';
import { receive } from './events.js';

let gateway = null;

export function become(key) {
  const person = people.find((other) => other.key === key) ?? people[0];
  const current = state?.current;
  gateway?.close();
  sessionStorage.setItem('person', person.key);
  $('input').value = '';
  $('messages').replaceChildren();
  seeAs(person);
  if (current) history.replaceState(null, '', `#${current}`);
  for (const other of people) learn(other.user);
  gateway = new Gateway(person.token, receive, (link) => {
    if (link === 'refused') return start(); // another simulator has taken the place of the one we knew
    state.link = link;
    invalidate();
  });
  invalidate();
}

export async function start() {
  for (;;) {
    try {
      const session = await (await fetch(new URL('_control/session', HOME))).json();
      const roles = [['owner', session.person_token, 'manager'], ['member', session.member_token, 'member']];
      meet(session, await Promise.all(roles.map(async ([key, token, about]) =>
        ({ key, token, about, user: await rest('GET', '/users/@me', undefined, { token }) }))));
      return become(sessionStorage.getItem('person'));
    } catch {
      $('banner').hidden = false;
      $('banner').textContent = 'The simulator cannot be reached. Trying again…';
      await sleep(2000);
    }
  }
}
