import type { TargetedEvent, VNode } from "preact";
import { useRef } from "preact/hooks";

interface ImportButtonProps {
  /** Whether nothing can be imported now. */
  readonly off: boolean;
  readonly onChoose: (file: File | undefined) => void;
}

/** Lets the user choose a database file. */
export function ImportButton({ off, onChoose }: ImportButtonProps): VNode {
  const input = useRef<HTMLInputElement>(null);
  const choose = ({ currentTarget }: TargetedEvent<HTMLInputElement>): void => {
    const [file] = currentTarget.files ?? [];
    // The same file can be chosen again.
    currentTarget.value = "";
    onChoose(file);
  };
  return (
    <>
      <button type="button" aria-disabled={off} onClick={() => off || input.current?.click()}>
        Import …
      </button>
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
    </>
  );
}
