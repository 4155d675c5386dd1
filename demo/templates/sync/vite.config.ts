import { defineConfig } from "vite";

// During development: `npm start` in one terminal, `npm run dev` in another.
export default defineConfig({ server: { proxy: { "/sync": "http://127.0.0.1:8787" } } });
