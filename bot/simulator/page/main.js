/* A small client of Discord's own protocol (REST v10 and the gateway), for the simulator that serves it.

   state.js holds all there is to see. events.js changes it as the gateway tells, actions.js as the person acts; whoever
   changes it calls invalidate(), and everything below is painted with the next frame. */

import { $, icon } from './dom.js';
import { onPaint } from './state.js';
import { paintSuggest } from './suggestions.js';
import { paintForm } from './commands.js';
import { paintMessages } from './messages.js';
import { paintHeader, paintSidebar } from './sidebar.js';
import { paintComposer } from './composer.js';
import { start } from './people.js';
import { listen } from './keys.js';

onPaint(() => {
  paintSidebar();
  paintHeader();
  paintMessages();
  paintComposer();
  paintForm();
  paintSuggest();
});
listen();
$('mark').append(icon('bubble'));
$('attach').append(icon('plus'));
$('send').append(icon('send'));
start();
