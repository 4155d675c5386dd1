import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { Problem } from "../session/problem.ts";
import { DATABASES, type Session } from "../session/session.ts";
import { createRescue } from "../session/rescue.ts";
import { WaysOut } from "./ways-out.tsx";

/** Shown instead of a page that cannot be opened. Events are removed here only if the cause is in the database. */
export function Failure({ problem, session }: { readonly problem: Problem; readonly session: Session }): VNode {
  const { title, advice, remedy, stored, detail } = problem;
  const mode = session.mode.value;
  const rescue = useMemo(() => createRescue(DATABASES[mode]), [mode]);
  return (
    <section class="room failure">
      <div role="alert">
        <h2>{title}</h2>
        <p>{advice}</p>
      </div>
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
        {mode === "shared" ? (
          <button type="button" onClick={() => session.switchTo("local")}>
            Use this browser alone
          </button>
        ) : (
          <button type="button" onClick={() => session.switchTo("shared")}>
            Use the shared counters
          </button>
        )}
      </p>
      {stored === true && (
        <WaysOut
          key={mode}
          rescue={rescue}
          imports={mode === "local"}
          onFoldAgain={session.foldAgain}
          onReplaced={session.reopen}
        />
      )}
      {detail !== undefined && (
        <details>
          <summary>Error message</summary>
          <p class="mono">{detail}</p>
        </details>
      )}
    </section>
  );
}
