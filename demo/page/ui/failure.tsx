import type { VNode } from "preact";
import type { Problem } from "../session/problem.ts";
import type { Session } from "../session/session.ts";

/** Shown instead of a page that cannot be opened. */
export function Failure({ problem, session }: { readonly problem: Problem; readonly session: Session }): VNode {
  const { title, advice, remedy, detail } = problem;
  return (
    <section class="room failure" role="alert">
      <h2>{title}</h2>
      <p>{advice}</p>
      <p class="buttons">
        {remedy === "reload" && (
          <button type="button" class="primary" onClick={() => location.reload()}>
            Reload
          </button>
        )}
        {remedy !== "reload" && (
          <button type="button" class="primary" onClick={session.reopen}>
            Try again
          </button>
        )}
        {session.mode.value === "shared" ? (
          <button type="button" onClick={() => session.switchTo("local")}>
            Use this browser alone
          </button>
        ) : (
          <button type="button" onClick={() => session.switchTo("shared")}>
            Use the shared counters
          </button>
        )}
      </p>
      {detail !== undefined && (
        <details>
          <summary>Error message</summary>
          <p class="mono">{detail}</p>
        </details>
      )}
    </section>
  );
}
