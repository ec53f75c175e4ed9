import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = dirname(fileURLToPath(import.meta.url));
const www = resolve(here, "../flowforge_provider/plugins/www");
const CSS_MARK = "__FLOWFORGE_CSS__";

/** Put the whole stylesheet into the bundle as a string: the editor lives in a shadow root, which links cannot reach. */
function cssIntoBundle(): Plugin {
  return {
    name: "flowforge-css-into-bundle",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      let css = "";
      for (const [file, output] of Object.entries(bundle)) {
        if (output.type !== "asset" || !file.endsWith(".css")) continue;
        css += String(output.source);
        Reflect.deleteProperty(bundle, file);
      }
      let places = 0;
      for (const output of Object.values(bundle)) {
        if (output.type !== "chunk" || !output.code.includes(CSS_MARK)) continue;
        output.code = output.code.replace(new RegExp(`(["'\`])${CSS_MARK}\\1`), () => (places++, JSON.stringify(css)));
      }
      // Its address carries ?v=, so a chunk that imported it would load everything a second time.
      for (const output of Object.values(bundle)) {
        if (output.type === "chunk" && output.imports.includes("main.js")) this.error(`${output.fileName} imports the entry.`);
      }
      if (places !== 1) this.error(`The stylesheet has ${places} places in the bundle; expected one.`);
    },
  };
}

/** The list of workflows is the first thing that people see: it must not wait for the canvas or the code editor. */
function keepListLight(): Plugin {
  return {
    name: "flowforge-keep-list-light",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const chunks = new Map(Object.values(bundle).flatMap((output) => (output.type === "chunk" ? [[output.fileName, output] as const] : [])));
      const waiting = [...chunks.values()].filter((chunk) => /(island\/island|pages\/ListPage)\.tsx$/.test(chunk.facadeModuleId ?? "")).map((chunk) => chunk.fileName);
      if (waiting.length !== 2) this.error(`Expected the island and the list as chunks of their own; found ${waiting.join(", ") || "none"}.`);
      const loaded = new Set(waiting);
      for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
        const chunk = chunks.get(file);
        const heavy = Object.keys(chunk?.modules ?? {}).find((module) => /node_modules\/(@xyflow|@codemirror|@lezer|@dagrejs|recharts|@reduxjs|d3-[a-z-]+)\/.*\.m?js$/.test(module));
        if (heavy) this.error(`The list would load ${heavy} (in ${file}).`);
        for (const next of chunk?.imports ?? []) if (!loaded.has(next)) waiting.push((loaded.add(next), next));
      }
    },
  };
}

/** Ship Swagger UI's files beside the editor, so that the API's page loads nothing from elsewhere. */
function copySwagger(): Plugin {
  return {
    name: "flowforge-copy-swagger",
    apply: "build",
    closeBundle() {
      const from = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
      const to = join(www, "swagger-ui");
      mkdirSync(to, { recursive: true });
      for (const file of ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"]) copyFileSync(join(from, file), join(to, file));
    },
  };
}

export default defineConfig({
  plugins: [react(), cssIntoBundle(), keepListLight(), copySwagger()],
  base: "./",
  // `npm run dev` beside `make run`: the API is that of Airflow.
  server: { proxy: { "/flowforge": `http://127.0.0.1:${process.env["PORT"] ?? "8080"}` } },
  define: { "process.env.NODE_ENV": JSON.stringify(process.env["NODE_ENV"] ?? "production") },
  build: {
    // An application build, not a library's: Vite leaves the white space in ES libraries.
    minify: "oxc",
    modulePreload: false,
    outDir: join(www, "dist"),
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    sourcemap: false,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: join(here, "src/main.tsx"),
      preserveEntrySignatures: "strict",
      output: {
        format: "es",
        entryFileNames: "main.js",
        chunkFileNames: "assets/[name]-[hash].js",
        // What all pages share comes in one piece instead of a dozen; pages, canvas and code editor stay apart.
        codeSplitting: {
          groups: [
            // Apart, or the entry would wait for everything that it is to fetch at once.
            { name: "preload", test: /vite\/preload-helper/, priority: 4 },
            { name: "vendor", test: /^(?!.*@xyflow).*node_modules\/(react|react-dom|scheduler|@tanstack|openapi-fetch|zustand|use-sync-external-store)\//, priority: 3 },
            { name: "flow", test: /node_modules\/(@xyflow|d3-(selection|zoom|drag|transition|dispatch)|classcat)\/.*\.m?js$/, priority: 2 },
            // Canvas and charts both move and mix colours; neither waits for the other.
            { name: "d3", test: /node_modules\/d3-(color|ease|interpolate|timer)\//, priority: 2 },
            { name: "charts", test: /node_modules\/(recharts|victory-vendor|d3-|internmap|@reduxjs|redux|react-redux|reselect|immer|es-toolkit|decimal\.js-light|eventemitter3|tiny-invariant|clsx|react-is)/, priority: 1 },
            { name: "shared", test: /editor\/src\/(api|components\/[A-Za-z]+\.|i18n|island|session|theme)/, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["./vitest.setup.ts"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    // Machines that build and test at once are slow; no test waits for this to pass.
    testTimeout: 30_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
