import { renderToString } from "solid-js/web";
import { App } from "./app.jsx";
import { Known } from "./known.jsx";

export const render = (given) => renderToString(() => <App given={given} />);
export const renderKnown = () => renderToString(() => <Known />);
