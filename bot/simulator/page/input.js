/* The text field of the composer. */

import { $ } from './dom.js';

export function setInput(text) {
  $('input').value = text;
  fitInput();
}

export function fitInput() {
  $('input').style.height = ''; // reset before measuring
  $('input').style.height = `${$('input').scrollHeight}px`;
}
