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
  return withoutTypes(language === "tsx" || isProgram(code) ? code : `${PRELUDE}${code}`);
}

async function withoutTypes(code: string): Promise<string> {
  const { transform } = await import("sucrase");
  return transform(code, {
    transforms: ["typescript", "jsx"],
    jsxRuntime: "automatic",
    production: true,
    disableESTransforms: true,
  }).code;
}

async function compileVue(code: string): Promise<string> {
  const { compileScript, parse } = await import("vue/compiler-sfc");
  const { descriptor, errors } = parse(code);
  const [error] = errors;
  if (error !== undefined) throw error;
  return compileScript(descriptor, { id: "example", inlineTemplate: true }).content;
}

async function compileSvelte(code: string): Promise<string> {
  const { compile: toModule } = await import("svelte/compiler");
  return toModule(code, { generate: "client", name: "Example", css: "injected" }).js.code;
}
