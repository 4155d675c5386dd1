/** The package has no types. */
declare module "babel-preset-solid" {
  const preset: (context: unknown, options?: { readonly generate?: "dom" | "ssr" }) => object;
  export default preset;
}
