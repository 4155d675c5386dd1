import { memory, openEventStore, type EventStore } from "rivulet";
import { createHub, type Hub, type HubOptions } from "rivulet/sync/hub";
import { onTestFinished } from "vitest";
import type { Asked } from "./ask-hub.ts";
import { bank } from "./bank.ts";

export const ACCOUNT: Asked = { kind: "stream", name: "account-1" };

/** The message of a pull that lasts. */
export const LIVE = { protocol: 1, lineage: null, live: true, items: [{ ...ACCOUNT, position: 0, mark: null }] };

/** Opens a hub for the bank, for the rest of a test. A client is whoever its header names. */
export async function openHub(
  options: Partial<HubOptions<string>>,
  clock?: () => number,
): Promise<{ hub: Hub; store: EventStore }> {
  const store = await openEventStore(memory(), { clock });
  onTestFinished(() => store.close());
  const hub = createHub<string>(store, {
    authenticate: (request) => request.headers.get("authorization") ?? "ada",
    deciders: { bank },
    mayAppend: () => true,
    ...options,
  });
  return { hub, store };
}
