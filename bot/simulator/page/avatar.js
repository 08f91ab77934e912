/* The avatar of a user. */

import { h, icon } from './dom.js';
import { nameOf } from './state.js';

export function avatar(user, size) {
  const classes = ['avatar', user.bot && 'bot', size].filter(Boolean).join('.');
  const letters = nameOf(user).split(/[\s_.-]+/).slice(0, 2).map((word) => [...word][0] ?? '').join('').toUpperCase();
  return h(`span.${classes}`, { style: `--hue: ${(BigInt(user.id) * 137n) % 360n}`, 'aria-hidden': 'true' }, user.bot ? icon('bubble') : letters);
}
