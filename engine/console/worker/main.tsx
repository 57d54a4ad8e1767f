/* main.tsx: the phone page: a link logs in, offers count down, one large button does the next thing. */
import { render } from 'preact';
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { Problem, load_session, log_out, post, session } from '../lib/api';
import type { Session } from '../lib/api';
import { both, lang, set_lang, t } from '../lib/i18n';
import { recall, remember } from '../lib/storage';
import '../lib/theme';
import { Card } from './cards';
import { count_waiting, send_soon, show_orders, start_outbox } from './outbox';
import { start_polling } from './poll';
import { set_pin, set_status, start_position, stop_position, watch_position } from './position';
import { PinSheet, ReportSheet, load_types } from './sheets';
import * as state from './state';
import * as store from './store';
import { TEXT } from './texts';
import './worker.css';

const trouble = signal<readonly [string, string] | null>(null);

function Head() {
  return (
    <header class="head">
      <h1>{both(session.value?.name) || t(TEXT.title)}</h1>
      <button class="link" onClick={() => set_lang(lang.value === 'zh' ? 'en' : 'zh')} lang={lang.value === 'zh' ? 'en' : 'zh-CN'}>
        {lang.value === 'zh' ? 'EN' : '中文'}</button>
    </header>
  );
}

function Duty() {
  const choices: readonly (readonly [state.Status, readonly [string, string]])[] =
    [['READY', TEXT.ready], ['PAUSED', TEXT.paused], ['OFF', TEXT.off]];
  return (
    <div class="duty" role="group" aria-label={t(TEXT.ready)}>
      {choices.map(([name, label]) => (
        <button key={name} aria-pressed={state.status.value === name} class={state.status.value === name ? 'chosen' : 'plain'}
          onClick={() => set_status(name)}>{t(label)}</button>
      ))}
    </div>
  );
}

/* Says where the phone says it is, and lets its owner stop that. */
function Position() {
  const [is_pinning, set_pinning] = useState(false);
  const fix = state.fix.value;
  if (state.status.value === 'OFF') {
    return null;
  }
  const place = fix === null ? '' : `${(fix.lon_e7 / 1e7).toFixed(5)}, ${(fix.lat_e7 / 1e7).toFixed(5)}`;
  return (
    <div class="position">
      <span>{fix === null ? (state.fix_trouble.value ? t(state.fix_trouble.value) : t(TEXT.no_fix))
        : fix.is_pin ? t(TEXT.here_pin, place) : t(TEXT.here, place, Math.round((fix.accuracy_cm ?? 0) / 100))}</span>
      <span class="row tight">
        {fix !== null || state.is_watching.value
          ? <button class="link" onClick={stop_position}>{t(TEXT.stop)}</button>
          : <button class="link" onClick={watch_position}>{t(TEXT.share)}</button>}
        <button class="link" onClick={() => set_pinning(true)}>{t(TEXT.pin)}</button>
      </span>
      {is_pinning && <PinSheet from={fix} cancel={() => set_pinning(false)} take={(pin) => {
        set_pin(pin);
        set_pinning(false);
      }} />}
    </div>
  );
}

function Sending() {
  const waiting = state.waiting_count.value;
  return (
    <div class="sending" role="status" data-waiting={waiting}>
      {!state.is_connected.value && <p class="offline">{t(TEXT.no_server)}</p>}
      {waiting > 0 && <p><b>{t(TEXT.waiting, waiting)}</b> <button class="link" onClick={send_soon}>{t(TEXT.again)}</button></p>}
      {state.others_waiting.value > 0 && <p>{t(TEXT.others, state.others_waiting.value)}</p>}
      {!store.is_durable && <p>{t(TEXT.not_kept)}</p>}
    </div>
  );
}

function Notices() {
  return (
    <div class="notices" aria-live="polite">
      {state.notices.value.map((notice) => (
        <p key={notice.id} class={notice.is_bad ? 'bad' : 'good'}>
          <span>{t(notice.text)}</span>
          <button class="link" aria-label={t(TEXT.cancel)} onClick={() => state.dismiss(notice.id)}>×</button>
        </p>
      ))}
    </div>
  );
}

