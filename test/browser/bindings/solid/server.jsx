import { renderToString } from "solid-js/web";
import { App } from "./app.jsx";

export const render = (given) => renderToString(() => <App given={given} />);
