/* test_worker.mjs: the phone page on a real engine: one case from a gateway to its close, offline and back, rights, races, hostile words. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD, launch } from './fixture.mjs';
import { open_engine, until } from './real.mjs';

const WORKER = 'wang.fang';
const HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>\'"&{{7*7}}';
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

let moved = 0;
/* In the worker's own cell, 40 m apart, so that reports of one kind are not merged. */
function near(phone) {
  moved += 1;
  return {
    lon_e7: Math.round(phone.place.longitude * 1e7) + 5000 * (moved % 3 - 1),
    lat_e7: Math.round(phone.place.latitude * 1e7) + 4000 * (Math.floor(moved / 3) % 4 - 2),
  };
}

const card = (phone, number) => phone.page.locator('.card', { hasText: number });
const tap = (phone, number, action) => card(phone, number).locator(`[data-action=${action}]`).tap();
const state_of = (phone, number, state) => until(() => phone.page.locator(`.card[data-state=${state}]`, { hasText: number }).count(), `${number} is ${state}`);
const sent = (phone) => until(() => phone.page.locator('.sending[data-waiting="0"]').count(), 'all is sent');
const timeline = async (api, number) => (await api.get(`cases/${number}`)).body.timeline;
const count = (lines, action) => lines.filter((line) => line.action === action).length;

/* A case whose offer is on that phone. */
async function offered(engine, phone, report = {}) {
  const { body } = await engine.api('intake').post('reports', { class: 'E.01.02', ...near(phone), ...report }, `r-${Date.now()}-${moved}`);
  assert.equal(body.code, 'OPENED');
  try {
    await until(() => card(phone, body.case).count(), `the offer of ${body.case}`);
  } catch (error) {
    const { body: found } = await engine.api('shift_chief').get(`cases/${body.case}`);
    throw new Error(`${error.message}: ${found.timeline.concat(found.decisions).map((line) => line.en).join('; ')}`);
  }
  return body;
}

let kept = null;
async function phone_of(engine, lang = 'zh') {
  if (kept?.lang !== lang) {
    kept = { ...await engine.worker_page(WORKER, { lang }), lang };
  }
  return kept;
}

/* The console of a shift chief, in a browser of its own; logged in by keyboard, once for all cases. */
let desk = null;
async function console_of(engine) {
  if (desk) {
    return desk;
  }
  const { id, password } = engine.password_of('shift_chief');
  const context = await (await launch()).newContext({ viewport: { width: 1366, height: 768 }, locale: 'en-GB' });
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`${engine.origin}/#now?login=${id}:${password}`);
  await page.waitForSelector('input[name=person]');
  assert.ok(!page.url().includes(password), 'the password leaves the address at once');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.need, .empty');
  desk = { page, context, problems, id };
  return desk;
}

/* What somebody at the desk does to follow a case: types its number. */
async function follow(at, number) {
  await at.page.keyboard.press('Escape');
  await at.page.focus('#command');
  await at.page.keyboard.type(number);
  await at.page.keyboard.press('Enter');
  await until(async () => (await at.page.locator('.facts').innerText().catch(() => '')).includes(number), `${number} is followed`);
}

export const alone = true; /* one engine for all */

