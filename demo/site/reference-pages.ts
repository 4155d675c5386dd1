import { codeBlock, signatureBlock } from "./code-blocks.ts";
import { escape } from "./highlight.ts";
import { breakableName } from "./inline-code.ts";
import type { Documented, EntryPoint, Exported, ExportId } from "./read-reference.ts";
import { ENTRY_POINTS } from "./entry-points.ts";
import { findNames, FOR_ADAPTERS, headingId, referenceFile, type Names } from "./reference-names.ts";
import { layOutDeclaration, layOutExample, layOutMember } from "./signatures.ts";

/** A page that is made as Markdown, not read. */
export interface MadePage {
  readonly file: string;
  readonly title: string;
  readonly about: string;
  readonly markdown: string;
  /** HTML that stands in the Markdown as `<!--block 0-->` and so on. */
  readonly blocks: readonly string[];
  /** The file that declares what the page describes, as a path from the root of the repository. */
  readonly declaredIn: string;
  /** The address of the description of a name that the text has as code. */
  addressOf(name: string): string | undefined;
}

interface Group {
  readonly title: string;
  readonly items: readonly Exported[];
}

/** A page for each import path, made of the docstrings. */
export function referencePages(entries: readonly EntryPoint[]): Promise<readonly MadePage[]> {
  const names = findNames(entries);
  const ordered = [...entries].sort(
    (one, other) => Number(one.path === FOR_ADAPTERS) - Number(other.path === FOR_ADAPTERS),
  );
  return Promise.all(ordered.map((entry) => pageOf(entry, names)));
}

async function pageOf(entry: EntryPoint, names: Names): Promise<MadePage> {
  const { about = "", guides = [] } = ENTRY_POINTS[entry.path] ?? {};
  const blocks: string[] = [];
  const block = (html: string): string => `<!--block ${blocks.push(html) - 1}-->`;
  const own = entry.exports.filter((item) => names.elsewhere(entry, item) === undefined);
  const others = entry.exports.filter((item) => !own.includes(item));
  const named = entry.named.filter((item) => names.elsewhere(entry, item) === undefined);
  const groups = [...groupsOf(own), { title: "Types that cannot be imported", items: named }];
  const parts: string[] = [];
  for (const item of groups.flatMap(({ items }) => items)) parts.push(...(await partOf(item)));

  const markdown = [
    `# ${entry.path}`,
    about === "" ? "" : `${about[0]?.toUpperCase()}${about.slice(1)}.`,
    guides.length === 0
      ? ""
      : `${guides.length === 1 ? "Guide" : "Guides"}: ${guides.map(([title, file]) => `[${title}](${file})`).join(", ")}.`,
    block(listOf(groups, others)),
    ...parts,
  ].join("\n\n");
  return {
    file: referenceFile(entry.path),
    title: entry.path,
    about,
    markdown,
    blocks,
    declaredIn: entry.file.replace(/^dist\//, "").replace(/\.d\.ts$/, ".ts"),
    addressOf: (name) => names.addressOfName(entry, name),
  };

  async function partOf(item: Exported): Promise<readonly string[]> {
    const isBare = item.isHead && !/<| extends /.test(item.signature);
    const signature = isBare
      ? undefined
      : signatureBlock(await layOutDeclaration(item.signature, item.isHead), linksOf(item));
    const heading = `## ${item.name} {#${headingId(item.name)}}`;
    const members: string[] = [];
    for (const member of item.members) members.push(...(await memberOf(item, member)));
    return [heading, ...(await textOf(item, signature)), ...members];
  }

  async function memberOf(item: Exported, member: Documented): Promise<readonly string[]> {
    const heading = `### <span class="owner">${item.name}.</span><wbr>${member.name} {#${headingId(item.name, member.name)}}`;
    const signature = signatureBlock(await layOutMember(member.signature), linksOf(member));
    return [heading, ...(await textOf(member, signature))];
  }

  async function textOf(text: Documented, signature: string | undefined): Promise<readonly string[]> {
    const examples = await Promise.all(text.examples.map(layOutExample));
    return [
      signature === undefined ? "" : block(signature),
      // An address in parentheses is shown by its host, which has a place on a line.
      text.docs.replaceAll(/(?<!\])\((https?:\/\/([^/\s)]+)[^\s)]*)\)/g, "([$2]($1))"),
      ...text.throws.map((errors) => `**Errors:** ${errors}`),
      ...examples.map((code) => block(codeBlock(code, "typescript"))),
    ].filter((part) => part !== "");
  }

  function linksOf({ types, name }: Documented): (type: string) => string | undefined {
    return (type) => (type === name ? undefined : addressOfId(types.get(type)));
  }

  function addressOfId(id: ExportId | undefined): string | undefined {
    return id === undefined ? undefined : names.addressOf(entry, id);
  }

  function listOf(all: readonly Group[], elsewhere: readonly Exported[]): string {
    const lists = [...all, { title: "Described on other pages", items: elsewhere }]
      .filter(({ items }) => items.length > 0)
      .map(({ title, items }) => `<h2>${title}</h2><ul>${items.map(listed).join("")}</ul>`);
    return `<nav class="names" aria-label="Names">${lists.join("")}</nav>`;
  }

  function listed({ id, name }: Exported): string {
    return `<li><a href="${addressOfId(id) ?? ""}"><code>${breakableName(escape(name))}</code></a></li>`;
  }
}

/** In the order in which a reader meets them: what is called, what that returns, and what it takes. */
function groupsOf(items: readonly Exported[]): readonly Group[] {
  const isCalled = ({ kind }: Exported): boolean => kind !== "type" && kind !== "interface";
  const isObject = ({ kind, members }: Exported): boolean =>
    kind === "interface" && members.some(({ signature }) => /^(?:\[[\w.]+\]|\w+)\??[<(]/.test(signature));
  const data = items.filter((item) => !isCalled(item) && !isObject(item));
  // Shapes of other libraries are shown whole, and come last.
  const isOwn = ({ kind, isHead }: Exported): boolean => kind === "type" || isHead;
  return [
    { title: titleOf(items.filter(isCalled)), items: items.filter(isCalled) },
    { title: "Objects", items: items.filter(isObject) },
    { title: "Options and data", items: [...data.filter(isOwn), ...data.filter((item) => !isOwn(item))] },
  ];
}

function titleOf(items: readonly Exported[]): string {
  const titles = [
    ["function", "functions"],
    ["class", "classes"],
    ["constant", "constants"],
  ] as const;
  const found = titles.filter(([kind]) => items.some((item) => item.kind === kind)).map(([, title]) => title);
  const text = found.join(" and ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
