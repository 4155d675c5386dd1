import type { VNode } from "preact";
import { useApp } from "../ui/use-app.ts";

interface PersistenceProps {
  readonly persisted: boolean;
  readonly onChange: () => void;
}

/** Shows whether the browser may remove the data when space runs low, and asks it not to. */
export function Persistence({ persisted, onChange }: PersistenceProps): VNode {
  const { verbs, notices, frozen } = useApp();
  const { attempt, tell } = notices("eviction");
  const ask = (): void =>
    void attempt(async () => {
      const granted = await verbs.requestPersistence();
      if (granted) tell("The browser promises to keep the data.");
      else {
        tell(
          "The browser did not promise to keep the data.",
          "Many browsers do once a site is used often or installed.",
        );
      }
      onChange();
    });
  return (
    <>
      {persisted ? (
        "the browser has promised to keep it"
      ) : (
        <>
          the browser may remove it when space runs low{" "}
          <button type="button" class="small" disabled={frozen.value} onClick={ask}>
            Protect from eviction
          </button>
        </>
      )}
    </>
  );
}
