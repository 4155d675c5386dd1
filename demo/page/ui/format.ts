const NUMBER = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { notation: "compact" });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const DAY_OF_YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** Formats a number like 12,345, with a real minus sign. */
export function formatNumber(value: number): string {
  return NUMBER.format(value).replace("-", "−");
}

/** Formats a number like 12,345, or like 1.2M where that would be long. */
export function formatShort(value: number): string {
  return Math.abs(value) < 100_000 ? formatNumber(value) : SHORT.format(value).replace("-", "−");
}

/** Formats a time like 14:03:25, with the day if it is not today, and the year if it is another one. */
export function formatTime(time: number, now: number): string {
  const [date, today] = [new Date(time), new Date(now)];
  if (!isDate(date)) return "no date";
  if (today.toDateString() === date.toDateString()) return TIME.format(date);
  const day = today.getFullYear() === date.getFullYear() ? DAY : DAY_OF_YEAR;
  return `${day.format(date)}, ${TIME.format(date)}`;
}

/** Formats a time exactly; one that no date has, as the number that is stored. */
export function formatExactTime(time: number): string {
  const date = new Date(time);
  return isDate(date) ? date.toISOString() : `${time} ms, which is no date`;
}

/** Stored times are whole numbers; the largest of them are beyond all dates. */
function isDate(date: Date): boolean {
  return !Number.isNaN(date.getTime());
}

/** Formats a time on an axis like {@link formatTime}, with the day below it where another day begins. */
export function formatAxisTime(time: number, before: number, now: number): string {
  if (!isDate(new Date(time))) return "";
  const [day, previous, today] = [time, before, now].map((one) => new Date(one).toDateString());
  const changes = Number.isNaN(before) ? day !== today : day !== previous;
  return changes ? `${TIME.format(time)}\n${DAY.format(time)}` : TIME.format(time);
}

/** Formats a size like 1.2 MB. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${UNITS[power] ?? ""}`;
}

/** "1 event", "2 events". */
export function formatCount(count: number, what: string): string {
  return `${formatNumber(count)} ${count === 1 ? what : `${what}s`}`;
}

/** Formats a duration like 23.5 ms, 945 ms or 27.7 s. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`;
}
