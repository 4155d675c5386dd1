import { memory, openEventStore, type EventStore } from "../index.ts";
import { mustBe } from "../errors.ts";
import { asyncDispose } from "../platform.ts";
import { createHub, type HubOptions } from "../sync/hub/index.ts";
import { isObject } from "../validate.ts";
import { createTestNetwork, type TestNetwork } from "./test-network.ts";

/** The options of a hub, all of them optional. */
export type TestHubOptions<Client = string> = Partial<HubOptions<Client>>;

/** A hub in memory, and a network to it that never leaves the process. */
export interface TestHub extends TestNetwork, AsyncDisposable {
  /** The hub's store, for its history, and for commands that are executed there. */
  readonly store: EventStore;
  /** An address for `follow`; any other is answered as well. */
  readonly url: string;
  /**
   * Makes another network to the same hub, so that one device can be offline while another is not.
   *
   * @example
   * ```ts
   * await using hub = await createTestHub();
   * const phone = hub.network();
   * phone.offline();
   * ```
   */
  network(): TestNetwork;
  /**
   * Cuts all connections and closes the hub's store.
   *
   * @example
   * ```ts
   * const hub = await createTestHub();
   * await hub.close();
   * await hub.close();
   * ```
   */
  close(): Promise<void>;
}

/**
 * Makes a hub in memory, for tests of replicas. By default clients are called what their `authorization` header says, and may append
 * whatever they want.
 *
 * @throws `invalid-argument`.
 * @example
 * ```ts
 * await using hub = await createTestHub({ deciders: { withdrawal } });
 * await hub.store.stream("account-1").append({ type: "deposited", data: { amount: 5 } });
 * const replica = await follow(store, { url: hub.url, fetch: hub.fetch, streamPrefixes: ["account-"] });
 * hub.offline();
 * ```
 */
export async function createTestHub<Client = string>(options: TestHubOptions<Client> = {}): Promise<TestHub> {
  if (!isObject(options)) throw mustBe("options", "an object: { deciders }");
  const store = await openEventStore(memory());
  const hub = createHub<Client>(store, {
    authenticate: (request) => (request.headers.get("authorization") ?? "client") as Client,
    mayAppend: () => true,
    ...options,
  });
  const networks: TestNetwork[] = [];

  function network(): TestNetwork {
    const made = createTestNetwork((request) => hub.fetch(request));
    networks.push(made);
    return made;
  }

  async function close(): Promise<void> {
    for (const one of networks) one.offline();
    await store.close();
  }

  // Its own network's properties, of which one is read anew each time.
  return Object.assign(network(), { store, url: "https://hub.test", network, close, [asyncDispose]: close });
}
