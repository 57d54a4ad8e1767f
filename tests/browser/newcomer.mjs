/* newcomer.mjs: how long somebody new takes with `gridloop demo`: clicks and keys of each step, and how long the program made them wait.
 *
 *   node tests/browser/newcomer.mjs      starts the demo, plays a dispatcher at its console and its worker Wang Fang on a phone
 *
 * What a person thinks and reads is not in the figures. Waiting for an offer is told apart: the city decides when one comes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILD, close_browser, launch } from './fixture.mjs';
import { pause, until } from './real.mjs';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const OFFER_MS_MAX = 150_000;
const PORT = 8097;
const dir = mkdtempSync(join(tmpdir(), 'gridloop-newcomer-'));
const steps = [];

/* One step of somebody: what it took, and how long until the screen showed it. */
async function step(who, what, deeds, run) {
  const begin = Date.now();
  await run();
  steps.push({ who, what, deeds, ms: Date.now() - begin });
}

async function start_demo() {
  const child = spawn(join(BUILD, 'gridloop'), ['demo', '--dir', join(dir, 'demo'), '--for', '400', '--http', `127.0.0.1:${PORT}`, '--lang', 'en'],
    { env: { ...process.env, XDG_RUNTIME_DIR: dir, XDG_STATE_HOME: dir, HOME: dir }, stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill('SIGTERM'));
  let said = '';
  child.stdout.on('data', (bytes) => {
    said += bytes;
  });
  const begin = Date.now();
  const [, desk] = await until(() => said.match(/filled in.*: (http\S+)/), 'the address of the console', 60_000);
  const [, phone] = await until(() => said.match(/(http\S+\/w\/#\S+)/), 'the address of the phone', 60_000);
  console.log(`gridloop demo prints both addresses after ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  return { child, desk, phone };
}

async function dispatcher(address) {
  const page = await (await (await launch()).newContext({ viewport: { width: 1366, height: 768 }, locale: 'en-GB' })).newPage();
  await step('dispatcher', 'open the printed address: the login, filled in', '1 click', async () => {
    await page.goto(address);
    await page.waitForSelector('form [type=submit]');
  });
  await step('dispatcher', 'log in: what needs somebody, the map, case 1 with why this worker', '1 key', async () => {
    await page.keyboard.press('Enter');
    await page.waitForSelector('.why table tbody tr');
    await page.waitForSelector('.timeline li');
  });
  const reassign = page.locator('.actions').getByRole('button', { name: 'reassign', exact: true });
  await step('dispatcher', 'hand it over: reassign, one of those looked at, why, send', '4 clicks', async () => {
    for (let i = 0; i < 8 && (await reassign.count()) === 0; i++) {
      await page.keyboard.press('j'); /* case 1 went on without us: the next */
      await pause(700);
    }
    await reassign.click();
    await page.locator('.picks button').last().click();
    await page.locator('.act-form [name=reason]').selectOption({ index: 1 });
    await page.locator('.act-form [type=submit]').click();
    await page.waitForSelector('.notice[data-problem=false]');
  });
  await step('dispatcher', 'see it: the engine’s choice beside one’s own', 'none', () => page.waitForSelector('.override'));
}

async function worker(address) {
  const context = await (await launch()).newContext({ viewport: { width: 360, height: 740 }, locale: 'en-GB', hasTouch: true, isMobile: true });
  const page = await context.newPage();
  await step('worker', 'scan the code: logged in, on duty', '1 scan', async () => {
    await page.goto(address);
    await page.waitForSelector('.duty');
  });
  const begin = Date.now();
  /* One to be handled: others are a check or a look whether a report is true, with other buttons. */
  const offer = page.locator('.card', { has: page.locator('[data-action=accept]'), hasText: 'handle' }).first();
  await offer.waitFor({ timeout: OFFER_MS_MAX });
  console.log(`an offer came after ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  const number = (await offer.innerText()).match(/\d{6}-\d{8}-\d{4,}/)[0];
  const card = page.locator('.card', { hasText: number });
  const sent = () => page.waitForSelector('.sending[data-waiting="0"]', { state: 'attached' });
  await step('worker', 'accept', '1 tap', async () => {
    await card.locator('[data-action=accept]').tap();
    await card.locator('[data-action=arrive]').waitFor();
    await sent();
  });
  await step('worker', 'arrive; without a position the place of the case is offered on a map', '2 taps', async () => {
    await card.locator('[data-action=arrive]').tap();
    await page.locator('.sheet .main').tap();
    await card.locator('[data-action=done]').waitFor();
    await sent();
  });
  await context.setOffline(true);
  await step('worker', 'photo and done without a network: kept, and said so', '2 taps', async () => {
    await card.locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: PNG });
    await card.locator('.photo', { hasText: '1' }).waitFor();
    await card.locator('[data-action=done]').tap();
    await page.waitForSelector('.sending:not([data-waiting="0"])', { state: 'attached' });
  });
  await context.setOffline(false);
  await step('worker', 'the network is back: sent', 'none', sent);
}

const demo = await start_demo();
try {
  await dispatcher(demo.desk);
  await worker(demo.phone);
} finally {
  const ended = new Promise((resolve) => demo.child.once('exit', resolve));
  await close_browser();
  demo.child.kill('SIGTERM');
  await ended;
  rmSync(dir, { recursive: true, force: true });
}
console.log(`load ${loadavg()[0].toFixed(1)}`);
for (const { who, what, deeds, ms } of steps) {
  console.log(`| ${who} | ${what} | ${deeds} | ${(ms / 1000).toFixed(1)} s |`);
}
