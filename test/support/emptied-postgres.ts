import type { Adapter } from "rivulet/adapter";

/**
 * Returns an adapter that empties the tables of a store's schema each time that it is opened, which is sooner done than to make them.
 * `run` runs SQL.
 */
export async function emptied(adapter: Adapter, run: (text: string) => Promise<unknown>): Promise<Adapter> {
  const { storage } = await adapter.open();
  await storage.close();
  return {
    name: adapter.name,
    async open() {
      await run(
        "TRUNCATE rivulet.events, rivulet.event_blocks, rivulet.followed, rivulet.outbox, rivulet.results; DELETE FROM rivulet.meta WHERE key = 'hub'; " +
          "UPDATE rivulet.meta SET value = '0' WHERE key IN ('replica_generation', 'last_entry')",
      );
      return adapter.open();
    },
  };
}
