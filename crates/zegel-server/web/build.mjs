// Builds the portal's page into dist/: fixed names, the same bytes each time. `--check` compares instead of writing.

import { createHash } from "node:crypto";
import { build } from "esbuild";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const SCRIPT_MAX = 250_000;

// Parts of packages that the page never reaches. What is left out must not be missed: the stand-ins fail when they are used.
const LEFT_OUT = [
  // Recipients of hardware tokens (P-256) and passphrases: the page opens and seals to hybrid keys and to nothing else.
  {
    filter: /@noble[\\/]curves[\\/]nist\.js$/,
    contents: `
      const no = () => { throw new Error("no such key here"); };
      const lengths = { secretKey: 32, publicKey: 33, publicKeyUncompressed: 65, seed: 48 };
      export const p256 = { lengths, Point: { Fn: {} }, keygen: no, getPublicKey: no, getSharedSecret: no };
      export const p384 = p256;`,
  },
  {
    filter: /@noble[\\/]hashes[\\/]scrypt\.js$/,
    contents: `export const scrypt = () => { throw new Error("no such key here"); };`,
  },
  // postal-mime also makes text out of HTML, with a table of 2,231 named characters: 52 kB for what the page never shows. Text
  // between pieces of HTML still becomes HTML, and messages within the message are attachments.
  {
    filter: /postal-mime[\\/]dist[\\/]esm[\\/]text-format\.js$/,
    contents: `
      const escape = (text) => text.replace(/[&<>"']/g, (c) => "&#" + c.charCodeAt(0) + ";");
      export const textToHtml = (text) => '<div style="white-space:pre-wrap">' + escape(text) + "</div>";
      export const htmlToText = () => "";
      export const formatTextHeader = () => "";
      export const formatHtmlHeader = () => "";`,
  },
];

const leaveOut = {
  name: "leave-out",
  setup(build) {
    for (const { filter, contents } of LEFT_OUT) build.onLoad({ filter }, () => ({ contents }));
    // Other combinations of keys are made when the file is loaded; said to be without an effect, they fall away unused.
    build.onLoad({ filter: /@noble[\\/]post-quantum[\\/]hybrid\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/= (?=(?:QSF|createKitchenSink|ecdhKem)\()/g, "= /* @__PURE__ */ "),
    }));
  },
};

export async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { portal: "src/main.ts" },
    outdir: "dist/assets",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome110", "firefox115", "safari16.4"],
    charset: "utf8",
    legalComments: "none",
    write: false,
    plugins: [leaveOut],
    logLevel: "warning",
  });
  const files = new Map();
  for (const file of result.outputFiles) files.set(`assets/${file.path.split(/[\\/]/).pop()}`, Buffer.from(file.contents));
  for (const name of ["index.html"]) files.set(name, await readFile(join(here, "static", name)));
  for (const name of ["portal.css", "favicon.svg"]) {
    files.set(`assets/${name}`, await readFile(join(here, "static", name)));
  }
  const script = [...files].filter(([name]) => name.endsWith(".js")).reduce((sum, [, bytes]) => sum + bytes.length, 0);
  if (script > SCRIPT_MAX) throw new Error(`the script has ${script} bytes, more than ${SCRIPT_MAX}`);
  console.log(`script: ${script} of at most ${SCRIPT_MAX} bytes`);
  // What a release publishes, as `sha256sum` prints it: anybody can compare it with what their server serves (T19).
  for (const [name, bytes] of files) console.log(`${createHash("sha256").update(bytes).digest("hex")}  ${name}`);
  return files;
}

async function present(folder) {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

const files = await bundle();
const dist = join(here, "dist");
if (process.argv.includes("--check")) {
  const there = new Set((await present(dist)).map((path) => path.slice(dist.length + 1).replaceAll("\\", "/")));
  const faults = [];
  for (const [name, bytes] of files) {
    const old = await readFile(join(dist, name)).catch(() => undefined);
    if (old === undefined || !old.equals(bytes)) faults.push(name);
    there.delete(name);
  }
  faults.push(...there);
  if (faults.length > 0) {
    console.error(`dist differs from what the sources give: ${faults.join(", ")}; run \`npm run build\``);
    process.exit(1);
  }
  console.log(`dist is what the sources give: ${files.size} files`);
} else {
  await rm(dist, { recursive: true, force: true });
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(dist, name)), { recursive: true });
    await writeFile(join(dist, name), bytes);
  }
}
