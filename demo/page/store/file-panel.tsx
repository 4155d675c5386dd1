import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { ofChosenFile, readChosen } from "../session/chosen-file.ts";
import { formatBytes, formatCount } from "../ui/format.ts";
import { ImportButton } from "../ui/import-button.tsx";
import { Notice } from "../ui/notice.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { Question } from "../ui/question.tsx";
import { saveFile } from "../ui/save-file.ts";
import { useApp, useLive } from "../ui/use-app.ts";

/** Export and import of the database as a file. Before a file replaces the database, the user is asked. */
export function FilePanel(): VNode {
  const { service, verbs, notices, imports, shared, frozen, replacing } = useApp();
  const { position } = useLive(service.counters).value;
  const busy = useSignal(false);
  const chosen = useSignal<File | undefined>(undefined);
  const { attempt, tell, close } = notices("files");
  const off = busy.value || frozen.value;
  const work = (task: () => Promise<void>): void => {
    if (busy.value || replacing !== undefined) return;
    void attempt(async () => {
      busy.value = true;
      await task().finally(() => (busy.value = false));
    });
  };
  const exportFile = async (): Promise<void> => {
    tell(saveFile(await verbs.exportDatabase()));
  };
  const importFile = async (wanted: File): Promise<void> => {
    chosen.value = undefined;
    imports.close();
    const bytes = await readChosen(wanted);
    await ofChosenFile(() => verbs.importDatabase(bytes));
    imports.tell(`Imported ${wanted.name}. Every tab shows it now.`);
  };
  const choose = (wanted: File | undefined): void => {
    close();
    chosen.value = wanted;
  };
  const file = chosen.value;
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
        {shared === undefined && <ImportButton off={off} onChoose={choose} />}
      </p>
      {file !== undefined && (
        <Question
          label="Before the import"
          yes="Replace"
          off={off}
          onYes={() => work(() => importFile(file))}
          onExport={() => work(exportFile)}
          onCancel={() => (chosen.value = undefined)}
        >
          Replace the <strong>{formatCount(position, "event")}</strong> of this browser by <strong>{file.name}</strong>,{" "}
          {formatBytes(file.size)}? Only an exported file brings them back.
        </Question>
      )}
      {replacing !== undefined && replacing.total > 0 && (
        <ProgressBar label="Reading the imported events" progress={replacing} />
      )}
      <Notice of={notices("files")} />
      {shared === undefined && <Notice of={imports} />}
    </div>
  );
}
