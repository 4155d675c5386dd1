/** What `rivulet/vue` follows belongs to the scope in which it is called, whatever becomes of the component. */
import { memory, openEventStore, type Event, type EventStore } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { useCommand, useProjection } from "rivulet/vue";
import { expect, onTestFinished, test } from "vitest";
import { createRenderer, effectScope, h, onMounted, type EffectScope } from "vue";
import { until } from "../support/until.ts";

type CounterEvent = Event<"counted", { by: number }>;

const total = defineProjection<number, CounterEvent>({
  name: "total",
  initial: () => 0,
  on: { counted: (sum, { data }) => sum + data.by },
});

interface Node {
  parent?: Node | null;
}

/** Elements that nobody looks at. */
const { createApp } = createRenderer<Node, Node>({
  createElement: () => ({}),
  createText: () => ({}),
  createComment: () => ({}),
  setText: () => undefined,
  setElementText: () => undefined,
  patchProp: () => undefined,
  parentNode: ({ parent }) => parent ?? null,
  nextSibling: () => null,
  insert(node, parent) {
    node.parent = parent;
  },
  remove: () => undefined,
});

/** A store that counts its open projections. */
async function openCounted(): Promise<{ readonly store: EventStore; readonly open: () => number }> {
  const store = await openEventStore(memory());
  onTestFinished(() => store.close());
  let open = 0;
  const { project } = store;
  return {
    store: Object.assign(store, {
      project(...args: Parameters<typeof project>) {
        const live = project(...args);
        open += 1;
        const close = (): void => void (open -= 1);
        live.ended.then(close, close);
        return live;
      },
    }),
    open: () => open,
  };
}

/** Mounts a component that does nothing but this; returns a function that unmounts it. */
function mount(setup: () => void): () => void {
  const app = createApp({
    setup() {
      setup();
      return () => h("p");
    },
  });
  app.mount({});
  return () => app.unmount();
}

test("a projection of a component is closed with it, also one that it uses first once it is mounted", async () => {
  const { store, open } = await openCounted();
  const unmount = mount(() => {
    useProjection(store, total);
    onMounted(() => void useProjection(store, total));
  });
  expect(open()).toBe(2);
  unmount();
  await until(() => open() === 0);
});

test("a projection that components share is open until its own scope ends, not the component that used it first", async () => {
  const { store, open } = await openCounted();
  const scope = effectScope(true);
  const unmount = mount(() => scope.run(() => useProjection(store, total)));
  const shown = scope.run(() => useProjection(store, total));
  unmount();
  await store.stream("a").append({ type: "counted", data: { by: 2 } });
  await until(() => shown?.value.state === 2);
  expect(open()).toBe(2);
  scope.stop();
  await until(() => open() === 0);
});

test("a projection in a scope that a component ends earlier is closed then, or never opened", async () => {
  const { store, open } = await openCounted();
  const scopes: EffectScope[] = [];
  const unmount = mount(() => {
    for (const stopped of [true, false]) {
      const scope = effectScope();
      scope.run(() => useProjection(store, total));
      if (stopped) scope.stop();
      scopes.push(scope);
    }
  });
  expect(open()).toBe(1);
  for (const scope of scopes) scope.stop();
  await until(() => open() === 0);
  unmount();
});

test("a command that components share is up to date until its own scope ends", async () => {
  const scope = effectScope(true);
  let command: ReturnType<typeof useCommand<[number], number>> | undefined;
  const unmount = mount(() => {
    command = scope.run(() => useCommand((by: number) => by));
  });
  unmount();
  expect([await command?.run(1), command?.result.value]).toEqual([1, 1]);
  scope.stop();
  expect([await command?.run(2), command?.result.value]).toEqual([2, 1]);
});
