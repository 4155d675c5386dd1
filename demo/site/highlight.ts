import type { LanguageFn, Mode } from "highlight.js";
import highlighter from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";

/** XML whose attributes may be expressions, as in JSX and Svelte: `disabled={pending()}`. */
const xmlWithExpressions: LanguageFn = (api) => {
  const language = xml(api);
  const braces: Mode = { begin: /\{/, end: /\}/, skip: true, contains: ["self"] };
  const expression: Mode = { begin: /\{/, end: /\}/, subLanguage: "javascript", endsParent: true, contains: [braces] };
  const seen = new Set<Mode>();
  const extend = (mode: Mode | "self"): void => {
    if (mode === "self" || seen.has(mode)) return;
    seen.add(mode);
    const inner = mode.contains ?? [];
    for (const one of inner) extend(one);
    if (mode.starts !== undefined) extend(mode.starts);
    if (mode.begin instanceof RegExp && mode.begin.source === "=\\s*") mode.contains = [expression, ...inner];
  };
  for (const mode of language.contains) extend(mode);
  return language;
};

const LANGUAGES = { bash, javascript, json, python, sql, typescript, xml: xmlWithExpressions };
const SHORT: Readonly<Record<string, string>> = {
  html: "xml",
  js: "javascript",
  jsx: "javascript",
  py: "python",
  sh: "bash",
  svelte: "xml",
  ts: "typescript",
  tsx: "typescript",
  vue: "xml",
};

for (const [name, language] of Object.entries(LANGUAGES)) highlighter.registerLanguage(name, language);

/** Returns code as HTML with a class for each kind of token. An unknown language is only escaped. */
export function highlight(code: string, language: string): string {
  const name = SHORT[language] ?? language;
  if (highlighter.getLanguage(name) === undefined) return escape(code);
  return highlighter.highlight(code, { language: name }).value;
}

/** Escapes a text for HTML, also within attributes. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Returns the text that {@link escape} or the highlighter has escaped. */
export function unescape(html: string): string {
  return html
    .replaceAll("&#x27;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}
