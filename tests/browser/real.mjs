/* real.mjs: a real engine on a synthetic district under a real browser, for what only both together can show.
 *
 *   const engine = await open_engine();
 *   const chief = await engine.api('shift_chief');         requests of a person with that right: chief.post(path, body, key)
 *   const page = await engine.worker_page('wang.fang', {lang: 'zh'});   a phone, logged in by its link
 *   engine.camera('sensor', {...})                          an event through the gateway's socket, by `gridloop send`
 *
 * One engine serves all cases of a file; it ends with the process. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILD, launch } from './fixture.mjs';

const GRIDLOOP = join(BUILD, 'gridloop');
const PHONE = { width: 360, height: 740 };

const free_port = () => new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(holds, what, wait_ms = 8000) {
  const end = Date.now() + wait_ms;
  for (;;) {
    const found = await holds();
    if (found) {
      return found;
    }
    if (Date.now() > end) {
      throw new Error(`did not come about within ${wait_ms} ms: ${what}`);
    }
    await pause(60);
  }
}

function table_of(city) {
  const [head, ...rows] = readFileSync(join(city, 'workers.csv'), 'utf8').replace(/^\uFEFF/, '').trim().split(/\r?\n/)
    .map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
}

class Api {
  constructor(origin, token, id) {
    Object.assign(this, { origin, token, id });
  }

  async ask(method, path, body, key) {
    const answer = await fetch(`${this.origin}/api/v1/${path}`, {
      method,
      headers: {
        ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}), ...(key ? { 'Idempotency-Key': key } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  }

  get(path) {
    return this.ask('GET', path);
  }

  post(path, body, key) {
    return this.ask('POST', path, body, key);
  }
}

let engine = null;

export async function open_engine() {
  if (engine) {
    return engine;
  }
  const dir = mkdtempSync(join(tmpdir(), 'gridloop-browser-'));
  const env = { ...process.env, XDG_RUNTIME_DIR: dir, XDG_STATE_HOME: dir, HOME: dir };
  const city = join(dir, 'city');
  const data = join(dir, 'data');
  const url = `ipc://${dir}/engine.sock`;
  const port = await free_port();
  const origin = `http://localhost:${port}`;
  const gridloop = (...words) => execFileSync(GRIDLOOP, words, { env }).toString();
  gridloop('city', 'demo', city, '--seed', '7', '--size', 'small');
  const people = table_of(city);
  const of_right = (right) => people.filter((row) => row.rights.split(' ').includes(right));
  const start = async () => {
    const log = openSync(join(dir, 'log'), 'a');
    const child = spawn(GRIDLOOP, ['serve', '--city', city, '--data', data, '--listen', url, '--http', `127.0.0.1:${port}`,
      '--clock', 'scaled:60@2026-03-03T09:00+08:00', '--public-intake', of_right('intake')[0].id], { env, stdio: ['ignore', log, log] });
    await until(() => fetch(`${origin}/readyz`).then((answer) => answer.ok, () => false), 'the engine is ready', 15000);
    return child;
  };
  const token_of = (id) => gridloop('account', 'token', id, '--data', data).match(/glt_\S+/)[0];
  let child = await start();
  process.on('exit', () => {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });
  let sent = 0;
  engine = {
    dir, origin, people, gridloop,
    kill: async () => {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    },
    start: async () => {
      child = await start();
    },
    api: (right, index = 0) => {
      const { id } = of_right(right)[index];
      return new Api(origin, token_of(id), id);
    },
    api_of: (id) => new Api(origin, token_of(id), id),
    nobody: new Api(origin, null, ''),
    /* An event from a gateway, over its own socket and outbox. */
    send: (event) => {
      sent += 1;
      const file = join(dir, `event-${sent}.json`);
      writeFileSync(file, JSON.stringify(event));
      return gridloop('send', file, '--url', url, '--json');
    },
    worker_page: (person, options) => open_phone(engine, person, options),
    /* A password for somebody with that right. */
    password_of: (right) => {
      const { id } = of_right(right)[0];
      const password = 'a long enough one';
      execFileSync(GRIDLOOP, ['account', 'add', id, '--data', data, '--stdin'], { env, input: `${password}\n` });
      return { id, password };
    },
  };
  return engine;
}

/* A phone in a context of its own: its storage, its cookie, its place. One at a time of each person, as in life. */
const phones = new Map();
async function open_phone(at, person, { lang = 'zh', position = true, theme = 'light' } = {}) {
  await phones.get(person)?.close();
  const row = at.people.find((one) => one.id === person);
  const place = { latitude: Number(row.lat), longitude: Number(row.lon), accuracy: 12 };
  const context = await (await launch()).newContext({
    viewport: PHONE, locale: lang === 'zh' ? 'zh-CN' : 'en-GB', colorScheme: theme, hasTouch: true, isMobile: true,
    ...(position ? { geolocation: place, permissions: ['geolocation'] } : {}),
  });
  phones.set(person, context);
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => message.type() === 'error' && !/net::ERR|status of \d/.test(message.text()) && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await context.addInitScript(([l, th]) => {
    localStorage.setItem('gridloop.lang', l);
    localStorage.setItem('gridloop.theme', th);
  }, [lang, theme]);
  const link = await at.api('dispatcher').post('worker-links', { person });
  await page.goto(`${at.origin}${link.body.url}`);
  await page.waitForSelector('.duty');
  return { page, context, problems, link: link.body, place };
}
