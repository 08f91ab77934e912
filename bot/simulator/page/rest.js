/* Requests to Discord's REST API. */

import { state } from './state.js';

// URLs are relative to this page, because a proxy may serve it under another host.
export const HOME = new URL('.', location.href.split('#')[0]);

const SLOW_MODE = 20016;
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
export const snowflake = () => String(((BigInt(Date.now()) - 1420070400000n) << 22n) | BigInt(Math.floor(Math.random() * 4194304)));

/** The error message of a response, with the errors of single fields. */
function errorMessage(json, status) {
  const fieldErrors = (node) => Object.entries(node ?? {}).flatMap(([key, value]) =>
    key === '_errors' ? value.map((error) => error.message) : typeof value === 'object' ? fieldErrors(value) : []);
  if (json?.code === SLOW_MODE) return `Slow mode is on. You can send another message in ${Math.ceil(json.retry_after)} s.`;
  return [json?.message ?? `The server responded with HTTP ${status}.`, ...fieldErrors(json?.errors)].join('\n');
}

export async function rest(method, path, body, { files = [], token = state.person.token } = {}) {
  const headers = { Authorization: token };
  let payload;
  if (files.length) {
    payload = new FormData();
    payload.append('payload_json', JSON.stringify(body));
    files.forEach((file, i) => payload.append(`files[${i}]`, file, file.name));
  } else if (body !== undefined) {
    payload = JSON.stringify(body);
    headers['Content-Type'] = 'application/json';
  }
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(new URL(`api/v10${path}`, HOME), { method, headers, body: payload })
      .catch(() => { throw new Error('Cannot reach the simulator.'); });
    const json = response.status === 204 ? null : await response.json().catch(() => null);
    if (response.ok) return json;
    if (response.status !== 429 || json?.code === SLOW_MODE || attempt === 4) throw new Error(errorMessage(json, response.status));
    await sleep(1000 * (json?.retry_after ?? 1));
  }
}

export const pathOf = (message) => `/channels/${message.channel_id}/messages/${message.id}`;
