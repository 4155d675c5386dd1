/** Follows a hub by many connections, and reports when the last of them has got each new event. */
import { request, Agent } from "node:http";

const [, , url = "", count = "1"] = process.argv;
const items = [{ kind: "prefix", name: "", position: 0, mark: null }];
const body = JSON.stringify({ protocol: 1, lineage: null, items, live: true });
const agent = new Agent({ maxSockets: Infinity });
const left = new Map<number, number>();
let started = 0;

for (let pull = 0; pull < Number(count); pull++) {
  const asked = request(`${url}/pull`, { method: "POST", agent, headers: { "content-type": "application/json" } });
  asked.on("response", (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (piece: string) => {
      text += piece;
      const lines = text.split("\n");
      text = lines.pop() as string;
      for (const line of lines) hear(JSON.parse(line) as { readonly events: readonly (readonly [position: number])[] });
    });
  });
  asked.end(body);
}

function hear({ events }: { readonly events: readonly (readonly [position: number])[] }): void {
  const [position] = events.at(-1) ?? [];
  if (position === undefined) {
    started += 1;
    if (started === Number(count)) process.send?.("following");
    return;
  }
  const others = (left.get(position) ?? Number(count)) - 1;
  left.set(position, others);
  if (others === 0) process.send?.(performance.timeOrigin + performance.now());
}
