import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { createNotices } from "../session/notices.ts";
import { readChosen } from "../session/chosen-file.ts";
import type { Rescue } from "../session/rescue.ts";
import { formatBytes } from "./format.ts";
import { ImportButton } from "./import-button.tsx";
import { Notice } from "./notice.tsx";
import { Question } from "./question.tsx";
import { saveFile } from "./save-file.ts";

interface WaysOutProps {
  readonly rescue: Rescue;
  /** Whether a file can be imported: not for counters whose events come from a hub. */
  readonly imports: boolean;
  /** Folds the counters again from their events. */
  readonly onFoldAgain: () => void;
  /** Called once there is another database, or none. */
  readonly onReplaced: () => void;
}

/** Ways to leave a failure whose cause is in the database: opening the page again leads back to it. */
export function WaysOut({ rescue, imports, onFoldAgain, onReplaced }: WaysOutProps): VNode {
  const notices = useMemo(() => createNotices()("ways out"), []);
  const busy = useSignal(false);
  /** What is asked: a file that is to be imported, or whether to start anew. */
  const asked = useSignal<File | "anew" | undefined>(undefined);
  const exports = useSignal<boolean | undefined>(undefined);
  useEffect(() => {
    busy.value = true;
    void rescue.canExport().then((can) => {
      exports.value = can;
      busy.value = false;
    });
  }, [rescue, exports, busy]);
  const work = (task: () => Promise<void>): void => {
    if (busy.value) return;
    busy.value = true;
    void notices.attempt(() => task().finally(() => (busy.value = false)));
  };
  const exportFile = (): void =>
    work(async () => {
      notices.tell(saveFile(await rescue.exportFile()));
    });
  const replace = (task: () => Promise<void>): void =>
    work(async () => {
      asked.value = undefined;
      await task();
      onReplaced();
    });
  const wish = asked.value;
  const lasting = exports.value === true ? "Only an exported file brings them back." : "Nothing brings them back.";
  return (
    <div class="panel">
      <h3>The events of this browser</h3>
      <p class="quiet">
        Nothing was removed.{" "}
        {exports.value === false
          ? "They cannot be exported, because their file cannot be opened. "
          : "Fold them again first: what was saved of the counters beside them may be wrong. "}
        {imports
          ? `You can ${exports.value === false ? "" : "also "}put another file in their place, or begin without them.`
          : "When you start anew, the events that the hub has come back from it."}
      </p>
      <p class="buttons">
        {exports.value !== false && (
          <>
            <button type="button" aria-disabled={busy.value} onClick={() => busy.value || onFoldAgain()}>
              Fold again from the events
            </button>
            <button type="button" aria-disabled={busy.value} onClick={exportFile}>
              Export
            </button>
          </>
        )}
        {imports && <ImportButton off={busy.value} onChoose={(file) => (asked.value = file)} />}
        <button type="button" aria-disabled={busy.value} onClick={() => (asked.value = "anew")}>
          Start anew …
        </button>
      </p>
      {wish !== undefined && (
        <Question
          label={wish === "anew" ? "Before the events are removed" : "Before the import"}
          yes={wish === "anew" ? "Remove them" : "Replace"}
          off={busy.value}
          onExport={exports.value === true ? exportFile : undefined}
          onYes={() => {
            if (wish === "anew") replace(() => rescue.startAnew());
            else replace(async () => rescue.importFile(await readChosen(wish)));
          }}
          onCancel={() => (asked.value = undefined)}
        >
          {wish !== "anew" ? (
            <>
              Replace all events of this browser by <strong>{wish.name}</strong>, {formatBytes(wish.size)}? {lasting}
            </>
          ) : imports ? (
            `Remove all events of this browser, and begin with none? ${lasting}`
          ) : (
            "Remove what this browser has of the shared counters? What the hub has not confirmed is lost; all else comes back from the hub."
          )}
        </Question>
      )}
      <Notice of={notices} />
    </div>
  );
}
