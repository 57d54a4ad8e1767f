/* test_pages.mjs: every page in both languages, themes and sizes: nothing serious for axe, no script or style against the policy. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { open_stage, ORIGIN } from './fixture.mjs';
import { RULE } from './world.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const BAD = new Set(['serious', 'critical']);

/** What axe finds that would stop somebody; for the pages of others too. */
export async function axe(page) {
  /* Through the debugger: the policy of the page forbids a script of ours. */
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }));
  return found.violations.filter((one) => BAD.has(one.impact)).map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
}

const KPI = {
  version: '2026.1', from: '2026-03-01', to: '2026-03-31', rows: [{ object: '', indices: {
    closed_in_time_rate: { name: 'closed_in_time_rate', zh: '按期结案率', en: 'closed in time', raw: 75.82, exempted: 75.82, formula: '100 * due_closed_in_time / due', beside: ['repeat_rate'] },
    repeat_rate: { name: 'repeat_rate', zh: '重复上报率', en: 'came back within 7 days', raw: null, exempted: null, beside: [] },
  } }],
};
const list = (items) => ({ items, next: null, position: 1, now_ms: 0, age_ms: 0 });
const ANSWERS = {
  kpi: KPI,
  rules: list([RULE]),
  silences: list([]), handovers: list([]),
  plans: list([{ id: '110108-20260303-0009', plan: 'air_orange', title: '重污染天气橙色预警', state: 'ACTIVE', drill: true, asked_at_ms: 1, begun_at_ms: 2, ended_at_ms: null, counts: { total: 8, waiting: 1, open: 1, started: 2, done: 4, cancelled: 0, overdue: 1, failed: 0 } }]),
  'plans/110108-20260303-0009/districts': list([{ district: '110108001', district_name: '清河街道', silent: true, counts: { total: 4, waiting: 0, open: 1, started: 1, done: 2, cancelled: 0, overdue: 1, failed: 0 } }]),
  burden: list([{ cell: '110108001001', department: 'dept.gas', cases: 8, open: 2, missed: 1 }]),
};
const LOOKS = [[1920, 1080, 'zh', 'light'], [1366, 768, 'en', 'dark']];

export default [
  ...LOOKS.map(([width, height, lang, theme]) => [`first screen ${width}x${height} ${lang} ${theme}: axe, policy, nothing cut off`, async () => {
    const stage = await open_stage({ width, height, lang, theme });
    await stage.page.locator('.need').nth(2).click();
    await stage.page.waitForSelector('.why');
    assert.deepEqual(await axe(stage.page), []);
    assert.deepEqual(stage.problems, []);
    await stage.page.keyboard.press('F2');
    await stage.page.waitForSelector('.intake');
    assert.deepEqual(await axe(stage.page), []);
    await stage.page.keyboard.press('Escape');
    const cut = await stage.page.evaluate(() => {
      const bar = document.querySelector('.top-bar');
      return [document.documentElement.scrollWidth > innerWidth, bar.scrollWidth > bar.clientWidth];
    });
    assert.deepEqual(cut, [false, false]);
    await stage.picture(`console-${width}-${lang}-${theme}`);
  }]),
  ...['cases', 'workers', 'rules', 'indices', 'plans', 'burden'].map((name, i) => [`page ${name}: opens by its address, axe, policy`, async () => {
    const [width, height, lang, theme] = LOOKS[i % 2];
    const stage = await open_stage({ width, height, lang, theme, path: `/#${name}`, answers: ANSWERS });
    await stage.page.waitForSelector('.page h2');
    await stage.page.waitForTimeout(250);
    assert.equal(await stage.page.locator('.problem').count(), 0);
    assert.deepEqual(await axe(stage.page), []);
    assert.deepEqual(stage.problems, []);
    await stage.picture(`page-${name}-${lang}-${theme}`);
  }]),
  ['a list that this engine does not offer says so', async () => {
    const stage = await open_stage({ lang: 'en', path: '/#rules' });
    await stage.page.waitForSelector('.problem');
    assert.match(await stage.page.locator('.problem').first().innerText(), /does not offer this list/);
  }],
  ['a figure opens the list behind it', async () => {
    const stage = await open_stage({ lang: 'en' });
    await stage.page.locator('.strip a', { hasText: 'filed' }).click();
    await stage.page.waitForSelector('.page tbody tr');
    assert.equal(await stage.page.evaluate(() => location.hash), '#cases?state=all');
  }],
  ['the strip has the figures of all cases of the day, as the read side counts them', async () => {
    const stage = await open_stage({ lang: 'en', cases: 8 });
    const strip = stage.page.locator('.strip', { hasText: 'handled in time' });
    await strip.waitFor();
    assert.match(await strip.innerText(), /filed 812.*handled in time 38\/40.*by ourselves 25 %.*Qinghe cell 1 p90 1 h 30 min/s);
  }],
  ['wall: figures, map and what waits longest; axe, policy', async () => {
    const stage = await open_stage({ lang: 'zh', path: '/wall/' });
    await stage.page.waitForSelector('.wall-list li');
    assert.deepEqual(await axe(stage.page), []);
    assert.deepEqual(stage.problems, []);
    assert.equal(await stage.page.locator('button').count(), 0);
    await stage.picture('wall');
  }],
  ['an inline script would have been noticed', async () => {
    const stage = await open_stage({ lang: 'en' });
    await stage.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.inline = 1';
      document.body.append(script);
    });
    await stage.page.waitForTimeout(50);
    assert.equal(await stage.page.evaluate(() => window.inline), undefined);
    assert.ok(stage.problems.some((one) => /Content Security Policy/.test(one)), stage.problems.join());
    assert.ok(ORIGIN.startsWith('http://localhost'));
  }],
];
