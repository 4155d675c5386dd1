import type { Consumer, EventStore, Projection, ReadModel } from "../../src/index.ts";
import type { Replica } from "../../src/sync/index.ts";
import { createShell, type Shell } from "./shell.ts";
import { STYLES } from "./styles/styles.ts";
import type { Given } from "./view.ts";

const NAME = "rivulet-inspector";

/** The properties of `<rivulet-inspector>`. Setting one shows it at once. Attributes: `docked` and `theme` ("light", "dark"). */
export interface InspectorProperties {
  /** The store to look into. */
  store: EventStore | undefined;
  /** Read models that this application has open, so that parked events can be retried, and tables rebuilt. All are listed without it. */
  readModels: readonly ReadModel[];
  /** Projections whose states can be shown, at any position. */
  projections: readonly Projection<unknown>[];
  /** Consumers that run in this application: their status, failures, and retries. All are listed without it. */
  consumers: readonly Consumer[];
  /** The replica over the store: its connection, and what is pending and rejected. */
  replica: Replica | undefined;
  /** Leaves out everything that changes something, such as retries and rebuilds; default false. */
  readOnly: boolean;
  /** Whether it is at the bottom of the window, over the page, with a button to close it; default false. */
  docked: boolean;
}

/** The element `<rivulet-inspector>`. It fires `close` when it is docked and the user closes it, and then removes itself. */
export type RivuletInspector = HTMLElement & InspectorProperties;

declare global {
  interface HTMLElementTagNameMap {
    [NAME]: RivuletInspector;
  }
}

/**
 * Defines the element `<rivulet-inspector>` if that has not been done. Importing `rivulet/inspector` in a page does so.
 *
 * @example
 * ```ts
 * const { defineInspector } = await import("rivulet/inspector");
 * defineInspector();
 * const inspector = Object.assign(document.createElement("rivulet-inspector"), { store, docked: true });
 * document.body.append(inspector);
 * ```
 */
export function defineInspector(): void {
  if (customElements.get(NAME) === undefined) customElements.define(NAME, makeElement());
}

/** The class is made when it is defined, because a server has nothing to derive it from. */
function makeElement(): CustomElementConstructor {
  let styles: CSSStyleSheet | undefined;

  return class extends HTMLElement implements InspectorProperties {
    #store: EventStore | undefined;
    #given: Given = {
      ...{ readModels: [], projections: [], consumers: [] },
      ...{ replica: undefined, steps: undefined, readOnly: false },
    };
    #shell: Shell | undefined;
    #drawing = false;

    static get observedAttributes(): string[] {
      return ["docked"];
    }

    get store(): EventStore | undefined {
      return this.#store;
    }
    set store(store: EventStore | undefined) {
      if (store === this.#store) return;
      this.#store = store;
      this.#draw();
    }
    get readModels(): readonly ReadModel[] {
      return this.#given.readModels;
    }
    set readModels(readModels: readonly ReadModel[]) {
      this.#give({ readModels });
    }
    get projections(): readonly Projection<unknown>[] {
      return this.#given.projections;
    }
    set projections(projections: readonly Projection<unknown>[]) {
      this.#give({ projections });
    }
    get consumers(): readonly Consumer[] {
      return this.#given.consumers;
    }
    set consumers(consumers: readonly Consumer[]) {
      this.#give({ consumers });
    }
    get replica(): Replica | undefined {
      return this.#given.replica;
    }
    set replica(replica: Replica | undefined) {
      this.#give({ replica });
    }
    get readOnly(): boolean {
      return this.#given.readOnly;
    }
    set readOnly(readOnly: boolean) {
      this.#give({ readOnly });
    }
    get steps(): Given["steps"] {
      return this.#given.steps;
    }
    set steps(steps: Given["steps"]) {
      this.#give({ steps });
    }
    get docked(): boolean {
      return this.hasAttribute("docked");
    }
    set docked(docked: boolean) {
      this.toggleAttribute("docked", docked);
    }

    connectedCallback(): void {
      this.#draw();
    }

    disconnectedCallback(): void {
      this.#shell?.close();
      this.#shell = undefined;
    }

    attributeChangedCallback(): void {
      this.#draw();
    }

    #give(given: Partial<Given>): void {
      this.#given = { ...this.#given, ...given };
      this.#draw();
    }

    /** Draws once for all properties that are set together. */
    #draw(): void {
      if (this.#drawing || !this.isConnected) return;
      this.#drawing = true;
      void Promise.resolve().then(() => {
        this.#drawing = false;
        if (!this.isConnected) return;
        const view = this.#shell?.close();
        const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
        if (styles === undefined) {
          styles = new CSSStyleSheet();
          styles.replaceSync(STYLES);
        }
        root.adoptedStyleSheets = [styles];
        this.#shell = createShell(this, root, this.#store, this.#given, view);
      });
    }
  };
}
