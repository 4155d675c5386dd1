import { memory, openEventStore, type EventStore, type OpenOptions } from "rivulet";

/** Opens stores over one memory, as processes with different options over one database would be. */
export async function shareMemory(): Promise<(options?: OpenOptions) => Promise<EventStore>> {
  const { storage } = await memory().open();
  // The storage belongs to all of them.
  const lasting = { ...storage, close: () => Promise.resolve() };
  return (options) =>
    openEventStore({ name: "shared", open: () => Promise.resolve({ storage: lasting, verbs: {} }) }, options);
}
