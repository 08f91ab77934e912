/* A small Discord client (REST v10 and gateway) for the simulator that serves it.

   state.js holds the state. events.js changes it on gateway events, actions.js on user actions. A change calls
   invalidate(), and the next frame renders everything below. */

import { $, icon } from './dom.js';
import { onRender } from './state.js';
import { renderSuggestions } from './suggestions.js';
import { renderForm } from './commands.js';
import { renderMessages } from './messages.js';
import { renderHeader, renderSidebar } from './sidebar.js';
import { renderComposer } from './composer.js';
import { start } from './session.js';
import { listen } from './keys.js';

onRender(() => {
  renderSidebar();
  renderHeader();
  renderMessages();
  renderComposer();
  renderForm();
  renderSuggestions();
});
listen();
$('mark').append(icon('bubble'));
$('attach').append(icon('plus'));
$('send').append(icon('send'));
start();
