import type { EventStore } from "rivulet";
import { useCommand, useSuspenseProjection } from "rivulet/react";
import { total, type CounterEvent } from "./counter.ts";

/** A button with the number of its clicks, in every tab. */
export function Counter({ store, name }: { readonly store: EventStore; readonly name: string }) {
  const { state } = useSuspenseProjection(store, total, { stream: name });
  const { run, pending, error } = useCommand((by: number) =>
    store.stream<CounterEvent>(name).append({ type: "incremented", data: { by } }),
  );
  return (
    <>
      <button type="button" disabled={pending} onClick={() => void run(1)}>
        {state}
      </button>
      {error !== undefined && <p role="alert">That did not work. Please try again.</p>}
    </>
  );
}
