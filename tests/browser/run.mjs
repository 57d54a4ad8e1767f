/* run.mjs: runs the cases of test_*.mjs in one browser, in two lanes, and prints TAP.
 *
 *   node tests/browser/run.mjs [WORD]     only cases whose file or name holds WORD
 *
 * A file exports a list of [name, async function], and `alone` when its cases share something and follow each other. Pictures go to
 * BUILD/browser. Exit 77: no Chromium or no modules here. */
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const CASE_MS_MAX = 60_000;
const AT_ONCE = 2; /* lanes: each case has a page and a context of its own; they mostly wait */

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
    await Promise.race([fixture.with_stages(run), new Promise((_, reject) => {
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
let done = 0;

/* Cases of one list, one after the other, until none is left. */
async function work_off(list) {
  for (let one = list.shift(); one; one = list.shift()) {
    const [held, sentence] = await carry_out(one, ++done);
    failed += held ? 0 : 1;
    console.log(sentence);
  }
}

/* Those that follow each other have one lane to themselves; it helps with the others afterwards. */
const follow_each_other = cases.filter((one) => one.alone);
const others = cases.filter((one) => !one.alone);
await Promise.all(Array.from({ length: AT_ONCE }, async (_, lane) => {
  if (lane === 0) {
    await work_off(follow_each_other);
  }
  await work_off(others);
}));
console.log(`1..${count}`);
await fixture.close_browser();
process.exit(failed === 0 && count > 0 ? 0 : 1);
