/** What the compiler must accept and refuse of the hooks. Compiled with the tests, never run. */
import type { Event, EventStore, ReadModel } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { useLiveQuery, useProjection, useReplicaStatus, type Live, type LiveRows, type LiveShown } from "rivulet/react";
import { sql, table } from "rivulet/read-models";
import type { Replica, ReplicaStatus } from "rivulet/sync";
import { expectTypeOf } from "vitest";

type CounterEvent = Event<"incremented", { by: number }>;

const total = defineProjection<{ readonly sum: number }, CounterEvent>({
  name: "total",
  initial: () => ({ sum: 0 }),
  on: { incremented: ({ sum }, { data }) => ({ sum: sum + data.by }) },
});
const sums = table("sums", "stream TEXT PRIMARY KEY, total INTEGER NOT NULL");

export function Component(store: EventStore, model: ReadModel): void {
  expectTypeOf(useProjection(store, total)).toEqualTypeOf<Live<{ readonly sum: number }>>();
  useProjection(undefined, total, { stream: "a", types: ["incremented"] });
  // @ts-expect-error Not a projection.
  useProjection(store, { name: "total" });
  // @ts-expect-error It ends when the component does: there is no signal to give.
  useProjection(store, total, { signal: new AbortController().signal });
  // @ts-expect-error What is shown is not to be written to.
  useProjection(store, total).state = { sum: 1 };
  // @ts-expect-error There is no such option.
  useProjection(store, total, { steam: "a" });

  expectTypeOf(useLiveQuery<{ total: number }>(model, sql`SELECT total FROM ${sums}`).state).toEqualTypeOf<
    readonly { total: number }[]
  >();
  useLiveQuery(undefined, sql`SELECT total FROM ${sums}`);
  // @ts-expect-error Text is no statement: its values would not be bound.
  useLiveQuery(model, "SELECT total FROM sums");
}

export function OfReplica(replica: Replica | undefined, model: ReadModel | undefined): void {
  expectTypeOf(useProjection(replica, total)).toEqualTypeOf<LiveShown<{ readonly sum: number }>>();
  useProjection(replica, total, { stream: "a" });
  useProjection(replica, total, { streamPrefix: "a-", types: ["incremented"] });
  // @ts-expect-error A replica's states are always the newest.
  useProjection(replica, total, { snapshots: true });
  expectTypeOf(useLiveQuery<{ total: number }>(model, sql`SELECT total FROM ${sums}`, { replica })).toEqualTypeOf<
    LiveRows<{ total: number }>
  >();
  expectTypeOf(useReplicaStatus(replica)).toEqualTypeOf<ReplicaStatus>();
  // @ts-expect-error A store has no status.
  useReplicaStatus({} as EventStore);
}
