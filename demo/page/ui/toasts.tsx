import type { VNode } from "preact";
import type { Notices } from "../session/notices.ts";
import { Icon } from "./icon.tsx";

/** Shows notices, and announces them to screen readers; problems at once. */
export function Toasts({ notices }: { readonly notices: Notices }): VNode {
  const all = notices.all.value;
  const list = (kind: "done" | "problem"): VNode[] =>
    all
      .filter((one) => one.kind === kind)
      .map(({ id, title, advice }) => (
        <div key={id} class={`toast ${kind}`}>
          <p>
            <strong>{title}</strong> {advice}
          </p>
          <button type="button" class="icon-button" aria-label="Close this message" onClick={() => notices.close(id)}>
            <Icon name="close" />
          </button>
        </div>
      ));
  return (
    <div class="toasts">
      <div role="status">{list("done")}</div>
      <div role="alert">{list("problem")}</div>
    </div>
  );
}
