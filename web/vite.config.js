import { defineConfig } from "vite";

// Nothing inline: the page must run under script-src 'self'; style-src 'self'.
export default defineConfig({
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    outDir: process.env.TICKERHOUSE_WEB_OUT ?? "../build/web/dist",
    emptyOutDir: true,
  },
  // `npm run dev` beside a running pipeline; the server asks that Origin is its own.
  server: { proxy: { "/api": { target: process.env.TICKERHOUSE_URL ?? "http://127.0.0.1:8080", changeOrigin: true, ws: true } } },
});
