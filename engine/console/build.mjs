/* build.mjs: bundles the pages and writes them as one C table.
 *
 *   node engine/console/build.mjs OUT      OUT/site/... as served, OUT/assets.c for the program (engine/shell/web_assets.h)
 *   node engine/console/build.mjs OUT --watch   rebuilds OUT/site on every change, for work on the pages
 *
 * A page is a folder with index.html and main.tsx; its address is PAGES below. Scripts are ES modules split into shared chunks whose
 * names carry a digest; everything is addressed relatively, so the program may stand behind a prefix. */
import { build, context } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, copyFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { vocabulary } from './vocabulary.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../..');

/* Folder of the page, and where it is served. */
const PAGES = { console: '', worker: 'w/', wall: 'wall/', status: 's/' };
/* More scripts of a page that must be files of their own: entry, and where it is served. */
const SCRIPTS = { 'worker/outbox_worker': 'w/sw' };
/* Government desktops run forks of Chromium 87 and later. */
const TARGET = 'chrome87';
const SCRIPT_GZ_MAX = 150 * 1024;

const TYPES = {
  html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml', json: 'application/json', txt: 'text/plain; charset=utf-8',
  webmanifest: 'application/manifest+json', png: 'image/png', ico: 'image/x-icon', woff2: 'font/woff2',
};
const COMPRESSED = new Set(['html', 'js', 'css', 'svg', 'json', 'txt', 'webmanifest']);

const words = {
  name: 'words',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^gridloop:words$/ }, (args) => ({ path: args.path, namespace: 'words' }));
    esbuild.onLoad({ filter: /.*/, namespace: 'words' }, () => {
      const read = vocabulary(ROOT);
      return { contents: JSON.stringify(read.words), loader: 'json', watchFiles: read.files };
    });
  },
};

function entry_points() {
  const points = {};
  for (const [folder, path] of Object.entries(PAGES)) {
    if (existsSync(join(HERE, folder, 'main.tsx'))) {
      points[`${path}${folder}`] = join(HERE, folder, 'main.tsx');
    }
  }
  for (const [script, path] of Object.entries(SCRIPTS)) {
    if (existsSync(join(HERE, `${script}.ts`))) {
      points[path] = join(HERE, `${script}.ts`);
    }
  }
  return points;
}

function options(site) {
  return {
    entryPoints: entry_points(),
    outdir: site,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: TARGET,
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    chunkNames: 'chunks/[name]-[hash]',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.png': 'empty' },
    metafile: true,
    logLevel: 'warning',
    plugins: [words],
  };
}

/* index.html and every other file of a page that is not bundled. */
function copy_static(site) {
  for (const [folder, path] of Object.entries(PAGES)) {
    if (!existsSync(join(HERE, folder))) {
      continue;
    }
    for (const name of readdirSync(join(HERE, folder))) {
      if (/\.(html|svg|png|ico|webmanifest|txt)$/.test(name)) {
        mkdirSync(join(site, path), { recursive: true });
        copyFileSync(join(HERE, folder, name), join(site, path, name));
      }
    }
  }
}

/* The licences of what is inside the bundle ask to travel with it. */
function write_licences(site, metafile) {
  const packages = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) {
      packages.add(found[1]);
    }
  }
  let text = 'Software of others inside the pages of Gridloop.\n';
  for (const name of [...packages].sort()) {
    const folder = join(HERE, 'node_modules', name);
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
    text += `\n==== ${name} ${about.version} (${about.license})\n\n`;
    text += file ? readFileSync(join(folder, file), 'utf8') : `Licence: ${about.license}\n`;
  }
  writeFileSync(join(site, 'licences.txt'), text);
}

function list_files(folder, base = folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    const path = join(folder, item.name);
    return item.isDirectory() ? list_files(path, base) : [relative(base, path)];
  }).sort();
}

/* One row per file, in the order of paths, so that a page is found by bisection and the table is the same on every machine. */
function write_assets(site, out) {
  const rows = [];
  let text = `/* assets.c: the pages, made by engine/console/build.mjs. */\n#include "engine/shell/web_assets.h"\n\n`;
  const files = list_files(site).map((file) => ({
    file, path: `/${file.replace(/(^|\/)index\.html$/, '$1')}`,
  })).sort((a, b) => (a.path < b.path ? -1 : 1));
  files.forEach(({ file, path }, index) => {
    const ending = file.slice(file.lastIndexOf('.') + 1);
    const type = TYPES[ending];
    if (type === undefined) {
      throw new Error(`${file}: no media type for .${ending}; add it to TYPES in engine/console/build.mjs`);
    }
    const plain = readFileSync(join(site, file));
    const is_gzip = COMPRESSED.has(ending);
    const bytes = is_gzip ? gzipSync(plain, { level: 9 }) : plain;
    const etag = createHash('sha256').update(plain).digest('hex').slice(0, 20);
    text += `static const uint8_t FILE_${index}[] = {${[...bytes].join(',')}};\n`;
    rows.push(`    {"${path}", "${type}", FILE_${index}, ${bytes.length}, ${is_gzip}, "\\"${etag}\\""},`);
  });
  text += `\nconst struct web_asset WEB_ASSETS[] = {\n${rows.join('\n')}\n};\n`;
  text += `const uint32_t WEB_ASSET_COUNT = ${rows.length};\n`;
  writeFileSync(join(out, 'assets.c'), text);
}

function check_size(site) {
  let size = 0;
  for (const file of list_files(site).filter((f) => f.endsWith('.js'))) {
    size += gzipSync(readFileSync(join(site, file)), { level: 9 }).length;
  }
  if (size > SCRIPT_GZ_MAX) {
    throw new Error(`scripts are ${size} bytes gzipped, more than ${SCRIPT_GZ_MAX} (SCRIPT_GZ_MAX in engine/console/build.mjs)`);
  }
  return size;
}

async function main() {
  const out = process.argv[2];
  if (out === undefined || Number(process.versions.node.split('.')[0]) < 18) {
    throw new Error('usage: build.mjs OUT [--watch], with Node 18 or later');
  }
  const site = join(out, 'site');
  rmSync(site, { recursive: true, force: true });
  mkdirSync(site, { recursive: true });
  copy_static(site);
  if (process.argv[3] === '--watch') {
    const watching = await context({ ...options(site), minify: false, sourcemap: 'inline' });
    await watching.watch();
    return;
  }
  const result = await build(options(site));
  write_licences(site, result.metafile);
  const size = check_size(site);
  write_assets(site, out);
  console.log(`  pages: ${(size / 1024).toFixed(1)} kB of script, gzipped`);
}

main().catch((error) => {
  console.error(`gridloop pages: ${error.message}`);
  process.exit(1);
});
