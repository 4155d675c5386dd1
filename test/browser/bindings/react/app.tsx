import { Activity, useEffect, type ReactNode } from "react";
import { useCommand, useLiveQuery, useProjection } from "rivulet/react";
import { total } from "../../counters.ts";
import { add, atLeast, keepRun, tell, textOf, textOfTotal, type Given } from "../counting.ts";

function Counters({ given }: { readonly given: Given }): ReactNode {
  const sum = useProjection(given.store, total, given.options);
  const { state } = useLiveQuery<{ stream: string; n: number }>(given.model, atLeast(given.least));
  const { run, pending, error, result } = useCommand(add);
  keepRun(run);
  useEffect(() => tell(pending), [pending]);
  return (
    <>
      <p id="total">{textOfTotal(sum)}</p>
      <p id="counts">{textOf(state)}</p>
      <button id="add" disabled={pending} onClick={() => void run(2)}>
        Add
      </button>
      <button id="refused" onClick={() => void run(-1)}>
        Subtract
      </button>
      <p id="command">{`${pending ? "pending" : "idle"} ${(error as Error | undefined)?.message ?? "well"} ${result ?? ""}`}</p>
    </>
  );
}

export function App({ given }: { readonly given: Given }): ReactNode {
  return (
    <Activity mode={given.hidden ? "hidden" : "visible"}>
      <Counters given={given} />
    </Activity>
  );
}
