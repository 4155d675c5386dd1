import { isProgram, PRELUDE } from "../../examples.ts";

/** The code of an example. */
export interface Source {
  readonly code: string;
  readonly language: string;
}

/**
 * Returns the module of an example in JavaScript. Each compiler is loaded when it is first needed.
 * Rejects with what does not parse.
 */
export async function compile({ code, language }: Source): Promise<string> {
  if (language === "vue") return withoutTypes(await compileVue(code));
  if (language === "svelte") return compileSvelte(code);
  if (language === "jsx") return compileSolid(code);
  return withoutTypes(language === "tsx" || isProgram(code) ? code : `${PRELUDE}${code}`);
}

async function withoutTypes(code: string, jsxRuntime: "automatic" | "preserve" = "automatic"): Promise<string> {
  const { transform } = await import("sucrase");
  return transform(code, {
    transforms: ["typescript", "jsx"],
    jsxRuntime,
    production: true,
    disableESTransforms: true,
  }).code;
}

async function compileVue(code: string): Promise<string> {
  const { compileScript, compileTemplate, parse, rewriteDefault } = await import("vue/compiler-sfc");
  const { descriptor, errors } = parse(code);
  const [error] = errors;
  if (error !== undefined) throw error;
  const { script, scriptSetup, template } = descriptor;
  const id = "example";
  if (scriptSetup !== null) return compileScript(descriptor, { id, inlineTemplate: true }).content;
  // Only the template of a setup is compiled together with its script.
  const component =
    script === null ? "const component = {};" : rewriteDefault(script.content, "component", ["typescript"]);
  const { code: rendering, errors: faults } = compileTemplate({ id, filename: id, source: template?.content ?? "" });
  const [fault] = faults;
  if (fault !== undefined) throw typeof fault === "string" ? new SyntaxError(fault) : fault;
  return `${component}\n${rendering}\nexport default { ...component, render: component.render ?? render };`;
}

/** Solid's JSX: an expression in it becomes a function, which is called again when a signal that it reads has changed. */
async function compileSolid(code: string): Promise<string> {
  const [{ transform }, { default: solid }] = await Promise.all([import("@babel/core"), import("babel-preset-solid")]);
  const plain = await withoutTypes(code, "preserve");
  return transform(plain, { presets: [solid], babelrc: false, configFile: false })?.code ?? "";
}

async function compileSvelte(code: string): Promise<string> {
  const { compile: toModule } = await import("svelte/compiler");
  return toModule(code, { generate: "client", name: "Example", css: "injected" }).js.code;
}
