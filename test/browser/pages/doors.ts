/** The package's doors within reach of what a test evaluates in the page. */
import * as rivulet from "rivulet";

declare global {
  interface Window {
    readonly doors: typeof rivulet;
  }
}

Object.assign(globalThis, { doors: { ...rivulet } });
