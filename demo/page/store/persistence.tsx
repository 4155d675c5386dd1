import type { VNode } from "preact";
import type { LocalVerbs } from "../session/local-service.ts";
import { useApp } from "../ui/use-app.ts";

interface PersistenceProps {
  readonly persisted: boolean;
  readonly verbs: LocalVerbs;
  readonly onChange: () => void;
}

/** Whether the browser may throw the data away when room gets scarce, and the wish that it may not. */
export function Persistence({ persisted, verbs, onChange }: PersistenceProps): VNode {
  const { notices } = useApp();
  if (persisted) return <>the browser has promised to keep it</>;
  const ask = (): void =>
    void notices.attempt(async () => {
      const granted = await verbs.requestPersistence();
      notices.tell(
        granted
          ? "The browser promises to keep the data."
          : "The browser did not promise it. Many do once a site is used often or installed.",
      );
      onChange();
    });
  return (
    <>
      the browser may remove it when room gets scarce{" "}
      <button type="button" class="small" onClick={ask}>
        Ask it to keep it
      </button>
    </>
  );
}
