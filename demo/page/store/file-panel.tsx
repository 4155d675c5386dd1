import { useSignal } from "@preact/signals";
import type { TargetedEvent, VNode } from "preact";
import { useRef } from "preact/hooks";
import { toFileProblem, toProblem } from "../session/problem.ts";
import { formatBytes, formatCount } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { useApp, useLive } from "../ui/use-app.ts";

/** Export and import of the database as a file. Before a file replaces the database, the user is asked. */
export function FilePanel(): VNode {
  const { service, verbs, notices, imports, shared, frozen, replacing } = useApp();
  const { position } = useLive(service.counters).value;
  const input = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const chosen = useSignal<File | undefined>(undefined);
  const { attempt, tell, close } = notices("files");
  const off = busy.value || frozen.value;
  const work = (task: () => Promise<void>, convert = toProblem): void => {
    if (busy.value || replacing !== undefined) return;
    void attempt(async () => {
      busy.value = true;
      await task().finally(() => (busy.value = false));
    }, convert);
  };
  const exportFile = async (): Promise<void> => {
    const bytes = await verbs.exportDatabase();
    save(bytes, "counters.db");
    tell(`Exported ${formatBytes(bytes.length)}: a file that any SQLite opens.`);
  };
  const importFile = async (file: File): Promise<void> => {
    chosen.value = undefined;
    imports.close();
    await verbs.importDatabase(new Uint8Array(await file.arrayBuffer()));
    imports.tell(`Imported ${file.name}. Every tab shows it now.`);
  };
  const choose = ({ currentTarget }: TargetedEvent<HTMLInputElement>): void => {
    const [file] = currentTarget.files ?? [];
    close();
    chosen.value = file;
    currentTarget.value = "";
  };
  return (
    <div class="panel">
      <h3>Backup</h3>
      <p class="quiet">
        The whole database as one SQLite file.{" "}
        {shared === undefined
          ? "An imported file is checked before it replaces anything."
          : "Nothing can be imported here: the events of shared counters come from the hub."}
      </p>
      <p class="buttons">
        <button type="button" aria-disabled={busy.value || replacing !== undefined} onClick={() => work(exportFile)}>
          Export
        </button>
        {shared === undefined && (
          <button type="button" aria-disabled={off} onClick={() => off || input.current?.click()}>
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
          disabled={off}
          onChange={choose}
        />
      </p>
      {chosen.value !== undefined && (
        <Question
          file={chosen.value}
          events={position}
          onExport={() => work(exportFile)}
          off={off}
          onReplace={(file) => off || work(() => importFile(file), toFileProblem)}
          onCancel={() => (chosen.value = undefined)}
        />
      )}
      {replacing !== undefined && replacing.total > 0 && (
        <ProgressBar label="Reading the imported events" progress={replacing} />
      )}
      <Notice of={notices("files")} />
      {shared === undefined && <Notice of={imports} />}
    </div>
  );
}

interface QuestionProps {
  readonly file: File;
  /** The number of events that are there now. */
  readonly events: number;
  /** Whether nothing can be replaced now. */
  readonly off: boolean;
  readonly onExport: () => void;
  readonly onReplace: (file: File) => void;
  readonly onCancel: () => void;
}

/** Asks whether a file may replace the database, and offers to export that first. */
function Question({ file, events, off, onExport, onReplace, onCancel }: QuestionProps): VNode {
  return (
    <div class="question" role="group" aria-label="Before the import">
      <p role="alert">
        Replace the <strong>{formatCount(events, "event")}</strong> of this browser by <strong>{file.name}</strong>,{" "}
        {formatBytes(file.size)}? Only an exported file brings them back.
      </p>
      <p class="buttons">
        <button type="button" ref={focus} onClick={onExport}>
          Export first
        </button>
        <button type="button" aria-disabled={off} onClick={() => onReplace(file)}>
          Replace
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </p>
    </div>
  );
}

function focus(element: HTMLElement | null): void {
  element?.focus();
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
