import { openEventStore, type EventStore, type OpenOptions } from "rivulet";
import { postgres } from "rivulet/postgres";
import { describe } from "vitest";
import { describeConformance } from "../support/conformance.ts";
import { INDEXED_KEYS } from "../support/indexed-keys.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";

describe.skipIf(mayBeLeftOut())("on a PostgreSQL server", () => {
  const server = usePostgres();
  const schemas = new WeakMap<EventStore, string>();
  let count = 0;

  async function openSchema(schema: string, options: OpenOptions | undefined): Promise<EventStore> {
    const { connectionString } = server();
    const store = await openEventStore(postgres({ connectionString, schema, indexedMetadata: INDEXED_KEYS }), options);
    schemas.set(store, schema);
    return store;
  }
  const again = (store: EventStore, options?: OpenOptions): Promise<EventStore> =>
    openSchema(schemas.get(store) as string, options);

  describeConformance("postgres", {
    open: (options) => openSchema(`case_${++count}`, options),
    reopen: again,
    alongside: again,
    sql: "postgres",
    limits: true,
  });
});
