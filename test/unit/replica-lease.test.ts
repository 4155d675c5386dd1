/** The lease for speaking with the hub, where the storage fails. */
import { EventStoreError } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import { expect, test } from "vitest";
import { deposit, startDevice, startHub } from "../support/sync/reported.ts";
import { until } from "../support/sync/until.ts";

/** A storage that cannot give a lease so many times. */
function failingLeases(times: number): (storage: EventStorage) => EventStorage {
  let left = times;
  return (storage) => ({
    ...storage,
    leases: {
      ...storage.leases,
      acquireLease(request) {
        left -= 1;
        if (left >= 0) throw new EventStoreError("storage-unavailable", "no answer", { reason: "no-answer" });
        return storage.leases.acquireLease(request);
      },
    },
  });
}

test("pouchdb#2768: a replica whose storage cannot give the lease says why, tries again, and goes on", async () => {
  const { core, store } = await startHub();
  const { replica } = await startDevice(core, { storage: failingLeases(3) });
  await until(replica, () => replica.status.error !== undefined);
  expect(replica.status).toMatchObject({ connection: "waiting", error: { code: "storage-unavailable" } });
  const { confirmed } = await replica.stream("account-1").execute("bank", deposit("a"));

  await confirmed;

  expect(replica.status).toMatchObject({ connection: "live", error: undefined });
  expect(await store.head()).toBe(1);
});
