/** Returns what runs this code, such as "Node 24.16.0". */
export function runtimeName(): string {
  const { deno, bun, node } = process.versions;
  return deno !== undefined ? `Deno ${deno}` : bun !== undefined ? `Bun ${bun}` : `Node ${node}`;
}
