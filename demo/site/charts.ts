/** A ratio with its interval, as the benchmark prints it: `0.84 [0.81, 0.88] (3803/s : 4609/s)`. */
const RATIO = /^(-?[\d.]+) \[(-?[\d.]+), (-?[\d.]+)\](?: \(.*\))?$/;
const TABLE = /<thead>\n<tr>\n<th>what<\/th>[^]*?<\/tbody>/g;
const ROW = /<tr>\n<td>[^]*?<\/tr>/g;
const CELL = /<td>([^]*?)<\/td>/g;

const WIDTH = 200;
const HEIGHT = 22;

/** A logarithmic scale over the decades that the ratios of a table need. */
interface Scale {
  readonly low: number;
  readonly high: number;
  x(value: number): string;
}

interface Measured {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly aim: number | undefined;
}

/** Adds a chart to each table of ratios: a column that shows median, interval and aim on one logarithmic scale. */
export function drawMeasured(html: string): string {
  return html.replaceAll(TABLE, (table) => {
    const rows = [...table.matchAll(ROW)].map(([row]) => readRow(row)).filter((row) => row !== undefined);
    if (rows.length < 2) return table;
    const scale = scaleFor(rows);
    return table
      .replace("</th>", `</th>\n<th class="plot">${axis(scale)}</th>`)
      .replaceAll(ROW, (row) => row.replace("</td>", `</td>\n<td class="plot">${plot(readRow(row), scale)}</td>`));
  });
}

function readRow(row: string): Measured | undefined {
  const cells = [...row.matchAll(CELL)].map(([, text = ""]) => text.replaceAll(/<[^>]+>/g, "").trim());
  const found = cells.map((cell) => RATIO.exec(cell)).find((match) => match !== null);
  if (found === undefined) return undefined;
  const [median = 0, low = 0, high = 0] = found.slice(1).map(Number);
  const [, aim] = /^at least ([\d.]+)$/.exec(cells.at(-1) ?? "") ?? [];
  return median > 0 && low > 0 ? { median, low, high, aim: aim === undefined ? undefined : Number(aim) } : undefined;
}

/** A few values that are far away would press all others together: they are drawn at the edge. */
const NEAR = [0.2, 4] as const;

function scaleFor(rows: readonly Measured[]): Scale {
  const far = (isFar: (row: Measured) => boolean): boolean => rows.filter(isFar).length > rows.length / 4;
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

function plot(row: Measured | undefined, scale: Scale): string {
  if (row === undefined) return "";
  const middle = HEIGHT / 2;
  const { median, low, high, aim } = row;
  const met = aim === undefined || median >= aim ? "met" : "missed";
  const parts = [
    `<line class="one" x1="${scale.x(1)}" x2="${scale.x(1)}" y1="0" y2="${HEIGHT}"/>`,
    `<rect class="ratio ${met}" x="${Math.min(+scale.x(1), +scale.x(median)).toFixed(1)}" y="${middle - 4}" width="${Math.abs(+scale.x(1) - +scale.x(median)).toFixed(1)}" height="8" rx="2"/>`,
    `<line class="interval" x1="${scale.x(low)}" x2="${scale.x(high)}" y1="${middle}" y2="${middle}"/>`,
    median > scale.high * 1.2
      ? `<path class="dot ${met}" d="M${WIDTH - 6} ${middle - 5}l6 5-6 5z"/>`
      : `<circle class="dot ${met}" cx="${scale.x(median)}" cy="${middle}" r="3.5"/>`,
    aim === undefined ? "" : `<line class="aim" x1="${scale.x(aim)}" x2="${scale.x(aim)}" y1="3" y2="${HEIGHT - 3}"/>`,
  ];
  const label = `${median}, between ${low} and ${high}${aim === undefined ? "" : `; the aim is ${aim}`}`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${label}">${parts.join("")}</svg>`;
}
