/** What the playgrounds of the site make of the code of a visitor. */
import { describe, expect, test } from "vitest";
import { compile } from "../../demo/site/client/playground/compile.ts";
import { inspectAll, messageOf } from "../../demo/site/client/playground/inspect.ts";
import { componentOf } from "../../demo/site/client/playground/mount.ts";
import { IMPORTABLE } from "../../demo/site/examples.ts";
import { highlight, unescape } from "../../demo/site/highlight.ts";

describe("what code is compiled to imports only what the pages have", () => {
  test.each([
    ["svelte", "only a text", "<p>hello</p>"],
    ["svelte", "properties without runes", "<script>export let name; $: long = name + name;</script><p>{long}</p>"],
    ["svelte", "runes", "<script>let { name } = $props(); let count = $state(0);</script><p>{name}{count}</p>"],
    ["svelte", "a module", "<script module>export const STEP = 2;</script><p>{STEP}</p>"],
    ["svelte", "types", '<script lang="ts">let { name }: { name: string } = $props();</script><p>{name}</p>'],
    [
      "svelte",
      "a store",
      '<script>import { writable } from "svelte/store"; const a = writable(1);</script><p>{$a}</p>',
    ],
    [
      "svelte",
      "a transition and an animation",
      `<script>import { fade } from "svelte/transition"; import { flip } from "svelte/animate"; let list = $state([1]);</script>
       {#each list as one (one)}<p transition:fade animate:flip>{one}</p>{/each}`,
    ],
    [
      "svelte",
      "events of both kinds",
      `<script>import { createEventDispatcher } from "svelte"; const send = createEventDispatcher();</script>
       <button on:click|preventDefault={() => send("a")} on:focus>a</button>`,
    ],
    [
      "svelte",
      "styles and blocks",
      "{#await Promise.resolve(1) then x}{x}{/await}<style>p { color: red }</style><p>a</p>",
    ],
    ["vue", "a setup", "<script setup>const a = 1;</script><template><p>{{ a }}</p></template>"],
    [
      "vue",
      "options",
      "<script lang='ts'>const a: number = 1; export default { data: () => ({ a }) };</script><template><p>{{ a }}</p></template>",
    ],
    ["vue", "only a template", "<template><p v-if='true' @click='() => {}'>a</p></template>"],
    ["vue", "types", '<script setup lang="ts">const a: number = 1;</script><template><p>{{ a }}</p></template>'],
    [
      "jsx",
      "a signal",
      "import { createSignal } from 'solid-js'; export const A = () => <p>{createSignal(1)[0]()}</p>;",
    ],
    [
      "jsx",
      "types",
      `import { type Accessor, For } from "solid-js"; import { Item } from "solid-js/store";
       export function A(props: { names: Accessor<string[]> }) { return <For each={props.names()}>{(n) => <p>{n as string}</p>}</For>; }`,
    ],
    ["tsx", "a component", "export function A({ name }: { name: string }) { return <p>{name}</p>; }"],
    [
      "ts",
      "a program",
      'const a: number = 1; console.log(a, await counter.append({ type: "incremented", data: { by: 1 } }));',
    ],
  ])("%s: %s", async (language, _, code) => {
    const compiled = await compile({ code, language });
    const imported = [...compiled.matchAll(/(?:\bfrom|^\s*import)\s*["']([^"']+)["']/gm)].map(([, path]) => path);

    expect(imported.filter((path) => !(IMPORTABLE as readonly (string | undefined)[]).includes(path))).toEqual([]);
    if (language === "svelte" || language === "vue") expect(compiled).toMatch(/export default |as default/);
    if (language === "vue") expect(compiled).toContain("createElementBlock");
    if (language === "jsx") expect(imported).toContain("solid-js/web");
  });
});

describe("the component of a module", () => {
  const Main = (): void => undefined;
  const Badge = (): void => undefined;

  test.each([
    ["its default export", "export function Badge() {} export default function Main() {}", { Badge, default: Main }],
    ["the last function", "export function Zebra() {}\nexport function Main() {}", { Main, Zebra: Badge }],
    ["the last function, by a list", "export { Main, Badge as A };\nexport { Main as B }", { A: Badge, B: Main }],
    ["a function beside a value", "export const Main = () => 1;\nexport const STEP = 2;", { Main, STEP: 2 }],
    [
      "a class beside an async function",
      "export async function a() {}\nexport class Main$ {}",
      { Main$: Main, a: Badge },
    ],
  ])("%s", (_, code, module) => {
    expect(componentOf(code, module)).toBe(Main);
  });

  test("there is none among values", () => {
    expect(componentOf("export const STEP = 2;", { STEP: 2 })).toBeUndefined();
    expect(componentOf("", {})).toBeUndefined();
  });
});

describe("what is printed", () => {
  const fail = (): never => {
    throw new Error("no");
  };
  const hostile = new Proxy({}, { get: fail, getPrototypeOf: fail, ownKeys: fail });

  test.each([
    ["a proxy", hostile, "[it throws when it is read]"],
    ["a proxy in a list", [1, hostile, 2], "[ 1, [it throws when it is read], 2 ]"],
    [
      "a getter",
      {
        a: 1,
        get b() {
          return fail();
        },
      },
      "{ a: 1, b: [it throws when it is read] }",
    ],
    ["a name", Object.defineProperty(() => 1, "name", { get: fail }), "[it throws when it is read]"],
    ["an invalid date", new Date(NaN), "Invalid Date"],
    ["a revoked proxy", revoked(), "[it throws when it is read]"],
    ["an object without a prototype", Object.create(null), "{}"],
  ])("%s neither throws when it is printed nor when it is thrown", (_, value, shown) => {
    expect(inspectAll([value])).toBe(shown);
    expect(messageOf(value)).toBe(shown);
  });

  test("an error whose message throws", () => {
    const error = Object.defineProperty(new Error(), "message", { get: fail });
    expect([inspectAll([error]), messageOf(error)]).toEqual([
      "[it throws when it is read]",
      "[it throws when it is read]",
    ]);
  });

  test.each([
    ["a list", Array.from({ length: 3000 }, () => 1)],
    ["a set", new Set(Array.from({ length: 3000 }, (_, index) => index))],
    ["a map", new Map(Array.from({ length: 3000 }, (_, index) => [index, 1]))],
    ["an object", Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`a${index}`, 1]))],
  ])("the first items of %s, and how many follow", (_, value) => {
    const shown = inspectAll([value]);
    expect(shown.length).toBeLessThan(2000);
    expect(shown).toContain("… 2900 more");
  });

  function revoked(): object {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }
});

test.each(["jsx", "tsx", "svelte"])("expressions in the tags of %s are no strings", (language) => {
  const tag = '<button disabled={pending() || !a} class="b" onclick={() => run({ by: 1 })} {...rest}>hello</button>';
  const code = language === "svelte" ? tag : `const a = (\n  ${tag}\n);`;
  const html = highlight(code, language);

  expect([...html.matchAll(/hljs-string">([^<]*)</g)].map(([, text]) => text)).toEqual(["&quot;b&quot;"]);
  expect(html).toContain('<span class="hljs-number">1</span>');
  expect(unescape(html.replaceAll(/<[^>]*>/g, "")).replaceAll("&#x27;", "'")).toBe(code);
});
