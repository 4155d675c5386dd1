/** A page with IndexedDB by hand. */
import { show, tellView } from "../../bench/browser/view.ts";

const NAME = "events";

const opening = indexedDB.open("list", 1);
opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(NAME, { autoIncrement: true }));
opening.addEventListener("success", () => {
  const reading = opening.result.transaction(NAME).objectStore(NAME).getAll();
  reading.addEventListener("success", () =>
    show(
      (reading.result as { data: string }[]).map(({ data }) => data),
      "live",
    ),
  );
});

tellView(
  (items) =>
    new Promise<void>((resolve, reject) => {
      const transaction = opening.result.transaction(NAME, "readwrite");
      for (const data of items) transaction.objectStore(NAME).add({ type: "added", data });
      transaction.addEventListener("complete", () => resolve());
      transaction.addEventListener("abort", () => reject(new Error(String(transaction.error))));
    }),
);
