import { codeBlock } from "./code-blocks.ts";
import { escape } from "./highlight.ts";
import { drawingOf, type Drawings } from "./drawings.ts";
import { inlineCode, keepTogether } from "./inline-code.ts";
import type { Section } from "./pages.ts";

const LEAD =
  "Append what happened, in the browser or in Node, to one SQLite database that all tabs and processes share. " +
  "Fold it into states, keep SQL tables of it, feed other systems with it, and let devices converge through a hub of your own.";

/** The counters in two tabs: one picture of the recording, which is played when a reader asks for it. Without scripts, the link opens it. */
const RECORDING = `<figure class="recording">
<img src="./images/two-tabs-still.webp" width="992" height="520" loading="lazy" alt="Two tabs of a browser with the same counter: without a network, both show 6.">
<figcaption>The <a href="../index.html">live counters</a> in two tabs. In <a href="./images/two-tabs.webp" data-alt="Two tabs of a browser with the same counter. Each press in one shows in the other, offline as well. Then the slider takes one tab into the past.">the recording</a>, the network is off from the fifth press on.</figcaption>
</figure>`;

/** What the first page is made from. */
export interface Home {
  /** The texts of README.md and of the first steps. */
  readonly readme: string;
  readonly firstSteps: string;
  readonly sections: readonly Section[];
  readonly drawings: Drawings;
  /** The code of examples as phones show it, by the code. */
  readonly narrow: ReadonlyMap<string, string>;
}

/** The first page: what it is, a program to run, a picture, and the way to every other page. */
export function homePage({ readme, firstSteps, sections, drawings, narrow }: Home): string {
  const [, program = ""] = /```ts\n([^]*?)```/.exec(readme) ?? [];
  const [, commands = ""] = /```sh\n([^]*?)```/.exec(firstSteps) ?? [];
  const [, picture = ""] = /!\[([^\]]+)\]/.exec(readme) ?? [];
  return `
<div class="hero">
  <div>
    <h1>An event store that lives inside your application</h1>
    <p class="lead">${LEAD}</p>
    <p class="ways"><a class="button primary" href="./first-steps.html">First steps</a>
      <a class="button" href="../index.html">Live counters</a></p>
  </div>
  <div class="hero-code">
    ${codeBlock(program, "ts", narrow.get(program))}
    <p class="quiet">Run it here: the store is SQLite in this browser, and it keeps the events. In Node it is a file.</p>
  </div>
</div>
<section class="begin">
  <div>
    <h2 id="begin">Begin by copying once</h2>
    <p>Run this in the folder of the repository, which <a href="./first-steps.html">first steps</a>
      describe. It makes an application with a counter, whose events are still there when
      you reload its page. Its code is in <code>src/main.ts</code>. There are other templates:
      <a href="./first-steps.html">React, a service in Node, and a list that browsers share</a>.</p>
  </div>
  ${codeBlock(commands, "sh")}
</section>
${RECORDING}
<figure class="picture">${drawingOf("images/rivulet.svg", picture, drawings)}</figure>
<div class="promises">
  <div><h2>Nothing is lost</h2><p>When <code>append</code> resolves, the events are on disk. Crashes, closed tabs and killed processes lose nothing that was acknowledged. <a href="./guarantees.html">Sixteen guarantees</a>.</p></div>
  <div><h2>Every tab, one order</h2><p>All tabs of a site share one database. Watchers get every event once, in order: first the history, then what is new. <a href="./watch.html">Watch</a>.</p></div>
  <div><h2>Offline is a state, not an error</h2><p>A device decides commands by itself and shows the result at once. The hub decides again, and its decision is final. <a href="./sync.html">Sync</a>.</p></div>
  <div><h2>Measured beside SQLite</h2><p>Ratios to the same work written by hand, with their intervals, and what missed its aim. <a href="./performance.html">Performance</a>.</p></div>
</div>
${sections.map(cards).join("\n")}`;
}

/** A part of the navigation, with what each of its pages is about. */
export function cards({ title, pages }: Section): string {
  const items = pages.map(
    ({ file, title: name, about }) =>
      `<li><a href="./${file}"><strong>${escape(name)}</strong><span>${asSentence(about)}</span></a></li>`,
  );
  return `<section class="cards"><h2 id="${title.toLowerCase().replaceAll(" ", "-")}">${title}</h2><ul>${items.join("")}</ul></section>`;
}

/** As HTML, with its code marked. What begins with code keeps its first letter. */
function asSentence(about: string): string {
  if (about === "") return "";
  const begun = `${about.slice(0, 1).toUpperCase()}${about.slice(1)}`;
  const [first = "", ...rest] = (begun.endsWith(".") ? begun : `${begun}.`).split("`");
  const text = (part: string): string => keepTogether(escape(part));
  return [text(first), ...rest.map((part, index) => (index % 2 === 0 ? inlineCode(part) : text(part)))].join("");
}
