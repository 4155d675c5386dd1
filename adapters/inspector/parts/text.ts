const NUMBER = new Intl.NumberFormat("en");

/** A number with separators. */
export function count(value: number): string {
  return NUMBER.format(value);
}

/** A number of things: "1 event", "2 events". */
export function many(value: number, one: string): string {
  return `${count(value)} ${one}${value === 1 ? "" : "s"}`;
}

/** A size in bytes, in the largest unit that fits, like 10.7 GB. */
export function bytes(value: number): string {
  const units = ["", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  const shown = value / 1000 ** power;
  return power === 0 ? many(value, "byte") : `${shown.toFixed(shown < 100 ? 1 : 0)} ${units[power]}`;
}

/** The time of day in milliseconds, local. */
export function clockTime(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Day and time, local. */
export function fullTime(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(time)}`;
}

/** A hue that belongs to a name, in degrees. */
export function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  // Steps of 24 degrees can be told apart.
  return ((hash >>> 4) % 15) * 24;
}

/** The beginning of a value as JSON, at most so many characters; the rest of a large value is not even looked at. */
export function preview(value: unknown, most = 200): string {
  let text = "";
  const add = (piece: string): void => void (text += piece);

  function write(one: unknown, depth: number): void {
    if (text.length > most) return;
    if (typeof one === "string") add(JSON.stringify(one.slice(0, most)));
    else if (typeof one !== "object" || one === null) add(String(one));
    else if (depth > 6) add("…");
    else if (Array.isArray(one)) {
      add("[");
      for (let index = 0; index < one.length && text.length <= most; index++) {
        if (index > 0) add(", ");
        write(one[index], depth + 1);
      }
      add("]");
    } else {
      add("{");
      let first = true;
      for (const key in one) {
        if (text.length > most) break;
        add(`${first ? "" : ", "}${key.slice(0, most)}: `);
        write((one as Record<string, unknown>)[key], depth + 1);
        first = false;
      }
      add("}");
    }
  }

  write(value, 0);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
