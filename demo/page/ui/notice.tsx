import type { VNode } from "preact";
import type { Notices } from "../session/notices.ts";
import { Icon } from "./icon.tsx";

/** The message at one place of the page, beside what it is about. Screen readers announce it; problems at once. */
export function Notice({ of: { shown, close } }: { readonly of: Notices }): VNode {
  const { kind, title, advice } = shown.value ?? {};
  const text = kind !== undefined && (
    <div class={`notice ${kind}`}>
      <p>
        <strong>{title}</strong> {advice}
      </p>
      <button type="button" class="icon-button" aria-label="Close this message" onClick={close}>
        <Icon name="close" />
      </button>
    </div>
  );
  return (
    <div class="notices">
      <div role="status">{kind === "done" && text}</div>
      <div role="alert">{kind === "problem" && text}</div>
    </div>
  );
}