async function leave(): Promise<void> {
  try {
    await log_out();
  } catch {
    session.value = null; /* the cookie ends by itself */
  }
  remember('worker', null);
}

function Work() {
  const [is_reporting, set_reporting] = useState(false);
  const offers = state.orders.value.filter((row) => row.state === 'OFFERED');
  const mine = state.orders.value.filter((row) => row.state !== 'OFFERED');
  return (
    <>
      <Head />
      <main>
        <Duty />
        <Sending />
        <Notices />
        <Position />
        {offers.length > 0 && <h2>{t(TEXT.offers)}</h2>}
        {offers.map((row) => <Card key={row.order} row={row} />)}
        {mine.length > 0 && <h2>{t(TEXT.mine)}</h2>}
        {mine.map((row) => <Card key={row.order} row={row} />)}
        {state.orders.value.length === 0 && <p class="empty">{t(TEXT.none)}</p>}
        <details class="help">
          <summary>{t(TEXT.menu)}</summary>
          <p>{t(TEXT.privacy)}</p>
          <button class="plain" onClick={() => void leave()}>{t(TEXT.log_out)}</button>
        </details>
      </main>
      <nav><button class="main report" onClick={() => set_reporting(true)}>{t(TEXT.report)}</button></nav>
      {is_reporting && <ReportSheet close={() => set_reporting(false)} />}
    </>
  );
}

function Door() {
  return (
    <>
      <Head />
      <main class="door">
        {trouble.value && <p class="bad" role="alert">{t(trouble.value)}</p>}
        <p>{t(TEXT.log_in)}</p>
        {state.others_waiting.value > 0 && <p>{t(TEXT.others, state.others_waiting.value)}</p>}
      </main>
    </>
  );
}

function Page() {
  if (session.value === undefined) {
    return <><Head /><main><p>{trouble.value ? t(trouble.value) : t(TEXT.loading)}</p></main></>;
  }
  return session.value === null ? <Door /> : <Work />;
}

/* The code leaves the address bar before it is used: it must not stay in the history of the browser. */
async function log_in_by_code(code: string): Promise<void> {
  history.replaceState(null, '', location.pathname);
  try {
    session.value = await post<Session>('worker-session', { code });
    remember('worker', JSON.stringify(session.value));
  } catch (error) {
    trouble.value = error instanceof Problem && error.is_offline ? TEXT.no_server : TEXT.code_over;
  }
}

/* Without a network the page shows what it kept; whoever was logged in last works on, and is asked again when there is one. */
async function find_session(): Promise<void> {
  try {
    await load_session();
    remember('worker', session.value ? JSON.stringify(session.value) : recall('worker'));
  } catch {
    const kept = recall('worker');
    session.value = kept === null ? null : (JSON.parse(kept) as Session);
    state.is_connected.value = false;
  }
}

async function start(): Promise<void> {
  await store.open_store();
  const code = location.hash.slice(1);
  if (/^[\w-]{16,64}$/.test(code)) {
    await log_in_by_code(code);
  }
  if (!session.value) {
    await find_session();
  }
  start_outbox();
  session.subscribe((now) => {
    void count_waiting();
    if (now) {
      trouble.value = null;
      void show_orders();
      void start_polling(now.person);
      void load_types(now.person);
      send_soon();
    }
  });
  start_position();
  if ('serviceWorker' in navigator && window.isSecureContext) {
    void navigator.serviceWorker.register('sw.js').then(keep_page).catch(() => undefined);
  }
}

/* The files this page was made of, so that it opens without a network from the first time on. */
async function keep_page(): Promise<void> {
  const loaded = performance.getEntriesByType('resource').map((entry) => entry.name)
    .filter((name) => name.startsWith(location.origin) && !name.includes('/api/'));
  const kept = await caches.open('gridloop-pages-1');
  await kept.addAll([...new Set([location.href.split('#')[0] ?? '', ...loaded])]);
}

addEventListener('hashchange', () => {
  if (/^#[\w-]{16,64}$/.test(location.hash)) {
    location.reload();
  }
});
lang.subscribe(() => {
  document.title = t(TEXT.title);
});
const place = document.getElementById('app');
if (place) {
  render(<Page />, place);
}
void start();
