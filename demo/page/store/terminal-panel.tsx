import type { VNode } from "preact";
import { useApp } from "../ui/use-app.ts";

/** How to see the same numbers from a terminal. */
export function TerminalPanel(): VNode {
  const { shared } = useApp();
  return (
    <div class="panel">
      <h3>From a terminal</h3>
      {shared === undefined ? (
        <>
          <p class="quiet">
            The file of a backup is the whole database. Rivulet is not published yet, so these work only in the folder
            of its repository, once it is built; give the path of your backup:
          </p>
          <Shell lines={["npx rivulet events counters.db", "npx rivulet inspect counters.db"]} />
          <p class="quiet">For numbers that are live in a terminal, too, choose “Shared” above.</p>
        </>
      ) : (
        <>
          <p class="quiet">The hub answers plain HTTP, with the counters now and with every change:</p>
          <Shell lines={[`curl ${location.origin}/api/counters`, `curl -N ${location.origin}/api/live`]} />
          <p class="quiet">A terminal can press, too, as one more device:</p>
          <Shell lines={["node .build/demo/examples/shared-counter.js"]} />
        </>
      )}
    </div>
  );
}

function Shell({ lines }: { readonly lines: readonly string[] }): VNode {
  return (
    <pre class="shell">
      <code>
        {lines.map((line) => (
          <span key={line} class="line">
            {line}
          </span>
        ))}
      </code>
    </pre>
  );
}
