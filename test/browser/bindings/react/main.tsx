import { StrictMode } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { expose, nothing } from "../counting.ts";
import { App } from "./app.tsx";
import { Known } from "./known.tsx";

const onRecoverableError = (error: unknown): void => console.error(`hydration: ${String(error)}`);

expose({
  mount(target, given) {
    const root = createRoot(target);
    const show = (next: typeof given): void =>
      root.render(
        <StrictMode>
          <App given={next} />
        </StrictMode>,
      );
    show(given);
    return { show, unmount: () => root.unmount() };
  },
  hydrate: (target) => void hydrateRoot(target, <App given={nothing} />, { onRecoverableError }),
  hydrateKnown: (target, given) => void hydrateRoot(target, <Known {...given} />, { onRecoverableError }),
});
