const WIDTH = 30;

/** Shows the progress of a long task: one line that is updated on a terminal, or a line at every quarter elsewhere. */
export interface Progress {
  update(done: number): void;
}

export function showProgress(label: string, total: number, output: NodeJS.WriteStream = process.stdout): Progress {
  let quarters = 0;
  return {
    update(done) {
      const share = total === 0 ? 1 : done / total;
      const count = `${done.toLocaleString("en")} of ${total.toLocaleString("en")}`;
      if (output.isTTY) {
        const filled = Math.round(share * WIDTH);
        const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
        output.write(`\r${label} ${bar} ${count}${done === total ? "\n" : ""}`);
      } else if (Math.floor(share * 4) > quarters) {
        quarters = Math.floor(share * 4);
        output.write(`${label} ${count}\n`);
      }
    },
  };
}
