import { createCommand, createLiveQuery, createProjection } from "rivulet/solid";
import { ErrorBoundary } from "solid-js";
import { add, atLeast, textOf } from "../counting.ts";
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
  return (
    <>
      <p id="total">{`${sum().state} ${sum().caughtUp ? "of all" : "so far"}`}</p>
      <p id="counts">{textOf(rows().state)}</p>
      <button id="add" disabled={pending()} onClick={() => run(2)}>
        Add
      </button>
      <button id="refused" onClick={() => run(-1)}>
        Subtract
      </button>
      <p id="command">{`${pending() ? "pending" : "idle"} ${error()?.message ?? "well"} ${result() ?? ""}`}</p>
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
