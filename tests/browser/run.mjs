/* run.mjs: runs the cases of test_*.mjs in one browser, two at a time, and prints TAP.
 *
 *   node tests/browser/run.mjs [WORD]     only cases whose file or name holds WORD
 *
 * A file exports a list of [name, async function], and `alone` when its cases share something and follow each other. Pictures go to
 * BUILD/browser. Exit 77: no Chromium or no modules here. */
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const CASE_MS_MAX = 40_000;
const AT_ONCE = 2; /* each has a page and a context of its own; they mostly wait */

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
const cases = [];
for (const file of readdirSync(HERE).filter((name) => /^test_.*\.mjs$/.test(name)).sort()) {
  const { default: list, alone = false } = await import(join(HERE, file));
  for (const [name, run] of list) {
    if (`${file} ${name}`.includes(word)) {
      cases.push({ file, name, run, alone });
    }
  }
}

/* The sentence of one case, and whether it held. */
async function carry_out({ file, name, run }, number) {
  const begin = Date.now();
  let timer;
  try {
    await Promise.race([run(), new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${CASE_MS_MAX} ms`)), CASE_MS_MAX);
    })]);
    return [true, `ok ${number} - ${name} # ${Date.now() - begin} ms`];
  } catch (error) {
    return [false, `not ok ${number} - ${file}: ${name}\n  ${String(error.stack ?? error).split('\n').slice(0, 12).join('\n  ')}`];
  } finally {
    clearTimeout(timer);
  }
}

const count = cases.length;
let failed = 0;
for (let i = 0, taken = 0; i < count; i += taken) {
  taken = cases[i].alone || cases[i + 1]?.alone ? 1 : AT_ONCE;
  for (const [held, sentence] of await Promise.all(cases.slice(i, i + taken).map((one, k) => carry_out(one, i + k + 1)))) {
    failed += held ? 0 : 1;
    console.log(sentence);
  }
  await fixture.close_stages();
}
console.log(`1..${count}`);
await fixture.close_browser();
process.exit(failed === 0 && count > 0 ? 0 : 1);
