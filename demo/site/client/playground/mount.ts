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

/** Shows the component that a module exports, under any name. Resolves with a function that removes it. */
export async function mountComponent(language: string, module: object, root: HTMLElement): Promise<() => void> {
  const [component] = Object.values(module) as readonly unknown[];
  const mount = MOUNTS[language];
  if (component === undefined || mount === undefined) return () => undefined;
  return mount(component as never, root);
}
