/* test_console.mjs: the console as a dispatcher drives it: what waits, why, acts, reports, and what a lost connection looks like. */
import assert from 'node:assert/strict';
import { open_stage } from './fixture.mjs';
import { case_row, city, detail, NOW_MS } from './world.mjs';

const text_of = (stage, selector) => stage.page.locator(selector).first().innerText();
const said = async (stage, path) => {
  for (let i = 0; i < 40 && !stage.said.some((one) => one.path === path); i++) {
    await stage.page.waitForTimeout(50);
  }
  return stage.said.filter((one) => one.path === path);
};

export default [
  ['urgent cases come first, then what is over; J and K walk through them', async () => {
    const stage = await open_stage({ lang: 'en' });
    const rows = await stage.page.locator('.need').evaluateAll((all) => all.map((row) => row.querySelector('.severity').dataset.severity));
    const over = await stage.page.locator('.need').evaluateAll((all) => all.filter((row) => row.querySelector('.severity').dataset.severity !== '1').map((row) => row.querySelector('.clock').dataset.clock === 'over'));
    assert.ok(over.indexOf(false) > 0 && !over.slice(over.indexOf(false)).includes(true), over.join(' '));
    const first_other = rows.findIndex((severity) => severity !== '1');
    assert.ok(first_other > 0 && rows.slice(first_other).every((severity) => severity !== '1'), rows.join(' '));
    await stage.page.waitForSelector('.need[aria-current=true]'); /* the most urgent is followed by itself */
    const first = await text_of(stage, '.need[aria-current=true] .need-title');
    await stage.page.keyboard.press('j');
    await stage.page.waitForFunction((old) => document.querySelector('.need[aria-current=true] .need-title')?.innerText !== old, first);
    await stage.page.keyboard.press('k');
    await stage.page.waitForFunction((old) => document.querySelector('.need[aria-current=true] .need-title')?.innerText === old, first);
    assert.deepEqual(stage.problems, []);
  }],
  ['the followed case says why this worker and why not the others', async () => {
    const stage = await open_stage({ lang: 'en' });
    await stage.page.locator('.need').first().click();
    await stage.page.waitForSelector('.why');
    const why = await text_of(stage, '.why');
    for (const words of ['Wang Fang', '420 m', 'has as many orders as allowed', 'not on shift', '6 not on shift, 2 lacks the skill']) {
      assert.ok(why.includes(words), `${words} in: ${why}`);
    }
    assert.match(await text_of(stage, '.timeline'), /merged into this case/);
    await stage.page.getByText('The rule as written').click();
    await stage.page.waitForSelector('.rule-text');
    assert.match(await text_of(stage, '.rule-text'), /fill >= 0.85/);
    await stage.picture('followed');
  }],
  ['the colour of a case is its clock: a glyph of severity has none', async () => {
    const stage = await open_stage({ lang: 'en' });
    const colours = await stage.page.locator('.need .severity').evaluateAll((all) => all.map((glyph) => getComputedStyle(glyph).color));
    for (const colour of new Set(colours)) {
      const [red, green, blue] = colour.match(/\d+/g).map(Number);
      assert.ok(Math.max(red, green, blue) - Math.min(red, green, blue) < 24, colour);
    }
    const over = await stage.page.locator('.need .clock[data-clock=over] .clock-text').first().innerText();
    assert.match(over, /over$/);
  }],
  ['a command follows a case, opens a form with what was typed, and says what it does not know', async () => {
    const stage = await open_stage({ lang: 'en' });
    const { page } = stage;
    await page.keyboard.press('/');
    await page.keyboard.type('7');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('#followed-title')?.innerText === 'Case 7');
    await page.waitForFunction(() => document.activeElement?.className === 'followed-body');
    await page.keyboard.press('w'); /* keys mean the case again, not the line */
    await page.waitForFunction(() => document.activeElement?.parentElement?.id === 'why');
    await page.keyboard.press('/');
    await page.keyboard.type('void 7 false alarm it was steam');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.act-form');
    assert.equal(await page.inputValue('.act-form [name=reason]'), 'FALSE_ALARM');
    assert.equal(await page.inputValue('.act-form [name=text]'), 'it was steam');
    await page.keyboard.press('Control+Enter');
    const [act] = await said(stage, 'cases/110108-20260303-0007/acts');
    assert.deepEqual(act.body, { action: 'VOID', reason: 'FALSE_ALARM', text: 'it was steam' });
    assert.ok(act.headers['idempotency-key'] && act.headers['x-csrf-token'] === 'token');
    await page.focus('#command');
    await page.keyboard.type('frobnicate');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice[data-problem=true]');
    assert.match(await text_of(stage, '.notice'), /not understood: “frobnicate”/);
  }],
  ['an address leads to its place: of an open case, else of any on record; an unknown one is said', async () => {
    const old = { ...case_row(70), title: { zh: '红旗路99号 路灯不亮', en: '99 Hongqi Road' }, place: { zh: '红旗路99号', en: '99 Hongqi Road' }, state: 'CLOSED', closed_at_ms: NOW_MS };
    const stage = await open_stage({ lang: 'zh', answers: { cases: { items: [old], next: null, position: 1, now_ms: NOW_MS, age_ms: 0 } } });
    const { page } = stage;
    for (const [line, said] of [['打开 农贸', '农贸市场'], ['打开 红旗路99号', '红旗路99号'], ['打开 无此地点', '没有案件的地点与“无此地点”相符']]) {
      await page.keyboard.press('/');
      await page.keyboard.type(line);
      await page.keyboard.press('Enter');
      await page.waitForFunction((text) => document.querySelector('.notice')?.innerText.includes(text), said);
    }
  }],
  ['Tab takes the ghost text; Chinese verbs do as well', async () => {
    const stage = await open_stage({ lang: 'zh' });
    const { page } = stage;
    await page.focus('#command');
    await page.keyboard.type('打');
    await page.keyboard.press('Tab');
    assert.equal(await page.inputValue('#command'), '打开 ');
    await page.keyboard.type('人员');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.hash === '#workers');
    await page.waitForSelector('.page table tbody tr');
  }],
  ['what can be taken back offers it, and taking back is an act of its own', async () => {
    const stage = await open_stage({ lang: 'en' });
    const { page } = stage;
    await page.locator('.need').first().click();
    await page.waitForSelector('.actions button');
    await page.getByRole('button', { name: '4 more' }).click();
    await page.locator('.actions').getByRole('button', { name: 'suspend', exact: true }).click();
    await page.selectOption('.act-form [name=hours]', '24');
    assert.equal(await page.inputValue('.act-form [name=reason]'), ''); /* nobody has chosen yet */
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    assert.equal(stage.said.length, 0);
    await page.selectOption('.act-form [name=reason]', 'WEATHER');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    const path = stage.said[0].path;
    await page.waitForTimeout(200);
    const acts = await said(stage, path);
    assert.equal(acts[0].body.action, 'SUSPEND');
    assert.ok(acts[0].body.until_ms > NOW_MS + 86_000_000);
    assert.equal(acts[1].body.action, 'RESUME');
  }],
  ['a refusal is shown with its words and its code, and the form stays', async () => {
    const stage = await open_stage({ lang: 'en', reply: () => ({ title: 'refused', status: 409, code: 'WRONG_STATE', detail: 'the case is closed' }) });
    await stage.page.locator('.need').first().click();
    await stage.page.waitForSelector('.actions button');
    await stage.page.locator('.actions').getByRole('button', { name: 'dispatch again' }).click();
    await stage.page.waitForSelector('.notice[data-problem=true]');
    assert.match(await text_of(stage, '.notice'), /the case is closed \(WRONG_STATE\)/);
  }],
  ['a refusal on a Chinese page is in Chinese, whoever says it', async () => {
    const stage = await open_stage({ lang: 'zh', reply: (path) => (path.endsWith('acts') ? { title: 'refused', status: 409, code: 'WRONG_STATE', detail: 'not possible in this state' } : { title: 'x', status: 503, code: 'NO_ANSWER', detail: 'the engine did not answer in time' }) });
    await stage.page.locator('.need').first().click();
    await stage.page.waitForSelector('.actions button');
    await stage.page.locator('.actions').getByRole('button', { name: '重新派遣' }).click();
    await stage.page.waitForSelector('.notice[data-problem=true]');
    assert.match(await text_of(stage, '.notice'), /号案件：重新派遣：当前状态不可执行（WRONG_STATE）/);
  }],
  ['who had the order is none to choose, the engine’s choice beside him is called its next; nearer people elsewhere are named', async () => {
    const shown = detail(case_row(6));
    const one = shown.decisions[0].detail.candidates;
    shown.decisions[0] = { ...shown.decisions[0], chosen: 'sun.lei', en: '08:21 given by hand to Li Qiang. Not Chen Jing 260 m: OUT_OF_RADIUS',
      detail: { removed: {}, candidates: [{ ...one[0], code: 'ALREADY_ON_CASE' }, { ...one[3], code: 'ELIGIBLE' }, { ...one[2], code: 'FARTHER' }] } };
    shown.order = { number: 7, kind: 'HANDLE', state: 'ACCEPTED', person: 'wang.fang' };
    const stage = await open_stage({ lang: 'en', path: `/#now?case=${shown.number}`, answers: { [`cases/${shown.number}`]: shown } });
    const { page } = stage;
    await page.waitForSelector('.need');
    const near = { ...stage.world.workers[7], lon_e7: shown.lon_e7 + 500, lat_e7: shown.lat_e7 };
    stage.push({ type: 'delta', position: 101, now_ms: NOW_MS, cases: [{ ...case_row(6), order: shown.order }], workers: [near] });
    await page.waitForSelector('.nearer');
    const why = await text_of(stage, '.why');
    assert.match(why, /outside the search radius/);
    assert.ok(!/[A-Z]{3,}_[A-Z]/.test(why), why);
    assert.match(await text_of(stage, '.nearer'), /Nearer at this moment.*Tang Ning 4 m/s);
    await page.locator('.actions').getByRole('button', { name: 'reassign', exact: true }).click();
    const picks = await page.locator('.picks button').allInnerTexts();
    assert.ok(picks.length === 2 && /Sun Lei.*the engine’s next choice/.test(picks[0]) && !/choice/.test(picks[1]), picks.join(' | '));
  }],
  ['a report is taken by keyboard alone, with what is open nearby, and ends in a receipt', async () => {
    const stage = await open_stage({ lang: 'en', reply: () => ({ code: 'MERGED', case: '110108-20260303-0005', receipt: '7' }) });
    const { page } = stage;
    await page.keyboard.press('F2');
    await page.waitForSelector('.intake');
    await page.keyboard.type('gas');
    await page.keyboard.press('Enter');
    await page.keyboard.type('Riversid Parc');
    await page.keyboard.press('Enter'); /* nothing is called so: said at once, with what is */
    await page.locator('.intake [role=alert] button', { hasText: 'Riverside Park' }).click();
    await page.waitForSelector('.nearby li');
    assert.equal(await page.inputValue('.intake [name=where]'), 'Riverside Park');
    await page.locator('.intake [name=text]').focus();
    await page.keyboard.type('smells of gas by the bench');
    await page.keyboard.press('Enter');
    await page.keyboard.type('13800001234');
    await stage.picture('intake');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.receipt-number');
    assert.equal(await text_of(stage, '.receipt-number'), '7');
    const [report] = await said(stage, 'reports');
    assert.equal(report.body.type, 'hotline.e.03.04');
    assert.equal(report.body.text, 'Riverside Park: smells of gas by the bench');
    assert.deepEqual(report.body.contact, { phone: '13800001234' });
    assert.ok(report.body.lon_e7 > 1_160_000_000);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.intake', { state: 'detached' });
  }],
  ['a lost connection is said, what is shown stays, and it comes back by itself where it was', async () => {
    const stage = await open_stage({ lang: 'en' });
    const { page } = stage;
    await page.evaluate(() => (window.same_page = true));
    await stage.drop();
    await page.waitForSelector('.stale-banner');
    assert.match(await text_of(stage, '.age'), /no connection/);
    assert.ok((await page.locator('.need').count()) > 0);
    stage.raise();
    await page.waitForSelector('.stale-banner', { state: 'detached', timeout: 15_000 });
    assert.ok(await page.evaluate(() => window.same_page));
    assert.ok(stage.live_urls.at(-1).endsWith('?since=100&epoch=1&deflate=1'), stage.live_urls.at(-1));
  }],
  ['a delta changes the lists: a new case comes, a closed one goes', async () => {
    const stage = await open_stage({ lang: 'en', cases: 5 });
    const { page } = stage;
    const urgent = { ...case_row(900), severity: 1, need: ['unaccepted'], title: { en: 'Fire in the market hall', zh: '火情' }, place: null };
    stage.push({ type: 'delta', position: 101, now_ms: NOW_MS + 1000, cases: [urgent], gone: ['110108-20260303-0001'] });
    await page.waitForFunction(() => document.querySelector('.need-title')?.innerText.includes('Fire in the market hall'));
    const before = await page.locator('.need').count();
    stage.push({ type: 'delta', position: 102, now_ms: NOW_MS + 2000, gone: ['110108-20260303-0901'] });
    await page.waitForFunction((count) => document.querySelectorAll('.need').length === count - 1, before);
  }],
  ['an address names a case; what was given by hand stands beside the engine’s choice; the form offers whom it looked at', async () => {
    const shown = detail(case_row(6));
    const at_ms = shown.decisions[0].at_ms;
    shown.timeline.push({ at_ms, action: 'REASSIGN', actor: 'zhao.min', subject: 'sun.lei', order: 1, zh: '改派', en: 'reassigned' });
    const stage = await open_stage({ lang: 'en', path: `/#now?case=${shown.number}`, answers: { [`cases/${shown.number}`]: shown } });
    const { page } = stage;
    await page.waitForSelector('.override');
    assert.equal(await text_of(stage, '#followed-title'), 'Case 7');
    assert.equal(await text_of(stage, '.override'), 'Zhao Min gave it to Sun Lei by hand. The engine’s choice was Wang Fang.');
    assert.match(await text_of(stage, '.why tr[data-chosen=true]'), /^Sun Lei.*given by Zhao Min/s);
    await page.locator('.actions').getByRole('button', { name: 'reassign', exact: true }).click();
    await page.locator('.picks button', { hasText: 'Wang Fang' }).click();
    const reasons = await page.locator('.act-form [name=reason] option').allInnerTexts();
    assert.ok(reasons.length < 12 && reasons.includes('another person is better placed') && !reasons.includes('not within my duties'), reasons.join());
    await page.selectOption('.act-form [name=reason]', 'BETTER_PLACED');
    await page.locator('.act-form [type=submit]').click();
    const [act] = await said(stage, `cases/${shown.number}/acts`);
    assert.equal(act.body.subject, 'wang.fang');
    await page.locator('.need').nth(4).click();
    await page.waitForFunction((old) => location.hash.startsWith('#now?case=') && !location.hash.endsWith(old), shown.number);
  }],
  ['roads lie under the city; a street map of the city takes their place', async () => {
    const count = (stage) => stage.page.evaluate(() => {
      const canvas = document.querySelector('.city-canvas');
      const [red, green, blue] = getComputedStyle(document.documentElement).getPropertyValue('--map-road').trim().match(/\w\w/g).map((part) => parseInt(part, 16));
      const wanted = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
      const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      let same = 0;
      for (let i = 0; i < pixels.length; i++) {
        same += pixels[i] === wanted ? 1 : 0;
      }
      return same;
    });
    const roads = { segments: [1163010000, 400310000, 1163350000, 400460000], is_cut: false };
    const stage = await open_stage({ width: 1366, height: 768, cases: 3, people: 3, answers: { roads } });
    for (let i = 0; i < 40 && await count(stage) < 300; i++) {
      await stage.page.waitForTimeout(100);
    }
    assert.ok(await count(stage) >= 300);
    const tiles = await open_stage({ width: 1366, height: 768, cases: 3, people: 3, answers: { roads, city: { ...city(), map: { tiles: 'tiles/{z}/{x}/{y}.png', attribution: 'Example', max_zoom: 18 } } } });
    await tiles.page.waitForSelector('img.leaflet-tile', { state: 'attached' });
    assert.match(await text_of(tiles, '.leaflet-control-attribution'), /Example/);
    assert.equal(await count(tiles), 0);
  }],
  ['the sound is off until the shift begins, and says so', async () => {
    const stage = await open_stage({ lang: 'en' });
    const { page } = stage;
    assert.match(await text_of(stage, '.sound-off'), /sound off/);
    await page.locator('.sound-off').click();
    await page.getByRole('button', { name: 'sound on' }).waitFor();
  }],
  ['words of strangers stay words: nothing of them becomes part of the page', async () => {
    const stage = await open_stage({ lang: 'en', cases: 5 });
    const { page } = stage;
    const bad = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\'"&{{7*7}}';
    const both_bad = { en: bad, zh: bad };
    const row = { ...case_row(901), severity: 1, need: ['unaccepted'], title: both_bad, place: both_bad, cell: bad, source: bad, state: bad, clock: bad,
      holder: { kind: 'PERSON', id: bad, name: both_bad } };
    stage.push({ type: 'delta', position: 101, now_ms: NOW_MS + 1000, cases: [row], workers: [{ id: bad, name: both_bad, lon_e7: row.lon_e7, lat_e7: row.lat_e7, status: bad }] });
    await page.waitForFunction(() => document.querySelector('.need-title')?.innerText.includes('onerror'));
    await page.locator('.need').first().click();
    await page.waitForTimeout(300);
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    assert.equal(await page.evaluate(() => window.hit), undefined);
  }],
  ['nobody logged in sees the login; a wrong password is said', async () => {
    const stage = await open_stage({ lang: 'en', login: false, reply: () => ({ title: 'wrong', status: 401, code: 'LOGIN_FAILED', detail: 'wrong person or password' }) });
    const { page } = stage;
    await page.fill('[name=person]', 'he.qun');
    await page.fill('[name=password]', 'no');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert]');
    assert.equal(await text_of(stage, '[role=alert]'), 'wrong person or password');
    assert.equal(await page.locator('.need').count(), 0);
  }],
  ['language and theme change without a reload and are kept', async () => {
    const stage = await open_stage({ lang: 'en' });
    const { page } = stage;
    await page.getByRole('button', { name: '中文' }).click();
    await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
    assert.match(await text_of(stage, '#needs-title'), /需您处理/);
    await page.getByRole('button', { name: '深色' }).click();
    assert.equal(await page.evaluate(() => `${document.documentElement.dataset.theme} ${localStorage['gridloop.lang']}`), 'dark zh');
  }],
  ['the line goes from the followed case to its worker, and a click on the map follows', async () => {
    const stage = await open_stage({ lang: 'en' });
    const { page } = stage;
    await page.locator('.need').nth(3).click();
    await page.waitForSelector('.case-title');
    const before = await text_of(stage, '#followed-title');
    const box = await page.locator('.map').boundingBox();
    const hit = await page.evaluate(async ({ width, height }) => {
      const map = document.querySelector('.map');
      const edge = map.getBoundingClientRect();
      for (let y = 20; y < height; y += 9) {
        for (let x = 20; x < width; x += 9) {
          if (Math.hypot(x - width / 2, y - height / 2) < 60) {
            continue;
          }
          map.dispatchEvent(new MouseEvent('mousemove', { clientX: edge.left + x, clientY: edge.top + y, bubbles: true }));
          if (!document.querySelector('.map-tip').hidden && document.querySelector('.map-tip').textContent.includes(':')) {
            return { x, y };
          }
        }
      }
      return null;
    }, box);
    assert.ok(hit, 'no case under any point of the map');
    await page.mouse.click(box.x + hit.x, box.y + hit.y);
    await page.waitForFunction((old) => document.querySelector('#followed-title')?.innerText !== old, before);
    assert.deepEqual(stage.problems, []);
  }],
];
