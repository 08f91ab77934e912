/* What an empty channel says. */

import { h, icon } from './dom.js';
import { botUser, channel, channelName, isDirect, isThread, nameOf } from './state.js';
import { leaves } from './commands.js';

export function welcome(empty) {
  const place = channel();
  const name = isDirect(place) || isThread(place) ? channelName(place) : `#${place.name}`;
  if (!empty) return h('div.welcome', null, h('p', null, `This is the beginning of ${isDirect(place) ? 'your conversation with ' : ''}${name}.`));
  const bot = botUser() ? nameOf(botUser()) : 'the bot';
  const call = isDirect(place) ? '' : `@${bot} `;
  const examples = [
    [`${call}hello`, 'Say hello and watch the answer grow'],
    [`${call}show me some code`, 'A code block, as Discord shows it'],
    [`${call}write a long answer`, 'It flows over into further messages'],
  ];
  if (leaves().some((leaf) => leaf.name === 'model')) examples.push(['/model', 'Switch the model that answers in this channel']);
  return h('div.welcome', { test: 'welcome' }, h('div.mark', null, icon('bubble')),
    h('h2', null, isDirect(place) ? `Talk with ${name}` : `Welcome to ${name}`),
    h('p', null, `Everything here runs on your own machine: a simulated Discord, a scripted model, and ${bot} between them. `
      + 'No account and no key are needed. Try one of these, or paste a picture and ask about it.'),
    h('ul.examples', null, examples.map(([text, about]) => h('li', null,
      h('button.example', { do: 'fill', 'data-text': text, test: 'example' }, h('b', null, text), h('span', null, about))))));
}
