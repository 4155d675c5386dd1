/** The public API of the package, read with TypeScript's API from the entry points on. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isInterfaceDeclaration, type Node, SyntaxKind } from "typescript/unstable/ast";
import type { Project, Symbol } from "typescript/unstable/sync";
import { inProject } from "../../demo/site/typescript-project.ts";
import { ROOT } from "./run-node.ts";

type SurfaceKind = "function" | "class" | "constant" | "type" | "verb" | "member";

/** An export, or a member of one, or of a type that one of them names. */
export interface SurfaceItem {
  /** Such as "openEventStore" or "EventStore.append". */
  readonly name: string;
  /** "verb": a member that is written as a method. "member": any other, such as an option. */
  readonly kind: SurfaceKind;
  /** A member that may be left out. */
  readonly optional: boolean;
  /** File and line in the sources. */
  readonly where: string;
  readonly docs: string;
  /** The texts of its `@throws` tags. */
  readonly throws: readonly string[];
  /** The code of its `@example` tags, without fences. */
  readonly examples: readonly string[];
}

interface Exports {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
}

const FOLDER = ".build/public-surface";

/** The source of every entry point that has types, by its name, such as "rivulet/consumers". */
export function entryPoints(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Exports;
  const found = Object.entries(exports).flatMap(([path, target]): [string, string][] => {
    if (typeof target === "string") return [];
    const source = target.types.replace("./dist/", "").replace(/\.d\.ts$/, ".ts");
    return [[`rivulet${path.slice(1)}`, source]];
  });
  return new Map(found);
}

/** Returns everything that is reachable from these entry points, each once. */
export function surfaceOf(sources: readonly string[]): readonly SurfaceItem[] {
  return inProject(ROOT, FOLDER, sources, (project) => walk(project, sources));
}

function walk(project: Project, sources: readonly string[]): readonly SurfaceItem[] {
  const { program, checker } = project;
  const seen = new Set<number>();
  const items: SurfaceItem[] = [];

  for (const source of sources) {
    const file = program.getSourceFile(join(ROOT, source));
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${source} is no module`);
    for (const symbol of checker.getExportsOfModule(module)) visit(symbol);
  }
  return items;

  function visit(found: Symbol): void {
    const isAlias = found.declarations.some(
      ({ kind }) => kind === SyntaxKind.ExportSpecifier || kind === SyntaxKind.ImportSpecifier,
    );
    const symbol = isAlias ? checker.getAliasedSymbol(found) : found;
    const nodes = declarationsOf(symbol);
    if (nodes.length === 0 || seen.has(symbol.id)) return;
    seen.add(symbol.id);
    const kind = kindOf(nodes[0] as Node);
    if (kind === undefined) return;
    items.push(toItem(symbol, symbol.name, kind, nodes[0] as Node));
    for (const node of nodes) follow(node, symbol.name);
  }

  /** Takes the members of a declaration, and goes on with the types that it names. `inner`: within a member or a parameter. */
  function follow(node: Node, owner: string, inner = false): void {
    if (node.kind === SyntaxKind.Block || node.kind === SyntaxKind.JSDoc) return;
    if (node.kind === SyntaxKind.TypeReference || node.kind === SyntaxKind.ExpressionWithTypeArguments) {
      const name = (node as Node & { readonly typeName?: Node; readonly expression?: Node }).typeName;
      const symbol = checker.getSymbolAtLocation(name ?? (node as Node & { readonly expression: Node }).expression);
      if (symbol !== undefined) visit(symbol);
    }
    const member = MEMBERS.get(node.kind);
    if (member !== undefined && !inner) {
      const symbol = checker.getSymbolAtLocation((node as Node & { readonly name: Node }).name);
      if (symbol?.name === INTERNALS) return;
      if (symbol !== undefined && !seen.has(symbol.id)) {
        seen.add(symbol.id);
        items.push(toItem(symbol, `${owner}.${readable(symbol.name)}`, member, node));
      }
    }
    const isInner = inner || member !== undefined || node.kind === SyntaxKind.Parameter;
    // What a conditional type compares with is no shape of its own.
    const { extendsType } = node as Node & { readonly extendsType?: Node };
    node.forEachChild((child) => follow(child, owner, isInner || child === extendsType));
  }

  function declarationsOf(symbol: Symbol): readonly Node[] {
    const nodes = symbol.declarations.flatMap((handle) => handle.resolve(project) ?? []);
    return nodes.filter((node) => {
      const path = relative(ROOT, node.getSourceFile().fileName);
      return path.startsWith("src/") || path.startsWith("adapters/");
    });
  }

  function toItem(symbol: Symbol, name: string, kind: SurfaceKind, node: Node): SurfaceItem {
    const tags = checker.getJsDocTagsOfSymbol(symbol);
    const textsOf = (tag: string): readonly string[] =>
      tags.filter((each) => each.name === tag).map(({ text = "" }) => text);
    const file = node.getSourceFile();
    const line = file.text.slice(0, node.getStart()).split("\n").length;
    return {
      name,
      kind,
      optional: (node as Node & { readonly questionToken?: Node }).questionToken !== undefined,
      where: `${relative(ROOT, file.fileName)}:${line}`,
      docs: checker.getDocumentationCommentOfSymbol(symbol),
      throws: textsOf("throws"),
      examples: textsOf("example").map((text) => text.replace(/^```\w*\n/, "").replace(/\n```$/, "")),
    };
  }
}

/** The members of rivulet's objects that only rivulet uses. */
const INTERNALS = "_rivulet";

/** `[Symbol.asyncIterator]`, which the compiler calls `__@asyncIterator@` and a number. */
function readable(name: string): string {
  return name.replace(/^__@(\w+)@\d+$/, "[$1]");
}

const MEMBERS: ReadonlyMap<SyntaxKind, SurfaceKind> = new Map([
  [SyntaxKind.MethodSignature, "verb"],
  [SyntaxKind.PropertySignature, "member"],
]);

function kindOf(node: Node): SurfaceKind | undefined {
  if (isInterfaceDeclaration(node) || node.kind === SyntaxKind.TypeAliasDeclaration) return "type";
  if (node.kind === SyntaxKind.FunctionDeclaration) return "function";
  if (node.kind === SyntaxKind.ClassDeclaration) return "class";
  return node.kind === SyntaxKind.VariableDeclaration ? "constant" : undefined;
}
