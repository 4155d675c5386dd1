import { runsInPages } from "./examples.ts";
import { highlight, unescape } from "./highlight.ts";
import type { LaidOut } from "./signatures.ts";

/** Words of this length have a place on one line of a phone. */
const WHOLE = 30;

/** The same for strings in code, whose letters are smaller. */
const LONGEST = 36;

/** The deepest indentation that is kept where a line continues below. */
const DEEPEST = 20;

/** A block of code; one that can run carries what it needs for that. `narrow`: the same code for phones, if that differs. */
export function codeBlock(code: string | LaidOut, language: string, narrow?: string): string {
  if (typeof code !== "string")
    return `<div class="block wraps">${bothOf(code, (text) => highlight(text, language))}</div>\n`;
  if (language === "sh")
    return `<div class="block commands"><pre tabindex="0"><code>${commandLines(code)}</code></pre></div>\n`;
  const pre = (text: string, kind: string): string =>
    `<pre${kind} tabindex="0"><code>${codeLines(highlight(text, language))}</code></pre>`;
  const wide = code.trimEnd();
  const isSame = narrow === undefined || narrow === wide;
  const block = isSame ? pre(wide, "") : pre(wide, ' class="on-desks"') + pre(narrow, ' class="on-phones"');
  const kind = isSame ? "" : " both";
  if (!runsInPages(language, code)) return `<div class="block${kind}">${block}</div>\n`;
  return `<div class="block runs${kind}" data-language="${language}">${block}</div>\n`;
}

/** Code as lines, each an element of its own: where there is no room for one, it continues below, further in than it began. */
function codeLines(html: string): string {
  const open: string[] = [];
  const lines = html.split("\n").map((line) => {
    const begun = open.join("");
    for (const [tag] of line.matchAll(/<\/?span[^>]*>/g)) {
      if (tag === "</span>") open.pop();
      else open.push(tag);
    }
    const [spaces = ""] = /^ */.exec(line.replaceAll(/<[^>]*>/g, "")) ?? [];
    const depth = Math.min(spaces.length - (spaces.length % 2), DEEPEST);
    return `<span class="line${depth === 0 ? "" : ` in-${depth}`}">${begun}${breakCalls(line)}${"</span>".repeat(open.length)}</span>`;
  });
  return lines.join("\n");
}

/**
 * A line of code may also be broken where a formatter would: after an opening bracket, and before the next call of a chain. A string without
 * spaces that a phone has room for stays whole.
 */
function breakCalls(line: string): string {
  return line
    .replaceAll(/\((?=[\w"'`]|<span)/g, "(<wbr>")
    .replaceAll(/(?<=\))\.(?=\w|<)/g, "<wbr>.")
    .replaceAll(/<span class="hljs-string">(?=[^\s<]+<\/span>)([^<]*)/g, (found, text: string) =>
      unescape(text).length > LONGEST ? found : `<span class="hljs-string whole">${text}`,
    );
}

/** Commands, each an element of its own: where there is no room for one, it continues below, further in. */
function commandLines(code: string): string {
  const lines = code.replace(/\n$/, "").split("\n");
  return lines.map((line) => `<span class="line">${keepWords(highlight(line, "sh"))}</span>`).join("\n");
}

/**
 * Words that a phone has room for stay whole, longer ones are broken after a slash, and options have one colour.
 * The gap before a comment can be left out.
 */
function keepWords(line: string): string {
  return line
    .replaceAll(
      /((?:[^\s<>]|<span class="hljs-(?:built_in|keyword|literal)">[^\s<]*<\/span>)+)|<[^>]*>/g,
      (found, word) => {
        if (word === undefined) return found;
        const text = found.replaceAll(/<[^>]*>/g, "");
        const shown = text.startsWith("-") ? text : found;
        if (text.length > WHOLE) return shown.replaceAll(/(?<=\w)\//g, "/<wbr>");
        return /\w[-/.]|^-/.test(text) ? `<span class="whole">${shown}</span>` : shown;
      },
    )
    .replace(/ +(?=<span class="hljs-comment">)/, '<span class="gap">$&</span>');
}

/** A declaration, whose types are linked where they have an address. */
export function signatureBlock(code: LaidOut, addressOf: (type: string) => string | undefined): string {
  return `<div class="signature wraps">${bothOf(code, (text) => linked(text, addressOf))}</div>\n`;
}

/** Code for desks and for phones, of which a page shows one. */
function bothOf({ wide, narrow }: LaidOut, toHtml: (code: string) => string): string {
  const block = (code: string, kind: string): string => `<pre${kind}><code>${toHtml(code)}</code></pre>`;
  if (wide === narrow) return block(wide, "");
  return `${block(wide, ' class="on-desks"')}${block(narrow, ' class="on-phones"')}`;
}

function linked(code: string, addressOf: (type: string) => string | undefined): string {
  return highlight(code, "typescript")
    .replace(/^(<span class="hljs-keyword">function<\/span> )(\w+)/gm, '$1<span class="hljs-title function_">$2</span>')
    .replaceAll(/<span class="hljs-(?:string|comment)">[^]*?<\/span>|<[^>]*>|\b[A-Za-z_]\w*/g, (found) => {
      const address = /^\w/.test(found) ? addressOf(found) : undefined;
      return address === undefined ? found : `<a href="${address}">${found}</a>`;
    });
}
