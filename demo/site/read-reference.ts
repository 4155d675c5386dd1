/** Reads the public API with its docstrings, by TypeScript's own program over the declarations that the build has written. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Node, SyntaxKind } from "typescript/unstable/ast";
import type { Project, Symbol } from "typescript/unstable/sync";
import {
  type DeclarationKind,
  declarationOf,
  headOf,
  headPartsOf,
  kindOf,
  MEMBERS,
  NAMING,
  readable,
  withoutUndefined,
} from "./declarations.ts";
import { argumentsOf, withArguments } from "./type-arguments.ts";
import { inProject } from "./typescript-project.ts";

/** Documented text: what a docstring says. */
export interface Documented {
  readonly name: string;
  /** The declaration, without its docstring. */
  readonly signature: string;
  /** The types that the declaration names, by these names: those that have a description. */
  readonly types: ReadonlyMap<string, ExportId>;
  /** Markdown. */
  readonly docs: string;
  /** The texts of `@throws`, each once: overloads may repeat them. */
  readonly throws: readonly string[];
  /** The code of `@example`. */
  readonly examples: readonly string[];
}

/** Tells types and exports apart: several entry points may have the same one. */
export type ExportId = number;

/** An export of an entry point, or a type that one names. */
export interface Exported extends Documented {
  readonly id: ExportId;
  /** Where it is declared, in the package. */
  readonly file: string;
  readonly kind: DeclarationKind;
  /** Of an interface or a class. */
  readonly members: readonly Documented[];
  /** The signature of an interface or a class has not its members. */
  readonly isHead: boolean;
}

/** What one import path of the package gives. */
export interface EntryPoint {
  /** Such as "rivulet/consumers". */
  readonly path: string;
  /** Its declarations, as a path from the root of the package. */
  readonly file: string;
  readonly exports: readonly Exported[];
  /** The types that these declarations name, and that no entry point exports. */
  readonly named: readonly Exported[];
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
  const modules = [...entries].map(([path, file]) => ({ path, file, symbols: symbolsOf(file) }));
  const exported = new Set(modules.flatMap(({ symbols }) => symbols.map(({ id }) => id)));
  /** What the declarations of an entry point have named so far, and nobody exports. */
  let unexported = new Map<ExportId, Symbol>();
  return modules.map(({ path, file, symbols }) => {
    unexported = new Map();
    const exports = symbols.map(toExported).filter((one) => one !== undefined);
    const named: Exported[] = [];
    // A map is iterated with what is added meanwhile: by the declarations of these types.
    for (const symbol of unexported.values()) named.push(...[toExported(symbol)].filter((one) => one !== undefined));
    return { path, file, exports, named };
  });

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
    const members = kind === "interface" || kind === "class" ? nodes.flatMap(membersOf) : undefined;
    const parts = members === undefined || isShownWhole(nodes, members) ? undefined : members;
    return {
      id: symbol.id,
      file: relative(root, first.getSourceFile().fileName),
      kind,
      members: parts ?? [],
      isHead: parts !== undefined,
      ...(parts === undefined
        ? documented(
            symbol,
            symbol.name,
            nodes.map((one) => withoutUndefined(declarationOf(one))).join("\n\n"),
            typesIn(nodes),
          )
        : documented(symbol, symbol.name, headOf(first, isFound), typesIn(headPartsOf(nodes)))),
    };
  }

  /** Whether a type that is extended is exported, or one of JavaScript's own. */
  function isFound(type: Node): boolean {
    const { expression } = type as Node & { readonly expression: Node };
    const symbol = checker.getSymbolAtLocation(expression);
    return symbol === undefined || exported.has(withoutAlias(symbol).id) || isGlobal(symbol);
  }

  function isGlobal({ declarations }: Symbol): boolean {
    return declarations.some(
      ({ kind, path }) => kind !== SyntaxKind.ImportSpecifier && !relative(root, path).startsWith("dist/"),
    );
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
      documented(
        symbol,
        readable(symbol.name),
        nodes.map((one) => withoutUndefined(declarationOf(one))).join("\n\n"),
        typesIn(nodes),
      ),
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
      if (exported.has(target.id)) return;
      const given = argumentsOf(type);
      for (const node of declarationsOf(target)) {
        found.push(...membersOf(node).map((member) => withArguments(member, node, given, typesIn(given))));
      }
    });
    return found;
  }

  /** The types that these declarations name, and that are described: exports, and what the package declares beside them. */
  function typesIn(nodes: readonly Node[]): ReadonlyMap<string, ExportId> {
    const found = new Map<string, ExportId>();
    const visit = (node: Node): void => {
      const name = NAMING[node.kind]?.(node);
      const symbol = name && checker.getSymbolAtLocation(name);
      const type = symbol && withoutAlias(symbol);
      // An interface that is extended, and not exported, lends its members, and is not named.
      const isExtended = node.kind === SyntaxKind.ExpressionWithTypeArguments;
      if (name !== undefined && type !== undefined && isDescribed(type, isExtended)) found.set(name.getText(), type.id);
      node.forEachChild(visit);
    };
    nodes.forEach(visit);
    return found;
  }

  function isDescribed(type: Symbol, isExtended: boolean): boolean {
    if (exported.has(type.id)) return true;
    if (isExtended || isGlobal(type) || declarationsOf(type).every((node) => kindOf(node) === undefined)) return false;
    unexported.set(type.id, type);
    return true;
  }

  function documented(symbol: Symbol, name: string, signature: string, types: Documented["types"]): Documented {
    const tags = checker.getJsDocTagsOfSymbol(symbol);
    const textsOf = (tag: string): readonly string[] => [
      ...new Set(tags.filter((each) => each.name === tag).map(({ text = "" }) => text)),
    ];
    const linked = declarationsOf(symbol).flatMap((node) =>
      [
        ...node
          .getFullText()
          .slice(0, -node.getText().length)
          .matchAll(/\{@link (\w+)\}/g),
      ].map(([, to = ""]) => to),
    );
    return {
      name,
      signature,
      types,
      docs: withLinks(checker.getDocumentationCommentOfSymbol(symbol), linked),
      throws: textsOf("throws").map((text) => text.replaceAll(/\{@link (\w+)\}/g, "`$1`")),
      examples: textsOf("example").map((text) => text.replace(/^```\w*\n/, "").replace(/\n```$/, "")),
    };
  }
}

/** An interface without members, of another library, or of records whose members mostly say by their names what they are. */
function isShownWhole(nodes: readonly Node[], members: readonly Documented[]): boolean {
  const hasMembers = members.length > 0 || nodes.some((node) => node.getText().includes(INTERNAL));
  if (!hasMembers) return !nodes.every((node) => /\{\s*\}$/.test(node.getText()));
  return members.filter(({ docs }) => docs === "").length * 2 >= Math.max(1, members.length);
}

/** Writes the names that a docstring links as code, which pages link. TypeScript gives them as words. */
function withLinks(text: string, linked: readonly string[]): string {
  return linked.reduce(
    (before, name) => before.replaceAll(new RegExp(`(?<![\\w\`])${name}(?![\\w\`])`, "g"), `\`${name}\``),
    text,
  );
}
