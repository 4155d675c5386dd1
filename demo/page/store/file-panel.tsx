import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { TargetedEvent, VNode } from "preact";
import { formatBytes } from "../ui/format.ts";
import { useApp } from "../ui/use-app.ts";

/** Export and import of the database as a file. */
export function FilePanel(): VNode {
  const { verbs, notices, shared } = useApp();
  const input = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const work = (task: () => Promise<void>): void =>
    void notices.act(async () => {
      busy.value = true;
      await task().finally(() => (busy.value = false));
    });
  const exportFile = async (): Promise<void> => {
    const bytes = await verbs.exportDatabase();
    save(bytes, "counters.db");
    notices.tell(`Exported ${formatBytes(bytes.length)}: a file that any SQLite opens.`);
  };
  const importFile = ({ currentTarget }: TargetedEvent<HTMLInputElement>): void => {
    const [file] = currentTarget.files ?? [];
    if (file === undefined) return;
    work(async () => {
      await verbs.importDatabase(new Uint8Array(await file.arrayBuffer()));
      notices.tell(`Imported ${file.name}. Every tab shows it now.`);
    });
    currentTarget.value = "";
  };
  return (
    <div class="panel">
      <h3>{shared === undefined ? "Export and import" : "Export"}</h3>
      <p class="quiet">
        The whole database as one SQLite file.{" "}
        {shared === undefined
          ? "An imported file is checked before it replaces anything."
          : "Nothing can be imported here: the events of shared counters come from the hub."}
      </p>
      <p class="buttons">
        <button type="button" disabled={busy.value} onClick={() => work(exportFile)}>
          Export
        </button>
        {shared === undefined && (
          <button type="button" disabled={busy.value} onClick={() => input.current?.click()}>
            Import …
          </button>
        )}
        <input
          ref={input}
          class="unseen"
          type="file"
          accept=".db,.sqlite,.sqlite3"
          aria-label="Database to import"
          tabIndex={-1}
          onChange={importFile}
        />
      </p>
    </div>
  );
}

/** Offers bytes as a download. */
function save(bytes: Uint8Array, name: string): void {
  const url = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: "application/vnd.sqlite3" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
