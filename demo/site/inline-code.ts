import { escape } from "./highlight.ts";

/** Names of this length have a place on one line of a phone, also in a list within a list. */
const WHOLE = 24;

/** Code within a text. A short name stays on one line; a longer one is broken between its parts. */
export function inlineCode(content: string): string {
  if (content.includes(" ")) return `<code>${keepOptions(escape(content))}</code>`;
  if (content.length <= WHOLE) return `<code class="whole">${escape(content)}</code>`;
  return `<code>${escape(content).replaceAll(/(?<=[\w)])(?:\/|\.(?=\w{4}))/g, "$&<wbr>")}</code>`;
}

/** A name as HTML that may be broken between its words: where there is little room, and nowhere else. */
export function breakableName(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=\.)(?=\w)/g, "<wbr>");
}

/** Keeps the options of a command from being broken after their hyphens. */
function keepOptions(code: string): string {
  return code.replaceAll(/(?<![\w-])(?:-- )?--[a-z][a-z-]{0,20}(?![a-z-])/g, '<span class="option">$&</span>');
}

/** Keeps a number and its unit on one line. */
export function keepUnits(html: string): string {
  return html.replaceAll(/(?<=\d) (?=(?:[µnm]?s|[kMG]i?B|[kKMG]B|%|bytes|px)(?![\w-]))/g, "\u00A0");
}
