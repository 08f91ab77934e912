/* The field a message is typed in. */

import { $ } from './dom.js';

export function setInput(text) {
  $('input').value = text;
  fitInput();
}

export function fitInput() {
  $('input').style.height = ''; // back to one line before it is measured
  $('input').style.height = `${$('input').scrollHeight}px`;
}