export default [
  ['a camera sees, a worker accepts, arrives, finishes with a photo, another checks, it is closed', async () => {
    const engine = await open_engine();
    const phone = await phone_of(engine, kept?.lang);
    const place = near(phone);
    const [said] = engine.send({
      at: '2026-03-03T09:00:00+08:00', source: 'camera-gateway-1', id: 'c-1', type: 'camera.garbage_overflow',
      lon: place.lon_e7 / 1e7, lat: place.lat_e7 / 1e7, fields: { fill: 0.97, confidence: 0.95 },
    }).trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(said.code, 'OPENED');
    const number = said.case;
    await until(() => card(phone, number).count(), 'the offer');
    assert.match(await card(phone, number).locator('.clock').innerText(), /剩/);
    const at = await console_of(engine);
    await follow(at, number);
    const map = await at.page.locator('.map').boundingBox();
    await until(async () => {
      await at.page.mouse.move(map.x + map.width / 2 + Math.random(), map.y + map.height / 2);
      return (await at.page.locator('.map-tip').innerText()).includes('·');
    }, 'the case is on the map');
    await tap(phone, number, 'accept');
    await state_of(phone, number, 'ACCEPTED');
    await tap(phone, number, 'arrive');
    await state_of(phone, number, 'ARRIVED');
    await card(phone, number).locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: PNG });
    await until(() => card(phone, number).locator('.photo', { hasText: '1 张' }).count(), 'the photo is taken');
    await tap(phone, number, 'done');
    await sent(phone);
    await until(async () => (await card(phone, number).count()) === 0, 'a finished task leaves the list');
    const chief = engine.api('shift_chief');
    assert.equal((await engine.api_of(WORKER).post(`cases/${number}/acts`, { action: 'check_pass' })).status, 403);
    assert.notEqual(at.id, WORKER);
    await at.page.locator('.actions').getByRole('button', { name: 'check passed', exact: true }).click();
    await until(async () => (await at.page.locator('.case-head .state').innerText()) === 'closed', 'the console shows it closed');
    const lines = await until(async () => {
      const found = await timeline(chief, number);
      return count(found, 'CHECK_PASS') === 1 && found;
    }, 'the story is told');
    assert.deepEqual(['ACCEPT', 'ARRIVE', 'DONE'].map((action) => count(lines, action)), [1, 1, 1]);
    assert.deepEqual(phone.problems, []);
  }],

  ['offline: acts and a report wait on the phone, survive a reload, and take effect once', async () => {
    const engine = await open_engine();
    const phone = await phone_of(engine, 'en');
    const { case: number } = await offered(engine, phone);
    await until(() => phone.page.evaluate(async () => (await (await caches.open('gridloop-pages-1')).keys()).length > 2), 'the page is kept');
    await phone.page.waitForLoadState('networkidle', { timeout: 1000 }).catch(() => undefined);
    await phone.context.setOffline(true);
    await tap(phone, number, 'accept');
    await state_of(phone, number, 'ACCEPTED');
    await tap(phone, number, 'arrive');
    await phone.page.locator('button.report').tap();
    await phone.page.locator('.sheet select').selectOption('patrol.road_damage');
    await phone.page.locator('.sheet button.main').tap();
    await until(() => phone.page.locator('.sending', { hasText: '3 waiting to send' }).count(), '3 waiting');
    assert.equal(count(await timeline(engine.api('shift_chief'), number), 'ACCEPT'), 0);
    await phone.page.reload();
    await until(() => phone.page.locator('.sending', { hasText: '3 waiting to send' }).count(), '3 waiting after a reload without a network');
    await phone.context.setOffline(false);
    await sent(phone);
    await until(() => phone.page.locator('.notices', { hasText: '.1' }).count(), 'the receipt of the report');
    const chief = engine.api('shift_chief');
    const lines = await until(async () => {
      const found = await timeline(chief, number);
      return count(found, 'ARRIVE') > 0 && found;
    }, 'arrived');
    assert.deepEqual([count(lines, 'ACCEPT'), count(lines, 'ARRIVE')], [1, 1]);
    const found = await until(async () => {
      const { body } = await chief.get('cases?class=E.02.01&state=all');
      return body.items.length > 0 && body.items;
    }, 'the report is a case');
    assert.equal(found.length, 1);
    assert.deepEqual(phone.problems, []);
  }],

  ['an answer that is lost on its way is asked for again and nothing is done twice', async () => {
    const engine = await open_engine();
    const phone = await phone_of(engine, kept?.lang);
    const { case: number } = await offered(engine, phone);
    /* The engine has done it; the phone does not hear of it. Behind a service worker nothing else can be put in between. */
    await phone.page.evaluate(() => {
      const real = window.fetch;
      window.lost = 0;
      window.fetch = async (...asked) => {
        const answer = await real(...asked);
        if (String(asked[0]).endsWith('/acts') && window.lost < 2) {
          window.lost += 1;
          throw new TypeError('Failed to fetch');
        }
        return answer;
      };
    });
    await tap(phone, number, 'accept');
    await until(() => phone.page.evaluate(() => window.lost === 2), 'two answers are lost');
    await sent(phone);
    await state_of(phone, number, 'ACCEPTED');
    assert.equal(await phone.page.locator('.notices .bad').count(), 0);
    const lines = await timeline(engine.api('shift_chief'), number);
    assert.equal(count(lines, 'ACCEPT'), 1);
  }],

  ['a phone that was offline while its order was taken away is told so', async () => {
    const engine = await open_engine();
    const phone = await phone_of(engine, kept?.lang);
    const { case: number } = await offered(engine, phone);
    await phone.context.setOffline(true);
    await tap(phone, number, 'accept');
    const voided = await engine.api('shift_chief').post(`cases/${number}/acts`, { action: 'void', reason: 'false_alarm' });
    assert.equal(voided.body.state, 'VOID');
    await phone.context.setOffline(false);
    await sent(phone);
    await until(() => phone.page.locator('.notices .bad').count(), 'it is told');
    await until(async () => (await card(phone, number).count()) === 0, 'it leaves the list');
  }],

  ['offline, far from the place: what is refused is told on the card, with what to do, and what was tapped after it', async () => {
    const engine = await open_engine();
    const phone = await phone_of(engine, 'zh');
    const { case: number } = await offered(engine, phone);
    await phone.context.setGeolocation({ ...phone.place, latitude: phone.place.latitude + 0.03 });
    await until(async () => (await phone.page.locator('.position').innerText()).includes((phone.place.latitude + 0.03).toFixed(4)), 'the phone is elsewhere');
    await phone.context.setOffline(true);
    for (const action of ['accept', 'arrive', 'done']) {
      await tap(phone, number, action);
    }
    await phone.context.setOffline(false);
    await sent(phone);
    const told = await until(() => card(phone, number).locator('.trouble').innerText().catch(() => ''), 'it is told');
    assert.match(told, /未执行：到场、处置完。距案发地过远。请到现场/);
    await phone.page.reload();
    await card(phone, number).locator('.trouble button').tap(); /* still told, and can be mended */
    await phone.page.locator('.sheet .main').tap();
    await state_of(phone, number, 'ARRIVED');
    assert.equal(await card(phone, number).locator('.trouble').count(), 0);
    await phone.context.setGeolocation(phone.place);
  }],

  ['wrong role, another\'s order, a key with another body: refused on the page\'s own connection', async () => {
    const engine = await open_engine();
    const phone = await phone_of(engine, kept?.lang);
    const ask = (path, body, key) => phone.page.evaluate(async ([p, b, k]) => {
      const { csrf } = await (await fetch('../api/v1/session')).json();
      const answer = await fetch(`../api/v1/${p}`, {
        method: 'POST', body: JSON.stringify(b),
        headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf, ...(k ? { 'Idempotency-Key': k } : {}) },
      });
      return [answer.status, (await answer.json()).code];
    }, [path, body, key]);
    assert.deepEqual(await ask('worker-links', { person: 'li.qiang' }), [403, 'NO_RIGHT']);
    const { body } = await engine.api('intake').post('reports', { class: 'E.02.01', ...near(phone) });
    assert.deepEqual(await ask(`cases/${body.case}/acts`, { action: 'void', reason: 'other' }), [403, 'NO_RIGHT']);
    assert.deepEqual(await ask('silences', { matchers: 'rule=a', for_ms: 60000, why: 'x' }), [403, 'NO_RIGHT']);
    const report = { type: 'patrol.dumping', ...near(phone) };
    assert.deepEqual(await ask('reports', report, 'once'), [201, 'OPENED']);
    assert.deepEqual(await ask('reports', report, 'once'), [201, 'OPENED']);
    assert.deepEqual(await ask('reports', { ...report, text: 'more' }, 'once'), [422, 'KEY_REUSED']);
    const without = await phone.page.evaluate(async () => (await fetch('../api/v1/reports', { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })).status);
    assert.equal(without, 403); /* no CSRF token */
  }],

  ['two dispatchers on one case: the second is told what it has become, also on the console', async () => {
    const engine = await open_engine();
    const phone = await phone_of(engine, kept?.lang);
    const at = await console_of(engine);
    const { body: shared } = await engine.api('intake').post('reports', { class: 'E.02.04', ...near(phone) });
    await follow(at, shared.case);
    await at.page.focus('#command');
    await at.page.keyboard.type('void false alarm');
    await at.page.keyboard.press('Enter');
    await at.page.waitForSelector('.act-form');
    assert.equal((await engine.api('shift_chief', 1).post(`cases/${shared.case}/acts`, { action: 'force_close', reason: 'instructed' })).status, 200);
    await at.page.locator('.act-form [type=submit]').click();
    assert.match(await until(() => at.page.locator('.notice[data-problem=true]').innerText().catch(() => ''), 'the loser is told'), /WRONG_STATE/);
    await until(async () => (await at.page.locator('.case-head .state').innerText()) === 'closed by order', 'and sees what it has become');
    const { body: { case: number } } = await engine.api('intake').post('reports', { class: 'E.02.04', ...near(phone) });
    const [first, second] = [engine.api('shift_chief', 0), engine.api('shift_chief', 1)];
    const answers = await Promise.all([
      first.post(`cases/${number}/acts`, { action: 'void', reason: 'false_alarm' }, 'a'),
      second.post(`cases/${number}/acts`, { action: 'force_close', reason: 'instructed' }, 'b')]);
    const lost = answers.find((answer) => answer.status === 409);
    assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
    assert.equal(lost.body.code, 'WRONG_STATE');
    assert.ok(lost.body.possible.includes('reopen') && ['VOID', 'FORCED_CLOSED'].includes(lost.body.state));
  }],

  ['hostile words in every field are words everywhere', async () => {
    const engine = await open_engine();
    const phone = await phone_of(engine, kept?.lang);
    const body = await offered(engine, phone, {
      text: HOSTILE, on_behalf_of: true, contact: { name: HOSTILE.slice(0, 40), phone: '<b>138', note: HOSTILE },
    });
    await tap(phone, body.case, 'accept');
    await sent(phone);
    await card(phone, body.case).locator('footer .link').tap();
    await phone.page.locator('.sheet textarea').fill(HOSTILE);
    await phone.page.locator('.sheet .main').tap();
    await sent(phone);
    const lines = await until(async () => {
      const found = await timeline(engine.api('shift_chief'), body.case);
      return count(found, 'COMMENT') > 0 && found;
    }, 'the remark stands');
    assert.ok(JSON.stringify(lines).includes('onerror')); /* kept as it was said */
    const injected = (page) => page.evaluate(() => document.querySelectorAll('img[src="x"], #app script').length);
    assert.equal(await injected(phone.page), 0);
    const at = await console_of(engine);
    await follow(at, body.case);
    assert.ok((await until(async () => {
      const text = await at.page.locator('.timeline').innerText();
      return text.includes('onerror') && text;
    }, 'the console tells the remark')).includes('<script>'));
    await at.page.focus('#command');
    await at.page.keyboard.type(`comment ${HOSTILE}`);
    await at.page.keyboard.press('Enter');
    await at.page.locator('.act-form textarea').fill(HOSTILE);
    await at.page.locator('.act-form [type=submit]').click();
    await until(() => at.page.locator('.notice').count(), 'sent');
    for (const address of [`cases?q=${encodeURIComponent(HOSTILE)}`, `cases?cell=${encodeURIComponent(HOSTILE)}`, `now?case=${encodeURIComponent(HOSTILE)}`, `workers?id=${encodeURIComponent(HOSTILE)}`, 'rules']) {
      await at.page.evaluate((hash) => {
        location.hash = hash;
      }, address);
      await at.page.waitForTimeout(150);
    }
    await at.page.locator('[name=matchers]').fill('rule=safety.gas_leak');
    await at.page.locator('[name=why]').fill(HOSTILE);
    await at.page.getByRole('button', { name: 'Hold back' }).click();
    await until(async () => (await at.page.locator('.page').innerText()).includes('onerror'), 'the silence stands with its words');
    assert.equal(await injected(at.page), 0);
    assert.deepEqual(at.problems, []);
    const status = await phone.context.newPage();
    await status.goto(`${engine.origin}/s/#${body.receipt}`);
    await until(() => status.locator('section').count(), 'the status page');
    assert.equal(await injected(status), 0);
    assert.ok(!(await status.content()).includes('onerror'));
    await status.goto(`${engine.origin}/s/#${encodeURIComponent(HOSTILE.slice(0, 38))}`);
    await status.reload();
    await until(() => status.locator('[role=alert]').count(), 'an answer');
    assert.equal(await injected(status), 0);
    assert.deepEqual(phone.problems, []);
  }],

  ['without a position the place is set on the map; nothing is wider than the phone, in both languages', async () => {
    const engine = await open_engine();
    for (const [lang, theme] of [['zh', 'light'], ['en', 'dark']]) {
      const phone = await engine.worker_page('yang.juan', { lang, theme, position: false });
      await phone.page.locator('.position .link').last().tap();
      await phone.page.waitForSelector('.pin .leaflet-container');
      await phone.page.locator('.sheet .main').tap();
      await until(() => phone.page.locator('.position', { hasText: lang === 'zh' ? '地图标注' : 'As you set it' }).count(), 'the pin counts');
      await phone.page.locator('.position .link').first().tap();
      await until(() => phone.page.locator('.position', { hasText: lang === 'zh' ? '未上报' : 'not sent' }).count(), 'and can be taken back');
      await phone.page.locator('button.report').tap();
      const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 360, `${wide} px wide`);
      await phone.page.screenshot({ path: join(BUILD, 'browser', `worker-${lang}-${theme}.png`) });
      assert.deepEqual(phone.problems, []);
      await phone.context.close();
    }
  }],

  ['the console takes a call by keyboard alone and gives a receipt that the status page knows', async () => {
    const engine = await open_engine();
    const { id, password } = engine.password_of('intake');
    const context = await (await launch()).newContext({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN' });
    const page = await context.newPage();
    await page.goto(`${engine.origin}/`);
    await page.waitForSelector('input[name=person]');
    for (const word of [id, password]) {
      await page.keyboard.type(word);
      await page.keyboard.press(word === id ? 'Tab' : 'Enter');
    }
    await until(async () => (await page.locator('input[name=person]').count()) === 0, 'logged in');
    await until(async () => {
      await page.keyboard.press('F2');
      return page.locator('.intake input[name=what]').count();
    }, 'the form');
    for (const word of ['道路破损', '116.3301,40.0341', `坑洼 ${HOSTILE}`, '13812345678']) {
      await page.keyboard.type(word);
      await page.keyboard.press('Enter');
    }
    const receipt = await until(() => page.locator('.receipt-number').innerText().catch(() => ''), 'the receipt');
    assert.match(receipt, /^110108-\d{8}-\d{4,}\.\d+$/);
    const known = await until(async () => {
      const { status, body } = await engine.nobody.get(`receipts/${receipt}`);
      return status === 200 && body;
    }, 'the status');
    assert.ok(!JSON.stringify(known).includes('138'));
    assert.equal(await page.evaluate(() => document.querySelectorAll('img[src="x"]').length), 0);
    await context.close();
  }],

  ['a link logs in once', async () => {
    const engine = await open_engine();
    const phone = await engine.worker_page(WORKER, { lang: 'en' });
    assert.ok(!phone.page.url().includes('#'));
    const other = await (await launch()).newContext({ locale: 'en-GB' });
    const page = await other.newPage();
    await page.goto(phone.link.full_url);
    await until(() => page.locator('.door .bad').count(), 'the second use is refused');
    await other.close();
    assert.ok(existsSync(BUILD));
  }],
];
