import type { ComponentChildren, VNode } from "preact";

interface QuestionProps {
  /** A label for screen readers, such as "Before the import". */
  readonly label: string;
  /** The question. */
  readonly children: ComponentChildren;
  /** The answer that does it. */
  readonly yes: string;
  /** Whether it cannot be done now. */
  readonly off: boolean;
  readonly onYes: () => void;
  /** Exports them; undefined if they cannot be exported. */
  readonly onExport: (() => void) | undefined;
  readonly onCancel: () => void;
}

/** Asks before the events of this browser are replaced or removed, and offers to export them first if that is possible. */
export function Question({ label, children, yes, off, onYes, onExport, onCancel }: QuestionProps): VNode {
  return (
    <div class="question" role="group" aria-label={label}>
      <p role="alert">{children}</p>
      <p class="buttons">
        {onExport !== undefined && (
          <button type="button" ref={focus} onClick={onExport}>
            Export first
          </button>
        )}
        <button type="button" aria-disabled={off} onClick={() => off || onYes()}>
          {yes}
        </button>
        <button type="button" ref={onExport === undefined ? focus : null} onClick={onCancel}>
          Cancel
        </button>
      </p>
    </div>
  );
}

function focus(element: HTMLElement | null): void {
  element?.focus();
}
