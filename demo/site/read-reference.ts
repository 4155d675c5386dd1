/** Reads the public API with its docstrings, by TypeScript's own program over the declarations that the build has written. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isInterfaceDeclaration, type Node, SyntaxKind } from "typescript/unstable/ast";
import type { Project, Symbol } from "typescript/unstable/sync";
import { inProject } from "./typescript-project.ts";

/** Documented text: what a docstring says. */
export interface Documented {
  readonly name: string;
  /** The declaration, without its docstring. */
  readonly signature: string;
  /** Markdown. */
  readonly docs: string;
  /** The texts of `@throws`. */
  readonly throws: readonly string[];
  /** The code of `@example`. */
  readonly examples: readonly string[];
}

/** An export of an entry point. */
export interface Exported extends Documented {
  readonly kind: "function" | "class" | "constant" | "interface" | "type";
  /** Of an interface or a class. */
  readonly members: readonly Documented[];
}

/** What one import path of the package gives. */
export interface EntryPoint {
  /** Such as "rivulet/consumers". */
  readonly path: string;
  readonly exports: readonly Exported[];
}

const FOLDER = ".build/reference";

/** Workers are started, not imported. */
const LEFT_OUT = /\/worker$/;

/** Members that only rivulet itself uses. */
const INTERNAL = "_rivulet";

/** Reads every entry point that has types. */
export function readReference(root: string): readonly EntryPoint[] {
  const entries = entryPoints(root);
  return inProject(root, FOLDER, [...entries.values()], (project) => readAll(project, root, entries));
}

function entryPoints(root: string): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  };
  const found = Object.entries(exports).flatMap(([path, target]): [string, string][] =>
    typeof target === "string" || LEFT_OUT.test(path) ? [] : [[`rivulet${path.slice(1)}`, target.types.slice(2)]],
  );
  return new Map(found);
}

