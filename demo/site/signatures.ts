/** Lays code of the reference out. */
import { format } from "oxfmt";

/** Code that is laid out for a desk, and for a phone if that differs. */
export interface LaidOut {
  readonly wide: string;
  readonly narrow: string;
}

/** The longest lines that a page shows on a desk and on a phone, in characters. */
const WIDE = 84;
const NARROW = 44;

/** Lays a declaration out. `isHead`: it is an interface or class without its members. */
export function layOutDeclaration(text: string, isHead: boolean): Promise<LaidOut> {
  if (isHead) return layOut(text, "", " {}");
  return layOut(text, text.startsWith("const ") ? "declare " : "", "");
}

/** Lays the members of an interface or class out, which are its declarations of one name. */
export async function layOutMember(text: string): Promise<LaidOut> {
  const { wide, narrow } = await layOut(`interface Of {\n${text}\n}`, "", "", 2);
  const inner = (code: string): string =>
    code
      .split("\n")
      .slice(1, -1)
      .map((line) => line.replace(/^ {2}/, ""))
      .join("\n");
  return { wide: inner(wide), narrow: inner(narrow) };
}

/** Lays an example out. */
export function layOutExample(code: string): Promise<LaidOut> {
  return layOut(code, "", "");
}

/** Lays an example of a guide out for a phone. `language`: as a block of Markdown names it. Other code than that of scripts is as it was. */
export async function layOutForPhones(code: string, language: string): Promise<string> {
  if (!/^(?:[jt]sx?|svelte|vue)$/.test(language)) return code.trimEnd();
  return (await formatted(code, NARROW, { language, areOutputsWhole: true })).trimEnd();
}

/** `before` and `after` make the text a statement. `indent`: what is taken off its lines afterwards. */
async function layOut(text: string, before: string, after: string, indent = 0): Promise<LaidOut> {
  const [wide = text, narrow = text] = await Promise.all(
    [WIDE, NARROW].map((width) => formatted(`${before}${text}${after}`, width + indent)),
  );
  const bare = (code: string): string => {
    const trimmed = code.slice(before.length).trimEnd();
    return after === "" ? trimmed : trimmed.replace(/\s*\{\}$/, "");
  };
  return { wide: bare(wide), narrow: bare(narrow) };
}

interface Kind {
  readonly language: string;
  /** What is printed, as a comment with an arrow tells it, is not divided. */
  readonly areOutputsWhole: boolean;
}

async function formatted(
  code: string,
  printWidth: number,
  { language, areOutputsWhole }: Kind = { language: "ts", areOutputsWhole: false },
): Promise<string> {
  const isScript = /^[jt]s/.test(language);
  const file = `code.${isScript ? extensionOf(code) : language}`;
  // The scripts of components are embedded in them; statements in scripts stay as they are.
  const options = { printWidth, embeddedLanguageFormatting: isScript ? "off" : "auto", svelte: true } as const;
  const { code: made, errors } = await format(file, code, options);
  if (errors.length > 0) throw new Error(`${errors[0]?.message ?? ""} in\n${code}`);
  return withShortLoops(made, printWidth)
    .replaceAll(/^( *)\/\*\*\s([^]*?)\s*\*\/$/gm, (_, margin: string, text: string) =>
      comment(margin, text.replaceAll(/^ *\* ?/gm, ""), printWidth),
    )
    .replaceAll(
      /^( *)(\S+:) (\w+<)\n +(.+)\n *>;$/gm,
      (whole, margin: string, name: string, type: string, of: string) => {
        if (`${margin}  ${type}${of}>;`.length <= printWidth) return `${margin}${name} ${type}${of}>;`;
        if (`${margin}${name} ${type}`.length <= printWidth) return whole;
        return [name, `  ${type}`, `    ${of}`, "  >;"].map((part) => margin + part).join("\n");
      },
    )
    .split("\n")
    .map((line) => (line.length > printWidth ? broken(line, printWidth, areOutputsWhole) : line))
    .join("\n");
}

/** Breaks a loop before what it goes through, where the formatter would give each of its names a line. */
function withShortLoops(code: string, width: number): string {
  const loops = /^( *)(for(?: await)? \(const \{)\n((?: +[\w: ]+,\n)+) *\} (of (?:[^\n{]+\)|[^{};]+?\) \{))$/gm;
  return code.replaceAll(loops, (whole, margin: string, begin: string, names: string, rest: string) => {
    const first = `${margin}${begin} ${names.trim().replace(/,$/, "").split(/,\s+/).join(", ")} }`;
    const second = `${margin}  ${rest.replaceAll(/\n\s*/g, "")}`;
    return Math.max(first.length, second.length) <= width ? `${first}\n${second}` : whole;
  });
}

/**
 * Where a generic function's type parameters would be read as an element, there is no JSX. What imports and exports nothing has to be called
 * a module.
 */
function extensionOf(code: string): string {
  if (/<\/|\/>/.test(code)) return "tsx";
  return /^(?:import|export) /m.test(code) ? "ts" : "mts";
}

/** Breaks a line that the formatter leaves too long: at its comment, in its SQL, or where a type or a clause begins. */
function broken(line: string, width: number, areOutputsWhole: boolean): string {
  const [, margin = "", code = "", text = ""] = /^( *)(?:(.*\S) )?\/\/ (.*)$/.exec(line) ?? [];
  if (text !== "") {
    const isWhole = areOutputsWhole && text.startsWith("→");
    const below = isWhole ? `${margin}// ${text}` : comment(margin, text, width);
    return [...(code === "" ? [] : [margin + code]), below].join("\n");
  }
  if (/\bsql`/.test(line)) return brokenSql(line, width);
  const [, before = "", after = ""] =
    /^( *(?:import|interface|class) .*) ((?:extends|from) .+)$/.exec(line) ??
    /^( *(?:[\w?.[\]() ]+:|const \w+ =)) (.+;)$/.exec(line) ??
    [];
  const indent = `${/^ */.exec(line)?.[0]}  `;
  return after === "" ? line : `${before}\n${indent}${after}`;
}

/** Begins a line at the clauses of a statement, where it would be too long. A line break is a space there. */
function brokenSql(line: string, width: number): string {
  const indent = `${/^ */.exec(line)?.[0]}  `;
  const lines: string[] = [];
  for (const clause of line.split(/(?<=[^`]) (?=(?:AND|FROM|ORDER BY|VALUES|WHERE) )/)) {
    const longer = `${lines.at(-1)} ${clause}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(lines.length === 0 ? clause : indent + clause);
  }
  return lines.join("\n");
}

/** A comment, such as the docstring of a part of a declaration, in lines. */
function comment(margin: string, text: string, width: number): string {
  const words = text
    .replaceAll(/\{@link (\w+)\}/g, "$1")
    // In a declaration, nothing could be done with an address.
    .replaceAll(/ \(https?:[^\s)]+\)/g, "")
    .trim()
    .split(/\s+/);
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(`${margin}// ${word}`);
  }
  return lines.join("\n");
}
