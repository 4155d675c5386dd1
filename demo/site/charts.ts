import { unescape } from "./highlight.ts";
import type { Measured, MeasuredRow } from "./measured.ts";

/** A table, and the comment before it that names the parts whose rows it shows. */
const TABLE = /<!-- measured: ([\w ]+) -->\s*<div class="table[^"]*"([^>]*)>[^]*?<tbody>([^]*?)<\/tbody>\n<\/table>/g;
const ROW = /<tr>[^]*?<\/tr>/g;
const CELL = /<td[^>]*>([^]*?)<\/td>/g;
/** A result, and the note behind it. */
const NOTED = /^(.*?) \((.*)\)$/;

const WIDTH = 200;
const HEIGHT = 22;

/** A logarithmic scale over the decades that the ratios of a table need. */
interface Scale {
  readonly low: number;
  readonly high: number;
  x(value: number): string;
}

/** A ratio and its interval. */
interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly aim: number | undefined;
}

/** Lays out the tables of measured rows, with a chart in each row that has a ratio: its interval and aim on one logarithmic scale. */
export function drawMeasured(html: string, measured: Measured): string {
  return html.replaceAll(TABLE, (_, parts: string, attributes: string, body: string) => {
    const kept = parts.split(" ").flatMap((part) => measured[part] ?? []);
    const lines = [...body.matchAll(ROW)].map(([line]) => cellsOf(line));
    const drawn = lines.map((cells) => toRatio(rowOf(cells, kept)));
    const ratios = drawn.filter((ratio) => ratio !== undefined);
    const scale = ratios.length < 2 ? undefined : scaleFor(ratios);
    const rows = lines.map((cells, index) => rowHtml(cells, scale && plot(drawn[index], scale)));
    const hasAims = lines.some((cells) => cells.length > 3);
    const head = ["what", scale && axis(scale), "measured", hasAims && "aim"].filter(
      (cell) => typeof cell === "string",
    );
    return `${scale === undefined ? "" : legend(ratios, scale)}<div class="table measured"${attributes}><table>
<thead>
<tr>${head.map((cell) => `<th${cell.startsWith("<svg") ? ' class="plot"' : ""}>${cell}</th>`).join("")}</tr>
</thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>`;
  });
}

function cellsOf(line: string): readonly string[] {
  return [...line.matchAll(CELL)].map(([, html = ""]) => html);
}

function rowHtml([name = "", against = "", result = "", aim]: readonly string[], chart: string | undefined): string {
  const [, figure = result, note] = NOTED.exec(result) ?? [];
  const below = (text: string | undefined): string => (text === undefined ? "" : ` <span class="note">${text}</span>`);
  return [
    `<tr><td class="work">${name}${below(against === "" ? undefined : `against: ${against}`)}</td>`,
    chart === undefined ? "" : `<td class="plot">${chart}</td>`,
    `<td class="figure">${figure}${below(note)}</td>`,
    aim === undefined ? "" : `<td class="aimed">${aim}</td>`,
    "</tr>",
  ].join("");
}

function rowOf(cells: readonly string[], kept: readonly MeasuredRow[]): MeasuredRow | undefined {
  const [name, against] = cells.map((html) => unescape(html.replaceAll(/<[^>]+>/g, "")).replaceAll("\u00A0", " "));
  // Code in a name has lost its marks on the way to HTML.
  return kept.find((row) => row.name.replaceAll("`", "") === name && row.against.replaceAll("`", "") === against);
}

function toRatio(row: MeasuredRow | undefined): Ratio | undefined {
  if (row === undefined || row.unit !== "" || row.low === undefined || row.high === undefined) return undefined;
  return {
    median: row.value,
    low: row.low,
    high: row.high,
    aim: row.aim && "atLeast" in row.aim ? row.aim.atLeast : undefined,
  };
}

/** A few values that are far away would press all others together: they are drawn at the edge. */
const NEAR = [0.2, 4] as const;

