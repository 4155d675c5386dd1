import { openEventStore, type EventStore } from "rivulet";
import { storeOverSocket } from "rivulet/adapter";
import { onTestFinished, vi } from "vitest";
import { openHttpSocket } from "../../dist/adapters/inspector/http-socket.js";
import { FetchedEventSource } from "./fetched-event-source.ts";

/** Opens the store that `rivulet inspect` serves at an address, with the socket of its page. */
export async function openInspected(url: string): Promise<EventStore> {
  vi.stubGlobal("EventSource", FetchedEventSource);
  const store = await openEventStore(storeOverSocket("far", () => openHttpSocket(new URL(url))));
  onTestFinished(() => store.close());
  return store;
}
