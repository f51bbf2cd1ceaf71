// Bundles the dashboard with esbuild. `build.py` runs this.
//
//   node build.mjs OUT           the page: index.html, app.js, app.css, images, licences of bundled packages
//   node build.mjs --watch OUT   the same, unminified and with source maps, at every change
//   node build.mjs --tests OUT   the unit tests as OUT/tests.mjs, for `node --test`

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
  // esbuild has already printed errors in the sources.
  if (error.errors === undefined) console.error(String(error));
  process.exit(1);
}

async function page(watch) {
  await emptyFolder(out);
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
    legalComments: "none", // licenses.txt has the full licences
    metafile: true,
    plugins: [{ name: "assets", setup: (build) => build.onEnd(copyAssets) }],
  };
  if (watch) {
    const context = await esbuild.context(options);
    await context.watch();
  } else {
    await esbuild.build(options);
  }
}

/** Copy the files beside the bundle: the page, its images, and the licences. */
async function copyAssets(result) {
  if (result.metafile === undefined) return;
  const images = (await readdir(here)).filter((name) => /\.(svg|png)$/.test(name));
  for (const name of ["index.html", ...images]) await copyFile(join(here, name), join(out, name));
  await writeFile(join(out, "licenses.txt"), await licences(Object.keys(result.metafile.inputs)));
}

/** The licences and notices of the bundled packages, which their terms require. */
async function licences(inputs) {
  const packageOf = (input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
  const packages = [...new Set(inputs.map(packageOf))].filter((name) => name !== undefined).sort();
  const parts = ["The dashboard's app.js contains code of these packages.\n"];
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
  const files = (await readdir(join(here, "test"), { recursive: true })).filter((name) => name.endsWith(".test.ts"));
  if (files.length === 0) throw new Error("web/test has no *.test.ts");
  await emptyFolder(out);
  // One bundle: `node --test` starts a process for each file.
  await esbuild.build({
    ...common,
    stdin: { contents: files.map((name) => `import "./test/${name.replaceAll("\\", "/")}";`).join("\n"), resolveDir: here },
    outfile: join(out, "tests.mjs"),
    format: "esm",
    platform: "node",
    sourcemap: "inline",
  });
}

/** Remove only the kinds of files that this creates, in case of a wrong folder. */
async function emptyFolder(folder) {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (/\.(html|js|mjs|css|map|svg|png|txt)$/.test(name)) await rm(join(folder, name));
  }
}
