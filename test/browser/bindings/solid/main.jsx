import { createSignal } from "solid-js";
import { hydrate, render } from "solid-js/web";
import { expose, nothing } from "../counting.ts";
import { App } from "./app.jsx";
import { Known } from "./known.jsx";

expose({
  mount(target, given) {
    const [shown, setShown] = createSignal(given);
    const unmount = render(() => <App given={shown()} />, target);
    return { show: setShown, unmount };
  },
  hydrate: (target) => hydrate(() => <App given={nothing} />, target),
  hydrateKnown: (target, given) => hydrate(() => <Known {...given} />, target),
});
