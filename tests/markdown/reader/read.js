// Reads pages as JSON from standard input, and says of each which blocks of code it holds and which words are loose.
const { parse } = require("discord-markdown-parser");

function walk(node, said) {
  if (Array.isArray(node)) node.forEach((child) => walk(child, said));
  else if (node && node.type === "codeBlock") said.code.push({ language: node.lang, content: node.content });
  else if (node && node.type === "inlineCode") said.inline.push(node.content);
  else if (node && node.type === "text" && typeof node.content === "string") said.text += node.content;
  else if (node && (node.type === "everyone" || node.type === "here")) said.pings += 1;
  else if (node && node.content) walk(node.content, said);
  return said;
}

const pages = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const readings = pages.map((page) => walk(parse(page, "extended"), { code: [], inline: [], text: "", pings: 0 }));
process.stdout.write(JSON.stringify(readings));
