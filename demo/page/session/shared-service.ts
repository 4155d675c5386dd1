import { effect } from "@preact/signals";
import { openEventStore } from "rivulet";
import { follow, type Replica } from "rivulet/sync";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import type { Command } from "../../counter/commands.ts";
import { PREFIX } from "../../counter/events.ts";
import { foldsOf } from "../../counter/folds.ts";
import type { ServiceOptions } from "../../counter/read-side.ts";
import { openSharedService } from "../../counter/shared-service.ts";
import { createSharing, type Sharing } from "../../counter/sharing.ts";
import { introduce, type Device } from "../../counter/device.ts";
import type { LocalService } from "./local-service.ts";
import type { Network } from "./network.ts";
import { unreachable } from "./unreachable.ts";

/** Where the service in Node answers. */
const SERVICE = "./api";

/** How long the connection to the hub, which may be another tab's, may take to end, in milliseconds. */
const PATIENCE = 500;

export interface SharedService extends LocalService {
  readonly shared: Shared;
}

/** What the page needs to know about the shared counters, apart from the counters themselves. */
export interface Shared {
  readonly sharing: Sharing;
  /** Whether the browser keeps what is pending when the page is closed. */
  readonly kept: boolean;
  /** Removes what this browser has of the shared counters, and of what is pending; then they have to be opened again. */
  forget(): Promise<void>;
}

/** Opens the counters that this browser shares with others: a database of its own, which follows the hub of the service in Node. */
export async function openShared(
  name: string,
  network: Network,
  device: Device,
  { folds = foldsOf(), ...options }: ServiceOptions,
): Promise<SharedService> {
  const store = await openEventStore(sqliteWasm({ name, fallback: "memory" }));
  try {
    const replica = await follow(store, {
      url: new URL(`${SERVICE}/sync`, location.href).href,
      headers: () => introduce(device),
      fetch: network.fetch,
      streamPrefixes: [PREFIX],
      deciders: { counter: folds.decider },
    });
    const service = await openSharedService(store, replica, {
      ...options,
      folds,
      device: device.name,
      elsewhere,
      async apart(task) {
        network.setOffline(true);
        try {
          await ended(replica);
          return await task();
        } finally {
          network.setOffline(false);
        }
      },
    });
    const stop = effect(() => {
      if (!network.offline.value) replica.hurry();
    });
    const close = async (): Promise<void> => {
      stop();
      await service.close();
    };
    const { backend } = await store.info();
    const kept = backend !== "memory";
    const forget = async (): Promise<void> => {
      await replica.close();
      if (kept) await store.destroy();
    };
    return {
      service: { ...service, close },
      verbs: store,
      inspected: { store, replica },
      shared: { sharing: createSharing(replica), kept, forget },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Resolves once the connection to the hub has ended. */
function ended(replica: Replica): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stop();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, PATIENCE);
    const stop = replica.subscribe(() => {
      if (replica.status.connection === "offline") done();
    });
  });
}

/** Sends a command as another device would, past this device's replica. */
async function elsewhere(command: Command, signal: AbortSignal | undefined): Promise<void> {
  const response = await fetch(`${SERVICE}/run`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ command, tab: "a program" }),
    signal: signal ?? null,
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw unreachable(error);
  });
  if (!response.ok) throw unreachable(`the answer was ${response.status}`);
  const { failure } = (await response.json()) as { readonly failure?: { readonly message: string } };
  if (failure !== undefined) throw Object.assign(new Error(failure.message), failure);
}
