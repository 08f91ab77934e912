/* Discord's Markdown dialect. */

import { h } from './dom.js';
import { channel, nameOf, state } from './state.js';
import { formatTimestamp } from './time.js';

const SPOILER = { role: 'button', tabindex: 0, do: 'reveal', title: 'Spoiler: click to reveal' };
const CODE_BLOCK = [/(?<!\\)```(?:([\w+#.-]+)\n)?\n*([^\n][^]*?)\n*```\n?/y, ([, language, code]) => codeBlock(language, code)];
const BLOCKS = [
  [/\|\|((?:(?!\|\|)[^])*\n(?:(?!\|\|)[^])*)\|\|\n?/y, ([, text], depth) => h('div.spoiler', SPOILER, markdown(text, depth))],
  CODE_BLOCK,
  [/^>>> ([^]*)/my, ([, rest], depth) => h('blockquote', null, markdown(rest, depth))],
  [/(?:^> [^\n]*(?:\n|$))+/my, ([lines], depth) => h('blockquote', null, markdown(lines.replace(/^> /gm, '').replace(/\n$/, ''), depth))],
  [/^(#{1,3}) +([^\n]+)(?:\n|$)/my, ([, marks, text], depth) => h(`h${marks.length}`, null, inline(text, depth))],
  [/^-# +([^\n]+)(?:\n|$)/my, ([, text], depth) => h('div.small', null, inline(text, depth))],
  [/(?:^ *(?:[-*]|\d{1,9}\.) +[^\n]+(?:\n|$)(?:^ +[^\n]+(?:\n|$))*)+/my, ([lines], depth) => list(lines, depth)],
];

const INLINE = [
  [/\\([^0-9A-Za-z\s])/y, ([, mark]) => mark],
  [/(`+)([^]*?[^`])\1(?!`)/y, ([, , code]) => h('code', null, code)],
  [/\[([^\]\n]+)\]\(<?(https?:\/\/(?:[^\s()<>]|\([^\s()<>]*\))+)>?(?: +"[^"\n]*")?\)/y, ([, text, url], depth) => link(url, inline(text, depth))],
  [/<(https?:\/\/[^\s<>]+)>|https?:\/\/[^\s<]*[^\s<.,:;"'\])*_~|]/y, ([whole, bare]) => link(bare ?? whole)],
  [/<@!?(\d+)>/y, ([, id]) => h('span.mention', null, `@${nameOf({ id })}`)],
  [/<@&(\d+)>/y, ([, id]) => h('span.mention', null, `@${state.guild?.roles.find((role) => role.id === id)?.name ?? 'unknown role'}`)],
  [/<#(\d+)>/y, ([, id]) => h('button.mention', { do: 'open', 'data-channel': id }, `#${channel(id)?.name ?? 'unknown'}`)],
  [/<\/([^:>\n]+):\d+>/y, ([, name]) => h('button.mention', { do: 'fill', 'data-text': `/${name}` }, `/${name}`)],
  [/<a?(:\w+:)\d+>/y, ([, name]) => name],
  [/<t:(-?\d{1,12})(?::([tTdDfFR]))?>/y, ([, seconds, style]) => h('time.mention', null, formatTimestamp(Number(seconds), style))],
  [/@(?:everyone|here)\b/y, ([whole]) => h('span.mention', null, whole)],
  [/\*\*([^]+?)\*\*(?!\*)/y, ([, text], depth) => h('strong', null, inline(text, depth))],
  [/__([^]+?)__(?!_)/y, ([, text], depth) => h('u', null, inline(text, depth))],
  [/~~([^]+?)~~/y, ([, text], depth) => h('s', null, inline(text, depth))],
  [/\|\|([^]+?)\|\|/y, ([, text], depth) => h('span.spoiler', SPOILER, inline(text, depth))],
  [/\*(?=\S)((?:\*\*|\\[^]|\s+(?:[^*\s]|\*\*)|[^\s*\\])+?)\*(?!\*)/y, ([, text], depth) => h('em', null, inline(text, depth))],
  [/\b_((?:__|\\[^]|[^\\_])+?)_\b/y, ([, text], depth) => h('em', null, inline(text, depth))],
];

/** The result of the first rule that matches at this position, or null. */
function ruleAt(rules, text, at, depth) {
  for (const [pattern, build] of rules) {
    pattern.lastIndex = at;
    const hit = pattern.exec(text);
    if (hit) return { length: hit[0].length, node: build(hit, depth) };
  }
  return null;
}

export function markdown(text, depth = 0) {
  const nodes = [];
  let plain = '';
  const flush = () => { if (plain) nodes.push(...inline(plain, depth)); plain = ''; };
  for (let at = 0; at < text.length;) {
    const atLine = at === 0 || text[at - 1] === '\n';
    const hit = depth < 8 && (atLine || text.startsWith('```', at)) ? ruleAt(atLine ? BLOCKS : [CODE_BLOCK], text, at, depth + 1) : null;
    if (hit) {
      flush();
      nodes.push(hit.node);
      at += hit.length;
    } else {
      const next = /\n|```/g;
      next.lastIndex = at + (text.startsWith('```', at) ? 3 : 0);
      const found = next.exec(text);
      const end = !found ? text.length : found[0] === '\n' ? found.index + 1 : Math.max(found.index, at + 1);
      plain += text.slice(at, end);
      at = end;
    }
  }
  flush();
  return nodes;
}

export function inline(text, depth = 0) {
  const nodes = [];
  let plain = '';
  for (let at = 0; at < text.length;) {
    const hit = depth < 12 && /[\\`[<h*_~|@]/.test(text[at]) ? ruleAt(INLINE, text, at, depth + 1) : null;
    if (!hit || typeof hit.node === 'string') plain += hit ? hit.node : text[at];
    else {
      if (plain) nodes.push(plain);
      nodes.push(hit.node);
      plain = '';
    }
    at += hit?.length ?? 1;
  }
  if (plain) nodes.push(plain);
  return nodes.map((node) => (typeof node === 'string' ? document.createTextNode(node) : node));
}

export function link(url, label) {
  return h('a', { href: url, title: label ? url : null, target: '_blank', rel: 'noopener noreferrer nofollow' }, label ?? url);
}

function codeBlock(language, code) {
  return h('div.code', null, h('header', null, h('span', null, language), h('button', { type: 'button', do: 'copyCode' }, 'Copy')),
    h('pre', { tabindex: 0 }, h('code', null, code)));
}

function list(lines, depth) {
  const entries = [];
  const base = /^ */.exec(lines)[0].length;
  for (const line of lines.replace(/\n$/, '').split('\n')) {
    const hit = /^( *)([-*]|\d{1,9}\.) +(.*)$/.exec(line);
    if (hit && hit[1].length <= base + 1) entries.push({ mark: hit[2], text: hit[3], below: [] });
    else entries.at(-1).below.push(line.slice(Math.min(base + 2, /^ */.exec(line)[0].length)));
  }
  const ordered = /\d/.test(entries[0].mark);
  return h(ordered ? 'ol' : 'ul', ordered && { start: parseInt(entries[0].mark, 10) }, entries.map(({ text, below }) =>
    h('li', null, inline(text, depth), below.length > 0 && markdown(below.join('\n'), depth))));
}
