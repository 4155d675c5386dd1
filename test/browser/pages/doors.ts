/** Makes the package's entry points available to the code that a test evaluates in the page. */
import * as rivulet from "rivulet";

declare global {
  interface Window {
    readonly doors: typeof rivulet;
  }
}

Object.assign(globalThis, { doors: { ...rivulet } });
