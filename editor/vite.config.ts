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
  plugins: [react(), cssIntoBundle(), copySwagger()],
  base: "./",
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
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: join(here, "src/main.tsx"),
      preserveEntrySignatures: "strict",
      output: { format: "es", entryFileNames: "main.js", chunkFileNames: "assets/[name]-[hash].js" },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["./vitest.setup.ts"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    restoreMocks: true,
    unstubGlobals: true,
  },
});
