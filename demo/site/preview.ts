/** What chats and search engines are told of a page. */
import { escape } from "./highlight.ts";

/** The picture of the counters in two tabs, in the shape that most places show whole. */
export const PREVIEW = { file: "preview.png", width: 1200, height: 630 } as const;

const SHOWN = "Counters in a light and a dark tab of a browser, which show the same numbers.";

/** The part of a page that its preview shows. */
interface Previewed {
  readonly file: string;
  readonly title: string;
  readonly about: string;
}

/**
 * Reads the address at which the page of the counters is served, from a text such as "https://example.org/rivulet/". The site lies below, in
 * `docs/`. Undefined if there is no text: a picture and a canonical address have to be whole addresses, so pages then have neither.
 *
 * @throws `TypeError` if the text is not an address of the web.
 */
export function readAddress(text: string | undefined): URL | undefined {
  if (text === undefined || text === "") return undefined;
  const whole = text.endsWith("/") ? text : `${text}/`;
  const address = URL.canParse(whole) ? new URL(whole) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol) || address.search !== "" || address.hash !== "") {
    throw new TypeError(`SITE_URL has to be an address such as https://example.org/rivulet/, not ${text}`);
  }
  return address;
}

/** A tag of a page's head, as Vite takes it, too. */
interface HeadTag {
  readonly tag: "link" | "meta";
  readonly attrs: Readonly<Record<string, string>>;
}

/** The tags in a page's head. `folder`: the address of the folder that has the page and the picture. */
export function previewTags({ file, title, about }: Previewed, folder: URL | undefined): HeadTag[] {
  const told = { "og:type": "website", "og:site_name": "rivulet", "og:title": title, "og:description": about };
  if (folder === undefined) return toTags(told);
  const url = new URL(file === "index.html" ? "./" : file, folder).href;
  return [
    { tag: "link", attrs: { rel: "canonical", href: url } },
    ...toTags({
      ...told,
      "og:url": url,
      "og:image": new URL(PREVIEW.file, folder).href,
      "og:image:width": String(PREVIEW.width),
      "og:image:height": String(PREVIEW.height),
      "og:image:alt": SHOWN,
    }),
    { tag: "meta", attrs: { name: "twitter:card", content: "summary_large_image" } },
  ];
}

/** Tags as text. */
export function headText(tags: readonly HeadTag[]): string {
  const attributes = (attrs: HeadTag["attrs"]): string =>
    Object.entries(attrs)
      .map(([name, value]) => ` ${name}="${escape(value)}"`)
      .join("");
  return tags.map(({ tag, attrs }) => `<${tag}${attributes(attrs)}>`).join("\n    ");
}

function toTags(properties: Readonly<Record<string, string>>): HeadTag[] {
  return Object.entries(properties).map(([property, content]) => ({ tag: "meta", attrs: { property, content } }));
}
