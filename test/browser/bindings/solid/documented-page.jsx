import { render } from "solid-js/web";
import { Counter } from "./documented.jsx";

render(() => <Counter name="counter-1" />, document.getElementById("root"));
