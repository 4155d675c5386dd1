import { createSignal } from "solid-js";
import { hydrate, render } from "solid-js/web";
import { expose, nothing } from "../counting.ts";
import { App } from "./app.jsx";

expose(
  (target, given) => {
    const [shown, setShown] = createSignal(given);
    const unmount = render(() => <App given={shown()} />, target);
    return { show: setShown, unmount };
  },
  (target) => hydrate(() => <App given={nothing} />, target),
);
