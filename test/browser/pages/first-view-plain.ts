/** A page without any library: the list comes from `localStorage`. */
import { show, tellView } from "../../bench/browser/view.ts";

const KEY = "list";

const kept = localStorage.getItem(KEY);
show(kept === null ? [] : (JSON.parse(kept) as string[]), "rendered");
tellView((items) => localStorage.setItem(KEY, JSON.stringify(items)));
