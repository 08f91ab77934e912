/* The start of a channel, with examples if it is empty. */

import { h, icon } from './dom.js';
import { botUser, channel, channelName, isDM, isThread, nameOf } from './state.js';
import { availableCommands } from './commands.js';

export function welcome(empty) {
  const place = channel();
  const name = isDM(place) || isThread(place) ? channelName(place) : `#${place.name}`;
  if (!empty) return h('div.welcome', null, h('p', null, `This is the beginning of ${isDM(place) ? 'your conversation with ' : ''}${name}.`));
  const bot = botUser() ? nameOf(botUser()) : 'the bot';
  const call = isDM(place) ? '' : `@${bot} `;
  const examples = [
    [`${call}hello`, 'Say hello and watch the answer stream in'],
    [`${call}show me some code`, 'A code block, as Discord shows it'],
    [`${call}write a long answer`, 'It continues in further messages'],
  ];
  if (availableCommands().some((leaf) => leaf.name === 'model')) examples.push(['/model', 'Switch the model for this channel']);
  return h('div.welcome', { test: 'welcome' }, h('div.mark', null, icon('bubble')),
    h('h2', null, isDM(place) ? `Talk with ${name}` : `Welcome to ${name}`),
    h('p', null, `Everything here runs on your machine: a simulated Discord, a scripted model, and ${bot} between the two. `
      + 'No account or API key needed. Try one of these, or paste an image and ask about it.'),
    h('ul.examples', null, examples.map(([text, about]) => h('li', null,
      h('button.example', { do: 'fill', 'data-text': text, test: 'example' }, h('b', null, text), h('span', null, about))))));
}
