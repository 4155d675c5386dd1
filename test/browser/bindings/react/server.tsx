import { renderToString } from "react-dom/server";
import type { Given } from "../counting.ts";
import { App } from "./app.tsx";
import { Known } from "./known.tsx";

export const render = (given: Given): string => renderToString(<App given={given} />);
export const renderKnown = (): string => renderToString(<Known />);
