/** A device that follows the counters: a browser's profile, a phone, or a program. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly kind: "browser" | "phone" | "program";
}

/** Returns the headers in which a device introduces itself. Nobody checks who it is. */
export function introduce({ id, name, kind }: Device): Readonly<Record<string, string>> {
  return { "device-id": id, "device-name": name, "device-kind": kind };
}

/** Returns the device that has sent a request; undefined if it has not introduced itself. */
export function deviceOf(header: (name: string) => string | null): Device | undefined {
  const [id, name, kind] = [header("device-id") ?? "", header("device-name") ?? "", header("device-kind")];
  if (!/^[\w-]{8,64}$/.test(id) || !/^[\w -]{1,30}$/.test(name)) return undefined;
  return { id, name, kind: kind === "browser" || kind === "phone" ? kind : "program" };
}
