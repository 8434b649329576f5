// Bundles the browser tests with the page's own format code and gives them to Node's test runner.
//
//     ZEGEL_SERVER=target/debug/zegel-server node tests/portal/run.mjs [WORD…]
//
// runs the files whose names have one of the words. ZEGEL_TEST_FULL=1 takes 500 hostile mails and a reply of 300 MiB;
// ZEGEL_SCREENSHOTS=FOLDER keeps pictures of the pages.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const web = createRequire(join(here, "../../crates/zegel-server/web/package.json"));
const { build } = web("esbuild");

const only = process.argv.slice(2);
const names = readdirSync(here).filter((name) => name.endsWith(".test.ts") && (only.length === 0 || only.some((word) => name.includes(word))));
// Inside the tests' folder, so that Playwright is found.
const out = mkdtempSync(join(here, "../node_modules/.zegel-portal-"));
try {
  await build({
    absWorkingDir: here,
    entryPoints: names,
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["playwright", "axe-core"],
    sourcemap: "inline",
    logLevel: "warning",
  });
  const files = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
  const flags = ["--enable-source-maps", "--test", "--test-concurrency=1"];
  const run = spawnSync(process.execPath, [...flags, ...files], { stdio: "inherit", cwd: here });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
