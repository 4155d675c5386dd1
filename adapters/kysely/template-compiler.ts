import {
  SqliteQueryCompiler,
  TableNode,
  type AliasNode,
  type CompiledQuery,
  type QueryId,
  type RootOperationNode,
} from "kysely";
import { invalidArgument } from "../../src/adapter.ts";
import type { SqlStatement, SqlTable } from "../../src/index.ts";
import { sql, type SqlInput } from "../../src/read-models/index.ts";

/** A compiled query with its statement. */
type CompiledStatement = CompiledQuery & { readonly statement: SqlStatement };

/** Whether this compiler has made it. */
export function isOfRivulet(compiled: CompiledQuery): compiled is CompiledStatement {
  return "statement" in compiled;
}

/** Writes SQL as a template, whose values are the tables of read models and the parameters. */
export class TemplateCompiler extends SqliteQueryCompiler {
  readonly #tables: Readonly<Record<string, SqlTable<unknown>>>;
  #strings: string[] = [""];
  #values: SqlInput[] = [];

  constructor(tables: Readonly<Record<string, SqlTable<unknown>>>) {
    super();
    this.#tables = tables;
  }

  override compileQuery(node: RootOperationNode, queryId: QueryId): CompiledStatement {
    this.#strings = [""];
    this.#values = [];
    const compiled = super.compileQuery(node, queryId);
    const strings = this.#strings;
    const statement = sql(Object.assign(strings, { raw: strings }), ...this.#values);
    return { ...compiled, statement };
  }

  protected override append(text: string): void {
    super.append(text);
    this.#strings.push(`${this.#strings.pop()}${text}`);
  }

  protected override appendValue(value: unknown): void {
    this.addParameter(value);
    super.append(this.getCurrentParameterPlaceholder());
    this.#put(value as SqlInput);
  }

  protected override visitTable(node: TableNode): void {
    const table = this.#tableOf(node);
    if (table === undefined) super.visitTable(node);
    else this.#put(table as SqlTable);
  }

  protected override visitAlias(node: AliasNode): void {
    if (TableNode.is(node.node) && node.alias.kind === "IdentifierNode") {
      const { name } = node.alias as typeof node.alias & { readonly name: string };
      if (Object.hasOwn(this.#tables, name)) {
        throw invalidArgument("query", `"${name}" is the name of a table: an alias needs another name`);
      }
    }
    super.visitAlias(node);
  }

  #tableOf({ table }: TableNode): SqlTable<unknown> | undefined {
    const { name } = table.identifier;
    return table.schema === undefined && Object.hasOwn(this.#tables, name) ? this.#tables[name] : undefined;
  }

  #put(value: SqlInput): void {
    this.#values.push(value);
    this.#strings.push("");
  }
}
