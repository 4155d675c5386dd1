/** What the component of an example is given. */
const PROPERTIES = { name: "counter-1" };

/** Shows the component of a module, if it exports one. Resolves with a function that removes it. */
export async function mountComponent(language: string, module: unknown, root: HTMLElement): Promise<() => void> {
  const { default: component } = module as { readonly default?: never };
  if (component === undefined) return () => undefined;
  if (language === "vue") {
    const { createApp } = await import("vue");
    const app = createApp(component, PROPERTIES);
    app.mount(root);
    return () => app.unmount();
  }
  const { mount, unmount } = await import("svelte");
  const mounted = mount(component, { target: root, props: PROPERTIES });
  return () => void unmount(mounted);
}
