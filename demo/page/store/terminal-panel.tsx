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
          <p class="quiet">The file of a backup is the whole database:</p>
          <pre class="shell" tabIndex={0} aria-label="Commands">
            <code>{`npx rivulet events counters.db\nnpx rivulet inspect counters.db`}</code>
          </pre>
          <p class="quiet">For numbers that are live in a terminal, too, choose “Shared” above.</p>
        </>
      ) : (
        <>
          <p class="quiet">The hub answers plain HTTP, with the counters now and with every change:</p>
          <pre class="shell" tabIndex={0} aria-label="Commands">
            <code>{`curl ${location.origin}/api/counters\ncurl -N ${location.origin}/api/live`}</code>
          </pre>
          <p class="quiet">A terminal can press, too, as one more device:</p>
          <pre class="shell" tabIndex={0} aria-label="Command of another device">
            <code>node .build/demo/examples/shared-counter.js</code>
          </pre>
        </>
      )}
    </div>
  );
}
