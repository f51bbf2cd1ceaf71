// Bundles the dashboard with esbuild. `build.py` beside this decides when; here is only how.
//
//   node build.mjs OUT           the page: index.html, app.js, app.css, pictures, licences of what is bundled
//   node build.mjs --watch OUT   the same, readable and with source maps, again at every change
//   node build.mjs --tests OUT   the unit tests, for `node --test OUT`

import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const flags = process.argv.slice(2).filter((word) => word.startsWith("--"));
const [out] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
if (out === undefined) {
  console.error("usage: node build.mjs [--watch | --tests] OUT");
  process.exit(2);
}

const common = { absWorkingDir: here, bundle: true, target: "es2022", logLevel: "warning" };

try {
  await (flags.includes("--tests") ? tests() : page(flags.includes("--watch")));
} catch (error) {
  // What is wrong with the sources, esbuild has told already.
  if (error.errors === undefined) console.error(String(error));
  process.exit(1);
}

async function page(watch) {
  await emptied(out);
  const options = {
    ...common,
    entryPoints: [
      { in: "src/main.ts", out: "app" },
      { in: "styles/app.css", out: "app" },
    ],
    outdir: out,
    format: "esm",
    minify: !watch,
    sourcemap: watch ? "linked" : false,
    legalComments: "none", // the whole licences are in licenses.txt
    metafile: true,
    plugins: [{ name: "rest", setup: (build) => build.onEnd(rest) }],
  };
  if (watch) {
    const context = await esbuild.context(options);
    await context.watch();
  } else {
    await esbuild.build(options);
  }
}

/** What stands beside the bundle: the page itself, its pictures, and the licences. */
async function rest(result) {
  if (result.metafile === undefined) return;
  const pictures = (await readdir(here)).filter((name) => /\.(svg|png)$/.test(name));
  for (const name of ["index.html", ...pictures]) await copyFile(join(here, name), join(out, name));
  await writeFile(join(out, "licenses.txt"), await licences(Object.keys(result.metafile.inputs)));
}

/** The licences and notices of the packages whose code is in the bundle, as they ask for. */
async function licences(inputs) {
  const inside = (input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
  const packages = [...new Set(inputs.map(inside))].filter((name) => name !== undefined).sort();
  const parts = ["The dashboard's app.js contains, besides its own code, that of these packages.\n"];
  for (const name of packages) {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    parts.push(`\n${"=".repeat(80)}\n${name} ${version} (${license})\n${"=".repeat(80)}\n`);
    const texts = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)(\.|$)/i.test(file)).sort();
    for (const file of texts) parts.push("\n", await readFile(join(folder, file), "utf8"));
  }
  return parts.join("");
}

async function tests() {
  const files = (await readdir(join(here, "test"))).filter((name) => name.endsWith(".test.ts"));
  if (files.length === 0) throw new Error("web/test has no *.test.ts");
  await emptied(out);
  await esbuild.build({
    ...common,
    entryPoints: files.map((name) => `test/${name}`),
    outdir: out,
    format: "esm",
    platform: "node",
    outExtension: { ".js": ".mjs" },
    sourcemap: "inline",
  });
}

/** Only what this makes is removed: a folder given by mistake loses nothing else. */
async function emptied(folder) {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (/\.(html|js|mjs|css|map|svg|png|txt)$/.test(name)) await rm(join(folder, name));
  }
}
