import { createCommand, createLiveQuery, createProjection } from "rivulet/solid";
import { createComputed, createRoot, ErrorBoundary, Show } from "solid-js";
import { add, atLeast, keepRun, tell, textOf, textOfTotal } from "../counting.ts";
import { total } from "../../counters.ts";

function Counters(props) {
  const sum = createProjection(
    () => props.given.store,
    total,
    () => props.given.options,
  );
  const rows = createLiveQuery(
    () => props.given.model,
    () => atLeast(props.given.least),
  );
  const { run, pending, error, result } = createCommand(add);
  keepRun(run);
  // As something that lives longer than this component.
  createRoot(() => createComputed(() => tell(pending())));
  return (
    <>
      <p id="total">{textOfTotal(sum())}</p>
      <p id="counts">{textOf(rows().state)}</p>
      <button id="add" disabled={pending()} onClick={() => run(2)}>
        Add
      </button>
      <button id="refused" onClick={() => run(-1)}>
        Subtract
      </button>
      <Show when={!props.given.hidden}>
        <p id="command">{`${pending() ? "pending" : "idle"} ${error()?.message ?? "well"} ${result() ?? ""}`}</p>
      </Show>
    </>
  );
}

export function App(props) {
  return (
    <ErrorBoundary fallback={(error) => <p id="error">{error.code}</p>}>
      <Counters given={props.given} />
    </ErrorBoundary>
  );
}
