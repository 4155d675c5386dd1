/** What an interface that is extended is given for its type parameters, written into the members that it lends. */
import { type Node, SyntaxKind } from "typescript/unstable/ast";
import type { Documented } from "./read-reference.ts";

/** The types in angle brackets after the name of a type. */
export function argumentsOf(type: Node): readonly Node[] {
  return (type as Node & { readonly typeArguments?: readonly Node[] }).typeArguments ?? [];
}

/** A member of the interface `declared`, with what is given in the place of its type parameters. `types`: what that names. */
export function withArguments(
  member: Documented,
  declared: Node,
  given: readonly Node[],
  types: Documented["types"],
): Documented {
  const parameters: string[] = [];
  declared.forEachChild((child) => {
    const { name } = child as Node & { readonly name?: Node };
    if (child.kind === SyntaxKind.TypeParameter && name !== undefined) parameters.push(name.getText());
  });
  const signature = parameters.reduce(
    (text, name, index) => text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), () => given[index]?.getText() ?? name),
    member.signature,
  );
  return { ...member, signature, types: new Map([...member.types, ...types]) };
}