function scaleFor(rows: readonly Ratio[]): Scale {
  const far = (isFar: (row: Ratio) => boolean): boolean => rows.filter(isFar).length > rows.length / 4;
  const lowest = Math.min(0.5, ...rows.map((row) => row.low));
  const highest = Math.max(2, ...rows.map((row) => row.high));
  const low = far((row) => row.median < NEAR[0]) ? lowest : Math.max(lowest, NEAR[0]);
  const high = far((row) => row.median > NEAR[1]) ? highest : Math.min(highest, NEAR[1]);
  const [from, to] = [Math.log(low) - 0.15, Math.log(high) + 0.15];
  return {
    low,
    high,
    x: (value) => {
      const inside = Math.min(to, Math.max(from, Math.log(value)));
      return (((inside - from) / (to - from)) * WIDTH).toFixed(1);
    },
  };
}

/** The ticks of a scale: 1, and others that leave room for their labels. */
function ticksOf({ low, high, x }: Scale): readonly number[] {
  const shown = [1];
  for (const tick of [0.1, 10, 0.01, 100, 0.5, 2, 0.2, 5, 20, 50, 0.05, 0.75, 1.5]) {
    const isFree = shown.every((other) => Math.abs(Number(x(tick)) - Number(x(other))) > 30);
    if (tick >= low && tick <= high && isFree) shown.push(tick);
  }
  return shown;
}

function axis(scale: Scale): string {
  const labels = ticksOf(scale).map((tick) => `<text x="${scale.x(tick)}" y="13">${tick}</text>`);
  return `<svg viewBox="0 0 ${WIDTH} 18" width="${WIDTH}" height="18" role="img" aria-label="Ratio, on a logarithmic scale">${labels.join("")}</svg>`;
}

/** What the marks of the charts below mean. */
function legend(ratios: readonly Ratio[], scale: Scale): string {
  const aimed = ratios.filter(({ aim }) => aim !== undefined);
  const items = [
    ['<circle class="dot met" cx="10" cy="7" r="3.5"/>', "median"],
    ['<line class="interval" x1="1" x2="19" y1="7" y2="7"/>', "its 95\u00A0% interval"],
    ['<line class="one" x1="10" x2="10" y1="0" y2="14"/>', "1, as fast as what it is compared with"],
    ...(aimed.length === 0 ? [] : [['<line class="aim" x1="10" x2="10" y1="0" y2="14"/>', "aim"]]),
    ...(aimed.some(isMissed)
      ? [['<circle class="dot missed" cx="10" cy="7" r="3.5"/>', "median that missed the aim"]]
      : []),
    ...(ratios.some((ratio) => isBeyond(ratio, scale))
      ? [['<path class="dot met" d="M7 2l6 5-6 5z"/>', "median beyond the scale"]]
      : []),
  ];
  const marks = items.map(([mark = "", text = ""]) => {
    const drawing = `<svg viewBox="0 0 20 14" width="20" height="14" aria-hidden="true">${mark}</svg>`;
    return `<span class="plot">${drawing}${text}</span>`;
  });
  return `<p class="legend">${marks.join("")}</p>\n`;
}

function isBeyond({ median }: Ratio, { high }: Scale): boolean {
  return median > high * 1.2;
}

function isMissed({ median, aim }: Ratio): boolean {
  return aim !== undefined && median < aim;
}

function plot(row: Ratio | undefined, scale: Scale): string {
  if (row === undefined) return "";
  const middle = HEIGHT / 2;
  const { median, low, high, aim } = row;
  const met = isMissed(row) ? "missed" : "met";
  const parts = [
    `<line class="one" x1="${scale.x(1)}" x2="${scale.x(1)}" y1="0" y2="${HEIGHT}"/>`,
    `<rect class="ratio ${met}" x="${Math.min(+scale.x(1), +scale.x(median)).toFixed(1)}" y="${middle - 4}" width="${Math.abs(+scale.x(1) - +scale.x(median)).toFixed(1)}" height="8" rx="2"/>`,
    `<line class="interval" x1="${scale.x(low)}" x2="${scale.x(high)}" y1="${middle}" y2="${middle}"/>`,
    isBeyond(row, scale)
      ? `<path class="dot ${met}" d="M${WIDTH - 6} ${middle - 5}l6 5-6 5z"/>`
      : `<circle class="dot ${met}" cx="${scale.x(median)}" cy="${middle}" r="3.5"/>`,
    aim === undefined ? "" : `<line class="aim" x1="${scale.x(aim)}" x2="${scale.x(aim)}" y1="3" y2="${HEIGHT - 3}"/>`,
  ];
  const label = `${median}, between ${low} and ${high}${aim === undefined ? "" : `; the aim is ${aim}`}`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${label}">${parts.join("")}</svg>`;
}
