/** What the compiler must accept and refuse of the bindings for Vue, Svelte and Solid. Compiled with the tests, never run. */
import type { EventStore, ReadModel, Event, SqlValue } from "rivulet";
import { defineProjection, lastKnown } from "rivulet/projections";
import * as react from "rivulet/react";
import {
  createStoreContext,
  useCommand as useReactCommand,
  useProjection,
  useSuspenseLiveQuery,
  useSuspenseProjection,
  type Live,
} from "rivulet/react";
import { sql, table } from "rivulet/read-models";
import * as solid from "rivulet/solid";
import * as svelte from "rivulet/svelte";
import type { Replica, ReplicaStatus } from "rivulet/sync";
import * as vue from "rivulet/vue";
import { createSignal, type Accessor } from "solid-js";
import { expectTypeOf } from "vitest";
import { computed, shallowRef, type ComputedRef } from "vue";

type CounterEvent = Event<"incremented", { by: number }>;
type Sum = { readonly sum: number };
type Row = { readonly total: number };

const total = defineProjection<Sum, CounterEvent>({
  name: "total",
  initial: () => ({ sum: 0 }),
  on: { incremented: ({ sum }, { data }) => ({ sum: sum + data.by }) },
});
const query = sql`SELECT total FROM ${table("sums", "total INTEGER")}`;
const last = lastKnown(total, { database: "app", stream: "a" });
const press = (by: number, name: string): Promise<string> => Promise.resolve(name + by);

export function inVue(store: EventStore, replica: Replica, model: ReadModel): void {
  expectTypeOf(vue.useProjection(store, total)).toEqualTypeOf<ComputedRef<Live<Sum>>>();
  expectTypeOf(
    vue.useProjection(shallowRef<EventStore>(), total, () => ({ stream: "a" })).value.state,
  ).toEqualTypeOf<Sum>();
  expectTypeOf(vue.useProjection(replica, total)).toEqualTypeOf<ComputedRef<vue.LiveShown<Sum>>>();
  expectTypeOf(vue.useLiveQuery<Row>(() => model, query).value.state).toEqualTypeOf<readonly Row[]>();
  expectTypeOf(vue.useLiveQuery<Row>(model, query, { replica })).toEqualTypeOf<ComputedRef<vue.LiveRows<Row>>>();
  expectTypeOf(vue.useReplicaStatus(replica)).toEqualTypeOf<ComputedRef<ReplicaStatus>>();
  const { run, result } = vue.useCommand(press);
  expectTypeOf(run).toEqualTypeOf<(by: number, name: string) => Promise<string | undefined>>();
  expectTypeOf(result.value).toEqualTypeOf<string | undefined>();
  computed(() => run(1, "a"));
  expectTypeOf(vue.useProjection(shallowRef(store), () => last)).toEqualTypeOf<ComputedRef<Live<Sum>>>();
  expectTypeOf(svelte.createProjection(store, last).current).toEqualTypeOf<Live<Sum>>();
  expectTypeOf(solid.createProjection(() => undefined, last)).toEqualTypeOf<Accessor<Live<Sum>>>();
  expectTypeOf(useProjection(store, last)).toEqualTypeOf<Live<Sum>>();
  // Where a server renders the page, there is none before mounting.
  const later = shallowRef<typeof last>();
  const [known] = createSignal<typeof last>();
  expectTypeOf(vue.useProjection(shallowRef<EventStore>(), () => later.value ?? total)).toEqualTypeOf<
    ComputedRef<Live<Sum>>
  >();
  expectTypeOf(svelte.createProjection(undefined, later.value ?? total).current).toEqualTypeOf<Live<Sum>>();
  expectTypeOf(solid.createProjection(store, () => known() ?? total)).toEqualTypeOf<Accessor<Live<Sum>>>();
  expectTypeOf(useProjection(store as EventStore | undefined, later.value ?? total)).toEqualTypeOf<Live<Sum>>();
  // @ts-expect-error It has its stream itself.
  useProjection(store, last, { stream: "a" });
  // @ts-expect-error There is no such option.
  vue.useProjection(store, total, { steam: "a" });
  // @ts-expect-error Not a projection.
  vue.useProjection(store, { name: "total" });
}

export function inSvelte(store: EventStore | undefined, replica: Replica, model: ReadModel): void {
  expectTypeOf(svelte.createProjection(store, total)).toEqualTypeOf<svelte.Current<Live<Sum>>>();
  expectTypeOf(svelte.createProjection(replica, total).current).toEqualTypeOf<svelte.LiveShown<Sum>>();
  expectTypeOf(svelte.createLiveQuery<Row>(model, query).current.state).toEqualTypeOf<readonly Row[]>();
  expectTypeOf(svelte.createReplicaStatus(replica).current).toEqualTypeOf<ReplicaStatus>();
  expectTypeOf(svelte.createCommand(press).current.result).toEqualTypeOf<string | undefined>();
  // @ts-expect-error It takes a number and a name.
  void svelte.createCommand(press).run("a");
  // @ts-expect-error Text is no statement: its values would not be bound.
  svelte.createLiveQuery(model, "SELECT total FROM sums");
}

