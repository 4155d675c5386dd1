import { createCommand, createProjection } from "rivulet/solid";
import { Show } from "solid-js";
import { store, total } from "./counters";

export function Counter(props) {
  const counter = createProjection(store, total, () => ({ stream: props.name }));
  const { run, pending, error } = createCommand((by) =>
    store.stream(props.name).append({ type: "incremented", data: { by } }),
  );
  return (
    <>
      <button disabled={pending()} onClick={() => run(1)}>
        {counter().state}
      </button>
      <Show when={error()}>
        <p role="alert">That did not work.</p>
      </Show>
    </>
  );
}
