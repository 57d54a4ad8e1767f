/* fixture.mjs: the built pages in Debian's Chromium, with an engine played by world.mjs: no server, no network.
 *
 *   const stage = await open_stage({width, height, lang, theme});
 *   stage.page    a Playwright page on the console; stage.said: requests that changed something; stage.push(message): the stream
 *   stage.drop(), stage.raise(): the engine goes and comes; stage.picture(name): BUILD/browser/name.png
 *   await stage.close()
 *
 * Answers carry the policy the server sends, so an inline script or style shows up as a problem (stage.problems). */
import { AsyncLocalStorage } from 'node:async_hooks';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { case_rows, city, detail, NOW_MS, REPORT_TYPES, RULE, workers } from './world.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const BUILD = join(ROOT, process.env.BUILD ?? 'build');
const SITE = join(BUILD, 'console/site');
export const ORIGIN = 'http://localhost:9';
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml', txt: 'text/plain; charset=utf-8', json: 'application/json', webmanifest: 'application/manifest+json' };

export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/* One browser for all cases of a run; what a case leaves open is closed after it. */
let browser = null;
const stages = new AsyncLocalStorage();
export async function launch() {
  const { chromium } = await import('playwright-core');
  browser ??= await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--autoplay-policy=user-gesture-required'] });
  return browser;
}
export async function close_browser() {
  await browser?.close();
  browser = null;
}

/** Runs a case; whatever stages it has left open are closed after it. */
export function with_stages(run) {
  return stages.run(new Set(), async () => {
    try {
      await run();
    } finally {
      await Promise.all([...stages.getStore()].map((context) => context.close().catch(() => undefined)));
    }
  });
}

function answer_site(route, path) {
  const file = join(SITE, path.endsWith('/') ? `${path}index.html` : path);
  if (!existsSync(file)) {
    return route.fulfill({ status: 404, body: '' });
  }
  return route.fulfill({
    status: 200, body: readFileSync(file), headers: { 'Content-Type': TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream', 'Content-Security-Policy': CSP },
  });
}

const list = (items) => ({ items, next: null, position: 100, now_ms: NOW_MS, age_ms: 0 });

function answer_get(path, query, world) {
  const fixed = {
    roads: { segments: [], is_cut: false }, today: { filed: 812, closed: 40, handled_in_time: 38, sourced: 800, proactive: 200, cell: '110108001001', p90_ms: 5_400_000, now_ms: NOW_MS },
    session: { person: 'he.qun', name: { zh: '何群', en: 'He Qun' }, roles: ['shift_chief', 'dispatcher'], department: null, csrf: 'token', expires_ms: NOW_MS + 1e8, can: [] },
    city: city(), [`rules/${RULE.id}`]: RULE, 'report-types': list(REPORT_TYPES), counters: { now_ms: NOW_MS, open: world.cases.length }, workers: list(world.workers),
    ...world.answers,
  };
  if (path in fixed) {
    return fixed[path];
  }
  if (path === 'cases') {
    const q = query.get('q');
    return list(world.cases.filter((row) => !q || row.title.zh.includes(q) || row.title.en.includes(q)));
  }
  const one = path.match(/^cases\/(.+)$/);
  const row = one && world.cases.find((each) => each.number.endsWith(one[1].padStart(4, '0')));
  return row ? detail(row) : null;
}

export async function open_stage(options = {}) {
  const { width = 1920, height = 1080, lang = 'zh', theme = 'light', cases = 60, people = 40, path = '/', answers = {}, login = true, is_live = true } = options;
  const context = await (await launch()).newContext({ viewport: { width, height }, locale: lang === 'zh' ? 'zh-CN' : 'en-GB', colorScheme: theme, reducedMotion: 'reduce', ...(options.context ?? {}) });
  stages.getStore()?.add(context);
  const page = await context.newPage();
  const stage = { page, context, said: [], problems: [], sockets: [], world: { cases: case_rows(cases), workers: workers(people), answers }, is_up: true };
  page.on('console', (message) => message.type() === 'error' && !/net::ERR|status of (401|404|422)/.test(message.text()) && stage.problems.push(message.text()));
  page.on('pageerror', (error) => stage.problems.push(String(error)));
  await context.addInitScript(([l, t]) => {
    localStorage.setItem('gridloop.lang', l);
    localStorage.setItem('gridloop.theme', t);
  }, [lang, theme]);
  await context.route(`${ORIGIN}/**`, (route) => {
    const request = route.request();
    const url = new URL(request.url());
    if (!url.pathname.includes('/api/v1/')) {
      return answer_site(route, url.pathname);
    }
    if (!stage.is_up) {
      return route.abort();
    }
    const name = url.pathname.split('/api/v1/')[1];
    if (request.method() !== 'GET') {
      stage.said.push({ method: request.method(), path: name, body: request.postDataJSON?.() ?? null, headers: request.headers() });
      const reply = options.reply?.(name, request.postDataJSON?.()) ?? { code: 'APPLIED', state: 'ASSIGNED', possible: [] };
      return route.fulfill({ status: reply.status && reply.title ? reply.status : 200, contentType: reply.title ? 'application/problem+json' : 'application/json', body: JSON.stringify(reply) });
    }
    const said = name === 'session' && !login ? null : answer_get(name, url.searchParams, stage.world);
    return said === null
      ? route.fulfill({ status: name === 'session' ? 401 : 404, contentType: 'application/problem+json', body: JSON.stringify({ title: 'not found', status: 404, code: 'NOT_FOUND', detail: `no ${name}` }) })
      : route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(said) });
  });
  /* As the engine does for who asks so: text, or deflated. */
  const say = (socket, message) => socket?.send(socket.url().includes('deflate=1') ? deflateSync(JSON.stringify(message)) : JSON.stringify(message));
  await context.routeWebSocket(/\/api\/v1\/live/, (socket) => {
    if (!stage.is_up) {
      return socket.close();
    }
    stage.sockets.push(socket);
    stage.live_urls = [...(stage.live_urls ?? []), socket.url()];
    say(socket, { type: 'hello', position: 100, sequence: 99, now_ms: NOW_MS, speed: 60, epoch: 1 });
    return say(socket, { type: 'snapshot', position: 100, sequence: 100, cases: stage.world.cases, workers: stage.world.workers, counters: { open: stage.world.cases.length } });
  });
  stage.push = (message) => say(stage.sockets.at(-1), message);
  stage.drop = () => {
    stage.is_up = false;
    return stage.sockets.at(-1)?.close();
  };
  stage.raise = () => {
    stage.is_up = true;
  };
  stage.picture = (name) => page.screenshot({ path: join(BUILD, 'browser', `${name}.png`) });
  stage.close = () => context.close();
  await page.goto(ORIGIN + path);
  if (is_live && login && path === '/') {
    await page.waitForSelector('.need');
  }
  return stage;
}