export function inSolid(store: Accessor<EventStore | undefined>, replica: Replica, model: ReadModel): void {
  expectTypeOf(solid.createProjection(store, total)).toEqualTypeOf<Accessor<Live<Sum>>>();
  expectTypeOf(solid.createProjection(replica, total)().confirmed).toEqualTypeOf<Sum>();
  expectTypeOf(solid.createLiveQuery<Row>(() => model, query)().state).toEqualTypeOf<readonly Row[]>();
  expectTypeOf(solid.createReplicaStatus(replica)).toEqualTypeOf<Accessor<ReplicaStatus>>();
  expectTypeOf(solid.createCommand(press).result()).toEqualTypeOf<string | undefined>();
  // @ts-expect-error There is no such option.
  solid.createProjection(store, total, { steam: "a" });
}

export function InReact(store: EventStore): void {
  expectTypeOf(useSuspenseProjection(store, total)).toEqualTypeOf<Live<Sum>>();
  expectTypeOf(useReactCommand(press).run).toEqualTypeOf<(by: number, name: string) => Promise<string | undefined>>();
  const opened = { store, close: (): Promise<void> => store.close() };
  const { useStore, useSuspenseStore } = createStoreContext(() => Promise.resolve(opened));
  expectTypeOf(useStore()).toEqualTypeOf<typeof opened | undefined>();
  expectTypeOf(useSuspenseStore().store).toEqualTypeOf<EventStore>();
  // @ts-expect-error What is opened has to be closed.
  createStoreContext(() => Promise.resolve({ store }));
}

export function sameInAll(model: ReadModel, replica: Replica | undefined): void {
  type Cells = Readonly<Record<string, SqlValue>>;
  expectTypeOf(react.useLiveQuery(model, query)).toEqualTypeOf<Live<readonly Cells[]>>();
  expectTypeOf(vue.useLiveQuery(model, query)).toEqualTypeOf<ComputedRef<Live<readonly Cells[]>>>();
  expectTypeOf(svelte.createLiveQuery(model, query)).toEqualTypeOf<svelte.Current<Live<readonly Cells[]>>>();
  expectTypeOf(solid.createLiveQuery(model, query)).toEqualTypeOf<Accessor<Live<readonly Cells[]>>>();
  expectTypeOf(useSuspenseLiveQuery(model, query)).toEqualTypeOf<Live<readonly Cells[]>>();
  const options: react.ReplicaQueryOptions = { replica, timeout: 100 };
  expectTypeOf(react.useLiveQuery<Row>(model, query, options)).toEqualTypeOf<vue.LiveRows<Row>>();
  expectTypeOf(svelte.createLiveQuery<Row>(model, query, options).current).toEqualTypeOf<svelte.LiveRows<Row>>();
  expectTypeOf(solid.createLiveQuery<Row>(model, query, () => options)()).toEqualTypeOf<solid.LiveRows<Row>>();
  const followed: svelte.ReplicaProjectOptions = { stream: "a", types: ["incremented"] };
  expectTypeOf<vue.ReplicaQueryOptions>().toEqualTypeOf<react.ReplicaQueryOptions>();
  expectTypeOf<solid.ReplicaProjectOptions>().toEqualTypeOf<svelte.ReplicaProjectOptions>();
  expectTypeOf(vue.useProjection(replica, total, followed).value.confirmed).toEqualTypeOf<Sum>();
  expectTypeOf(svelte.createProjection(replica, total, followed).current.pending).toEqualTypeOf<number>();

  expectTypeOf<react.Command<[number, string], string>>().toEqualTypeOf<
    ReturnType<typeof useReactCommand<[number, string], string>>
  >();
  expectTypeOf(vue.useCommand(press)).toEqualTypeOf<vue.Command<[by: number, name: string], string>>();
  expectTypeOf(svelte.createCommand(press)).toEqualTypeOf<svelte.Command<[by: number, name: string], string>>();
  expectTypeOf(svelte.createCommand(press).current).toEqualTypeOf<svelte.CommandState<string>>();
  expectTypeOf(solid.createCommand(press)).toEqualTypeOf<solid.Command<[by: number, name: string], string>>();
  expectTypeOf<vue.RunCommand<[], string>>().toEqualTypeOf<solid.RunCommand<[], string>>();
  expectTypeOf<react.RunCommand<[], string>>().toEqualTypeOf<svelte.RunCommand<[], string>>();
  expectTypeOf<solid.Given<number>>().toEqualTypeOf<number | Accessor<number>>();
  // @ts-expect-error It is called with what the command takes.
  void vue.useCommand(press).run("a");
  // @ts-expect-error It ends when the component does: there is no signal to give.
  solid.createLiveQuery(model, query, { signal: new AbortController().signal });
  // @ts-expect-error It ends when nobody shows it: there is no signal to give.
  svelte.createProjection(undefined, total, { signal: new AbortController().signal });
}
