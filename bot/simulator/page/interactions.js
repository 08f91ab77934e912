/* Interactions with the application. */

import { channel, invalidate, session, state } from './state.js';
import { rest, snowflake } from './rest.js';

export function settle(nonce, how, value) {
  const waiting = state.pending.get(String(nonce));
  state.pending.delete(String(nonce));
  waiting?.[how](value);
}

/** Sends an interaction; resolves once the application acknowledges it, rejects if it does not. */
export function sendInteraction(type, data, extra, files) {
  const nonce = snowflake();
  const answered = new Promise((resolve, reject) => state.pending.set(nonce, { type, resolve, reject }));
  setTimeout(() => settle(nonce, 'reject', new Error('The application did not respond')), 15000);
  const body = { type, application_id: session.application_id, guild_id: channel().guild_id, channel_id: state.current,
    session_id: state.sessionId, nonce, data, ...extra };
  rest('POST', '/interactions', body, { files }).catch((error) => settle(nonce, 'reject', error));
  return answered;
}

export async function useComponent(message, component, values) {
  state.busy.set(message.id, component.custom_id);
  state.failures.delete(message.id);
  invalidate();
  try {
    await sendInteraction(3, { component_type: component.type, custom_id: component.custom_id, ...(values && { values, type: component.type }) },
      { message_id: message.id, message_flags: message.flags ?? 0, application_id: message.application_id ?? session.application_id });
  } catch (error) {
    state.failures.set(message.id, `This interaction failed: ${error.message}`);
  }
  state.busy.delete(message.id);
  invalidate();
}