function readAll(project: Project, root: string, entries: ReadonlyMap<string, string>): readonly EntryPoint[] {
  const { program, checker } = project;
  const modules = [...entries].map(([path, file]) => ({ path, symbols: symbolsOf(file) }));
  const exported = new Set(modules.flatMap(({ symbols }) => symbols.map(({ id }) => id)));
  return modules.map(({ path, symbols }) => ({
    path,
    exports: symbols.map(toExported).filter((one) => one !== undefined),
  }));

  function symbolsOf(file: string): readonly Symbol[] {
    const source = program.getSourceFile(join(root, file));
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${file} is no module`);
    return checker.getExportsOfModule(module).map(withoutAlias);
  }

  function withoutAlias(symbol: Symbol): Symbol {
    const isAlias = symbol.declarations.some(
      ({ kind }) => kind === SyntaxKind.ExportSpecifier || kind === SyntaxKind.ImportSpecifier,
    );
    return isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  }

  function declarationsOf(symbol: Symbol): readonly Node[] {
    const nodes = symbol.declarations.flatMap((handle) => handle.resolve(project) ?? []);
    return nodes.filter((node) => relative(root, node.getSourceFile().fileName).startsWith("dist/"));
  }

  function toExported(symbol: Symbol): Exported | undefined {
    const nodes = declarationsOf(symbol);
    const [first] = nodes;
    const kind = first && kindOf(first);
    if (first === undefined || kind === undefined) return undefined;
    const members = kind === "interface" || kind === "class" ? nodes.flatMap(membersOf) : [];
    const signature = members.length > 0 ? headOf(first) : nodes.map(signatureOf).join("\n");
    return { kind, members, ...documented(symbol, symbol.name, signature) };
  }

  /** The members of an interface, and of those that it extends and nobody can import. */
  function membersOf(node: Node): readonly Documented[] {
    const own: { readonly symbol: Symbol; readonly nodes: Node[] }[] = [];
    const inherited: Documented[] = [];
    node.forEachChild((child) => {
      if (child.kind === SyntaxKind.HeritageClause) inherited.push(...inheritedBy(child));
      const { name } = child as Node & { readonly name?: Node };
      const symbol = MEMBERS.has(child.kind) && name !== undefined ? checker.getSymbolAtLocation(name) : undefined;
      if (symbol === undefined || symbol.name === INTERNAL) return;
      const known = own.find((one) => one.symbol.id === symbol.id);
      if (known === undefined) own.push({ symbol, nodes: [child] });
      else known.nodes.push(child);
    });
    const members = own.map(({ symbol, nodes }) =>
      documented(symbol, readable(symbol.name), nodes.map(signatureOf).join("\n")),
    );
    return [...members, ...inherited.filter(({ name }) => members.every((member) => member.name !== name))];
  }

  function inheritedBy(clause: Node): readonly Documented[] {
    const found: Documented[] = [];
    clause.forEachChild((type) => {
      const { expression } = type as Node & { readonly expression?: Node };
      const symbol = expression && checker.getSymbolAtLocation(expression);
      if (symbol === undefined) return;
      const target = withoutAlias(symbol);
      if (!exported.has(target.id)) found.push(...declarationsOf(target).flatMap(membersOf));
    });
    return found;
  }

  function documented(symbol: Symbol, name: string, signature: string): Documented {
    const tags = checker.getJsDocTagsOfSymbol(symbol);
    const textsOf = (tag: string): readonly string[] =>
      tags.filter((each) => each.name === tag).map(({ text = "" }) => text);
    return {
      name,
      signature: wrap(signature),
      docs: plain(checker.getDocumentationCommentOfSymbol(symbol)),
      throws: textsOf("throws").map(plain),
      examples: textsOf("example").map((text) => text.replace(/^```\w*\n/, "").replace(/\n```$/, "")),
    };
  }
}

const MEMBERS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.MethodSignature,
  SyntaxKind.PropertySignature,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.PropertyDeclaration,
]);

function kindOf(node: Node): Exported["kind"] | undefined {
  if (isInterfaceDeclaration(node)) return "interface";
  if (node.kind === SyntaxKind.TypeAliasDeclaration) return "type";
  if (node.kind === SyntaxKind.FunctionDeclaration) return "function";
  if (node.kind === SyntaxKind.ClassDeclaration) return "class";
  return node.kind === SyntaxKind.VariableDeclaration ? "constant" : undefined;
}

/** The text of a declaration, without its docstring and the words of a declaration file. */
function signatureOf(node: Node): string {
  const text = node.getText().replace(/^\/\*\*[^]*?\*\/\s*/, "");
  const prefix = node.kind === SyntaxKind.VariableDeclaration ? "const " : "";
  return dedent(prefix + text.replace(/^export (?:declare )?/, "").replace(/^declare /, ""));
}

/** The first line of an interface or class. */
function headOf(node: Node): string {
  return signatureOf(node).split(/\s*\{/, 1)[0] ?? "";
}

/** The longest line of a signature. */
const LINE = 84;

/** Puts each parameter of a long signature on a line of its own. */
function wrap(signature: string): string {
  return signature
    .split("\n")
    .map((line) => (line.length > LINE ? wrapLine(line) : line))
    .join("\n");
}

function wrapLine(line: string): string {
  const start = startOfParameters(line);
  if (start === 0) return line;
  const parts = [""];
  let depth = 0;
  let end = start;
  for (; end < line.length; end += 1) {
    const letter = line[end] as string;
    if (letter === ")" && depth === 0) break;
    if ("([{<".includes(letter)) depth += 1;
    else if (")]}".includes(letter) || (letter === ">" && line[end - 1] !== "=")) depth -= 1;
    if (letter === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  const margin = /^ */.exec(line)?.[0] ?? "";
  const inner = parts.map((part) => `${margin}  ${part.trim()},`).join("\n");
  return `${line.slice(0, start)}\n${inner}\n${margin}${line.slice(end)}`;
}

/** Where the parameters begin; 0 if there are none. Type parameters may have defaults with parentheses of their own. */
function startOfParameters(line: string): number {
  let depth = 0;
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at];
    if (letter === "<") depth += 1;
    if (letter === ">") depth -= 1;
    if (depth === 0 && (letter === ":" || letter === "=")) return 0;
    if (depth === 0 && letter === "(") return at + 1;
  }
  return 0;
}

/** Indents by two spaces what the declaration files indent by four. */
function dedent(text: string): string {
  const lines = text.split("\n");
  const margins = lines
    .slice(1)
    .filter((line) => line.trim() !== "")
    .map((line) => /^ */.exec(line)?.[0].length ?? 0);
  const margin = margins.length === 0 ? 0 : Math.min(...margins.map((one) => one - (one % 4)));
  const closing = /^\s*[}\])]/.test(lines.at(-1) ?? "");
  const cut = closing ? Math.min(margin, /^ */.exec(lines.at(-1) ?? "")?.[0].length ?? 0) : Math.max(0, margin - 4);
  return [lines[0] ?? "", ...lines.slice(1).map((line) => halved(line.slice(cut)))].join("\n");
}

function halved(line: string): string {
  const [spaces = ""] = /^ */.exec(line) ?? [];
  return " ".repeat(spaces.length / 2) + line.slice(spaces.length);
}

/** `[Symbol.asyncIterator]`, which the compiler calls `__@asyncIterator@` and a number. */
function readable(name: string): string {
  return name.replace(/^__@(\w+)@\d+$/, "[Symbol.$1]");
}

/** Markdown without the links of docstrings, whose targets are names. */
function plain(text: string): string {
  return text.replaceAll(
    /\{@link (\w+)(?:\s*\|\s*([^}]*))?\}/g,
    (_, name: string, label?: string) => label ?? `\`${name}\``,
  );
}
