/* Discord's REST API, with one's own token. */

import { state } from './state.js';

// Addresses are relative to this page, for it may be seen through a proxy under another name than the simulator knows.
export const HOME = new URL('.', location.href.split('#')[0]);

const SLOW_MODE = 20016;
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
export const snowflake = () => String(((BigInt(Date.now()) - 1420070400000n) << 22n) | BigInt(Math.floor(Math.random() * 4194304)));

/** Discord's own words, with the faults it names per field. */
function explain(answer, status) {
  const faults = (node) => Object.entries(node ?? {}).flatMap(([key, value]) =>
    key === '_errors' ? value.map((fault) => fault.message) : typeof value === 'object' ? faults(value) : []);
  if (answer?.code === SLOW_MODE) return `Slow mode: you can write again in ${Math.ceil(answer.retry_after)} s.`;
  return [answer?.message ?? `The server answered ${status}.`, ...faults(answer?.errors)].join('\n');
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
      .catch(() => { throw new Error('The simulator cannot be reached.'); });
    const answer = response.status === 204 ? null : await response.json().catch(() => null);
    if (response.ok) return answer;
    if (response.status !== 429 || answer?.code === SLOW_MODE || attempt === 4) throw new Error(explain(answer, response.status));
    await sleep(1000 * (answer?.retry_after ?? 1));
  }
}

export const pathOf = (message) => `/channels/${message.channel_id}/messages/${message.id}`;
