/** What the component of an example is given. */
const PROPERTIES = { name: "counter-1" };

type Mount = (component: never, root: HTMLElement) => Promise<() => void>;

/** How components are shown, by language; examples of React show their components themselves. */
const MOUNTS: Readonly<Record<string, Mount>> = {
  async jsx(component, root) {
    const { createComponent, render } = await import("solid-js/web");
    return render(() => createComponent(component, PROPERTIES), root);
  },
  async svelte(component, root) {
    const { mount, unmount } = await import("svelte");
    const mounted = mount(component, { target: root, props: PROPERTIES });
    return () => void unmount(mounted);
  },
  async vue(component, root) {
    const { createApp } = await import("vue");
    const app = createApp(component, PROPERTIES);
    app.mount(root);
    return () => app.unmount();
  },
};

/**
 * Shows the component that a module exports: its default export, otherwise the last function that its code exports.
 * Resolves with a function that removes it. Rejects if there is none.
 */
export async function mountComponent(
  language: string,
  code: string,
  module: object,
  root: HTMLElement,
): Promise<() => void> {
  const mount = MOUNTS[language];
  // An example of React shows its components itself.
  if (mount === undefined) return () => undefined;
  const component = componentOf(code, module);
  if (component === undefined) throw new Error("there is nothing to show: export a component");
  return mount(component as never, root);
}

/** The component among the exports of a module. A module has them in the order of the alphabet, its code in its own. */
export function componentOf(code: string, module: object): unknown {
  const exported = module as Readonly<Record<string, unknown>>;
  if (exported["default"] !== undefined) return exported["default"];
  const functions = Object.keys(exported).filter((name) => typeof exported[name] === "function");
  const [last] = functions.sort((one, other) => placeOf(other, code) - placeOf(one, code));
  return last === undefined ? undefined : exported[last];
}

/** Where code exports a name for the last time. */
function placeOf(name: string, code: string): number {
  const word = `(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`;
  const declared = `export\\s+(?:async\\s+)?(?:function\\*?|class|const|let|var)\\s+${word}`;
  const listed = `export\\s*\\{[^}]*?${word}\\s*(?=[,}])`;
  const found = [...code.matchAll(new RegExp(`${declared}|${listed}`, "g"))].at(-1);
  return found === undefined ? -1 : found.index + found[0].length;
}
