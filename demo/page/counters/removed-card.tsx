import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Counter } from "../../counter/counter.ts";
import { formatCount } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { useApp } from "../ui/use-app.ts";

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

interface RemovedCardProps {
  readonly stream: string;
  readonly counter: Counter;
  /** The height of its card, in pixels, so that nothing moves; undefined: not known. */
  readonly height: number | undefined;
}

/** The place of a counter that was just removed: it can be brought back, by another event. */
export function RemovedCard({ stream, counter: { label, version }, height }: RemovedCardProps): VNode {
  const { actions, frozen } = useApp();
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const { activeElement } = document;
    const { current } = button;
    if (activeElement === null || activeElement === document.body) current?.focus({ preventScroll: true });
    // However the counter came back, its card has the focus next.
    return () => {
      if (document.activeElement === current) queueMicrotask(() => focusCard(stream));
    };
  }, [stream]);
  return (
    <div class="card gone" style={{ minHeight: height && `${height}px` }}>
      <p role="status">
        <strong>{label}</strong> was removed. Its {formatCount(version, "event")} stay.
      </p>
      <p class="buttons">
        <button
          ref={button}
          type="button"
          aria-label={`Bring back ${label}`}
          disabled={frozen.value}
          onClick={() => void actions.run({ type: "restore", stream })}
        >
          Bring it back
        </button>
        {actions.undoesRemovalOf.value === stream && (
          <span class="quiet keys">
            or <kbd>{MAC ? "⌘" : "Ctrl"}</kbd> <kbd>Z</kbd>
          </span>
        )}
      </p>
      <Notice of={actions.noticesOf(stream)} />
    </div>
  );
}

function focusCard(stream: string): void {
  document.querySelector<HTMLElement>(`article[data-stream="${CSS.escape(stream)}"]`)?.focus();
}
