import { Column, getTableName, is, SQL, Subquery, type SelectedFieldsOrdered } from "drizzle-orm";

/** What Drizzle makes rows of values with; TypeScript hides it. */
interface Mapping {
  readonly fields?: SelectedFieldsOrdered<Column> | undefined;
  readonly joinsNotNullableMap?: Readonly<Record<string, boolean>> | undefined;
  readonly customResultMapper?: ((rows: never) => unknown) | undefined;
}

interface Decoder {
  readonly mapFromDriverValue: unknown;
}

/**
 * A text that tells how Drizzle makes rows of a query's values: queries with the same SQL may have different rows. It is the same for
 * queries that are built again, as in each rendering of a component.
 */
export function mappingOf(prepared: object): string {
  const { fields = [], joinsNotNullableMap, customResultMapper } = prepared as Mapping;
  const texts = fields.map(({ path, field }) => [path, decoderOf(field)]);
  return JSON.stringify([texts, joinsNotNullableMap, customResultMapper && String(customResultMapper)]);
}

function decoderOf(field: SelectedFieldsOrdered<Column>[number]["field"]): unknown {
  if (is(field, Column)) return textOf(field);
  if (is(field, SQL)) return textOf(readDecoder(field));
  return textOf(readDecoder(is(field, Subquery) ? (field._ as { readonly sql: SQL }).sql : field.sql));
}

function readDecoder(part: SQL): Decoder {
  return (part as unknown as { readonly decoder: Decoder }).decoder;
}

/** A decoder by what it has itself, such as the mode of a column, or the function that was given to `mapWith`. */
function textOf(decoder: Decoder): unknown {
  const own = Object.entries(decoder).filter(([, value]) => typeof value !== "object");
  const table = is(decoder, Column) && getTableName(decoder.table);
  return [table, String(decoder.mapFromDriverValue), own.map(([name, value]) => [name, String(value)])];
}
