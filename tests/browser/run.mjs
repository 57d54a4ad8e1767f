/* run.mjs: runs the cases of test_*.mjs one after another in one browser and prints TAP.
 *
 *   node tests/browser/run.mjs [WORD]     only cases whose file or name holds WORD
 *
 * A file exports a list of [name, async function]. Pictures go to BUILD/browser. Exit 77: no Chromium or no modules here. */
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const CASE_MS_MAX = 20_000;

async function fixture_or_skip() {
  try {
    await import('playwright-core');
  } catch {
    console.log('no tests/browser/node_modules: make browser installs what the browser tests need');
    process.exit(77);
  }
  const fixture = await import('./fixture.mjs');
  if (!fixture.CHROMIUM) {
    console.log('no chromium: apt-get install chromium, or make deps-test');
    process.exit(77);
  }
  return fixture;
}

const fixture = await fixture_or_skip();
mkdirSync(join(fixture.BUILD, 'browser'), { recursive: true });
const word = process.argv[2] ?? '';
let count = 0;
let failed = 0;
for (const file of readdirSync(HERE).filter((name) => /^test_.*\.mjs$/.test(name)).sort()) {
  for (const [name, run] of (await import(join(HERE, file))).default) {
    if (!`${file} ${name}`.includes(word)) {
      continue;
    }
    count++;
    const begin = Date.now();
    let timer;
    try {
      await Promise.race([run(), new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`took longer than ${CASE_MS_MAX} ms`)), CASE_MS_MAX);
      })]);
      console.log(`ok ${count} - ${name} # ${Date.now() - begin} ms`);
    } catch (error) {
      failed++;
      console.log(`not ok ${count} - ${file}: ${name}\n  ${String(error.stack ?? error).split('\n').slice(0, 12).join('\n  ')}`);
    }
    clearTimeout(timer);
    await fixture.close_stages();
  }
}
console.log(`1..${count}`);
await fixture.close_browser();
process.exit(failed === 0 && count > 0 ? 0 : 1);
