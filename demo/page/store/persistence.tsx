import type { VNode } from "preact";
import { useApp } from "../ui/use-app.ts";

interface PersistenceProps {
  readonly persisted: boolean;
  readonly onChange: () => void;
}

/** Shows whether the browser may remove the data when space runs low, and asks it not to. */
export function Persistence({ persisted, onChange }: PersistenceProps): VNode {
  const { verbs, notices } = useApp();
  if (persisted) return <>the browser has promised to keep it</>;
  const ask = (): void =>
    void notices.act(async () => {
      const granted = await verbs.requestPersistence();
      notices.tell(
        granted
          ? "The browser promises to keep the data."
          : "The browser did not promise to keep the data. Many do once a site is used often or installed.",
      );
      onChange();
    });
  return (
    <>
      the browser may remove it when space runs low{" "}
      <button type="button" class="small" onClick={ask}>
        Ask it to keep it
      </button>
    </>
  );
}
