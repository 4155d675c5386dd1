/** What the reference takes of declarations: their text and their parts. */
import { isInterfaceDeclaration, type Node, SyntaxKind } from "typescript/unstable/ast";

/** What a declaration declares. */
export type DeclarationKind = "function" | "class" | "constant" | "interface" | "type";

/** The text of a declaration, without its docstring and the words of a declaration file. */
export function declarationOf(node: Node): string {
  const text = node
    .getText()
    .replace(/^\/\*\*[^]*?\*\/\s*/, "")
    // The compiler writes the docstring of some properties at the end of the line before.
    .replaceAll(/; (\/\*\*[^\n]*?\*\/)\n( *)/g, ";\n$2$1\n$2");
  const prefix = node.kind === SyntaxKind.VariableDeclaration ? "const " : "";
  return prefix + text.replace(/^export (?:declare )?/, "").replace(/^declare /, "");
}

/** The declaration of an interface or class, without its members, and without the types that it extends and readers cannot find. */
export function headOf(node: Node, isFound: (type: Node) => boolean): string {
  let [head = ""] = declarationOf(node).split(/\s*\{/, 1);
  node.forEachChild((clause) => {
    if (clause.kind !== SyntaxKind.HeritageClause) return;
    const types: Node[] = [];
    clause.forEachChild((type) => void types.push(type));
    const [word = ""] = /^\w+ /.exec(clause.getText()) ?? [];
    const found = types.filter(isFound).map((type) => type.getText());
    head = head.replace(clause.getText(), found.length === 0 ? "" : `${word}${found.join(", ")}`).trimEnd();
  });
  return head;
}

/** An optional property of rivulet may also be undefined, which is not worth a line: in a member, and in types within a declaration. */
export function withoutUndefined(declaration: string): string {
  const optional = /^((?:readonly )?[\w~]+\?: )([^]*?) \| undefined;$/.exec(declaration);
  if (optional !== null) {
    const [, name = "", type = ""] = optional;
    const [, inner = type] = /^\(([^]*)\)$/.exec(type) ?? [];
    return `${name}${isClosed(inner) ? inner : type};`;
  }
  return declaration.replaceAll(/\?: ((?:[^;{}]|\{[^{}]*\})*?) \| undefined;/g, (whole, type: string) =>
    // Otherwise it is what a function with an optional parameter returns.
    isClosed(type) ? `?: ${type};` : whole,
  );
}

/** Whether no parenthesis is closed that was not opened in the text. */
function isClosed(text: string): boolean {
  let depth = 0;
  for (const letter of text) {
    if (letter === "(") depth += 1;
    if (letter === ")" && (depth -= 1) < 0) return false;
  }
  return true;
}

/** The nodes that name a type, and where they have its name. */
export const NAMING: { readonly [Kind in SyntaxKind]?: (node: Node) => Node | undefined } = {
  [SyntaxKind.TypeReference]: (node) => (node as Node & { readonly typeName: Node }).typeName,
  [SyntaxKind.ExpressionWithTypeArguments]: (node) => (node as Node & { readonly expression: Node }).expression,
  [SyntaxKind.TypeQuery]: (node) => (node as Node & { readonly exprName: Node }).exprName,
};

const HEAD: ReadonlySet<SyntaxKind> = new Set([SyntaxKind.HeritageClause, SyntaxKind.TypeParameter]);

/** What an interface or class has before its members. */
export function headPartsOf(nodes: readonly Node[]): readonly Node[] {
  const parts: Node[] = [];
  for (const node of nodes) {
    node.forEachChild((child) => {
      if (HEAD.has(child.kind)) parts.push(child);
    });
  }
  return parts;
}

/** The declarations that are members. */
export const MEMBERS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.MethodSignature,
  SyntaxKind.PropertySignature,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.PropertyDeclaration,
]);

/** Undefined for what the reference leaves out. */
export function kindOf(node: Node): DeclarationKind | undefined {
  if (isInterfaceDeclaration(node)) return "interface";
  if (node.kind === SyntaxKind.TypeAliasDeclaration) return "type";
  if (node.kind === SyntaxKind.FunctionDeclaration) return "function";
  if (node.kind === SyntaxKind.ClassDeclaration) return "class";
  return node.kind === SyntaxKind.VariableDeclaration ? "constant" : undefined;
}

/** `[Symbol.asyncIterator]`, which the compiler calls `__@asyncIterator@` and a number. */
export function readable(name: string): string {
  return name.replace(/^__@(\w+)@\d+$/, "[Symbol.$1]");
}
