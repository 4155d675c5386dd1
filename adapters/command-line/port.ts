import { usageError, type Values } from "./command.ts";

/** The option `--port`. @throws if it is no port. */
export function portOf(values: Values, preset: string): number {
  const { port: text = preset } = values as { readonly port?: string };
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw usageError(`--port: "${text}" is no port from 0 to 65535`);
  return port;
}
