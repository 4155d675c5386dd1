import { lastKnown } from "rivulet/projections";
import { createProjection } from "rivulet/solid";
import { createSignal, onMount, Show } from "solid-js";
import { total } from "../../counters.ts";
import { textOfTotal } from "../counting.ts";

export function Known(props) {
  const [store, setStore] = createSignal();
  const [last, setLast] = createSignal();
  const sum = createProjection(store, () => last() ?? total);
  onMount(() => {
    setLast(lastKnown(total, { database: props.database, interval: 0 }));
    props.whenOpened((opened) => setStore(opened));
  });
  return (
    <p id="known">
      {textOfTotal(sum())}
      <Show when={sum().state > 0}>
        <b>!</b>
      </Show>
    </p>
  );
}
