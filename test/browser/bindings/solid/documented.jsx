import { createCommand, createProjection } from "rivulet/solid";
import { createSignal, onMount, Show } from "solid-js";
import { openStore, total } from "./counters";

export function Counter(props) {
  const [store, setStore] = createSignal();
  const counter = createProjection(store, total, () => ({ stream: props.name }));
  const { run, pending, error } = createCommand((by) =>
    store()?.stream(props.name).append({ type: "incremented", data: { by } }),
  );
  onMount(async () => setStore(await openStore()));
  return (
    <>
      <button disabled={pending() || !counter().caughtUp} onClick={() => run(1)}>
        {counter().state}
      </button>
      <Show when={error()}>
        <p role="alert">That did not work.</p>
      </Show>
    </>
  );
}
