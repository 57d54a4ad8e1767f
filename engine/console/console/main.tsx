/* main.tsx: the dispatcher's console: what is always there, and the page in the middle. */
import { effect } from '@preact/signals';
import { render, type ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { load_session, session } from '../lib/api';
import '../lib/theme.css';
import { short_number } from '../lib/format';
import { both, t, word } from '../lib/i18n';
import { cases, is_stale, live_state, start_live, stop_live, workers } from '../lib/live';
import type { Mark } from '../lib/map_layer';
import { MapView } from '../lib/map_view';
import { PeopleAndPosts } from './act_form';
import { CommandLine } from './command_line';
import './pages.css';
import './console.css';
import { Followed } from './followed';
import { Help } from './help';
import { Intake } from './intake';
import { Login } from './login';
import { Needs, step_need } from './needs';
import { acting, city, detail, follow, followed_row, go, help_open, intake_text, load_city, map_handle, name_of, notice, page,
  PAGES, pin, say_problem, tell, type Page } from './state';
import { PhoneLink } from './phone_link';
import { Strip } from './strip';
import { TopBar } from './top_bar';

/* Pages beside the first are fetched when they are first looked at. */
const LATER: Readonly<Record<Exclude<Page, 'now'>, () => Promise<{ default: ComponentType }>>> = {
  cases: () => import('./page_cases'),
  workers: () => import('./page_workers'),
  rules: () => import('./page_rules'),
  indices: () => import('./page_indices'),
  plans: () => import('./page_plans'),
  burden: () => import('./page_burden'),
};

function LaterPage({ name }: { readonly name: Exclude<Page, 'now'> }) {
  const [Body, set_body] = useState<ComponentType | null>(null);
  useEffect(() => {
    let is_wanted = true;
    set_body(null);
    LATER[name]().then((module) => is_wanted && set_body(() => module.default), (error) => tell(say_problem(error), true));
    return () => {
      is_wanted = false;
    };
  }, [name]);
  return <div class="page" tabIndex={-1}>{Body && <Body />}</div>;
}

function Middle() {
  return (
    <section class="panel middle" aria-label={t(['map', '地图'])}>
      <MapView city={city} handle={(handle) => (map_handle.value = handle)}
        on_hit={(hit) => {
          if (intake_text.value !== null) {
            return;
          }
          if (hit.kind === 'case') {
            follow(hit.row.id);
          } else {
            go('workers', `id=${hit.row.id}`);
          }
        }}
        on_place={(lon_e7, lat_e7) => {
          if (intake_text.value !== null) {
            pin.value = { lon_e7, lat_e7 };
          }
        }} />
      <Intake />
    </section>
  );
}

function Notice() {
  const said = notice.value;
  return (
    <div class="notices" role="status" aria-live="polite">
      {said && (
        <p class="notice" data-problem={said.is_problem}>
          <span>{said.text}</span>
          {said.undo && (
            <button type="button" onClick={() => {
              notice.value = null;
              said.undo?.();
            }}>{t(['Undo', '撤销'])}</button>
          )}
          <button type="button" class="plain" aria-label={t(['dismiss', '关闭提示'])} onClick={() => (notice.value = null)}>×</button>
        </p>
      )}
    </div>
  );
}

function StaleBanner() {
  if (!is_stale.value || live_state.value === 'connecting') {
    return null;
  }
  return (
    <p class="stale-banner" role="alert">
      {t(['No connection to the engine. What you see may be out of date; trying again by itself.',
        '与引擎的连接已中断，所示内容可能过时，正在自动重连。'])}
    </p>
  );
}

function Console() {
  return (
    <>
      <TopBar />
      <StaleBanner />
      <main class="body" data-page={page.value} data-stale={is_stale.value}>
        {/* The map stays where it was while another page is looked at. */}
        <div class="first" hidden={page.value !== 'now'}>
          <Needs />
          <Middle />
          <Followed />
        </div>
        {page.value !== 'now' && <LaterPage name={page.value} />}
      </main>
      <footer class="foot">
        <Strip />
        <CommandLine />
      </footer>
      <Notice />
      <Help />
      <PhoneLink />
      <PeopleAndPosts />
    </>
  );
}

function App() {
  if (session.value === undefined) {
    return null;
  }
  return session.value === null ? <Login /> : <Console />;
}

const focus = (selector: string): void => document.querySelector<HTMLElement>(selector)?.focus();

function on_key(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const is_typing = target.closest('input, textarea, select') !== null;
  const digit = Number(event.key);
  if (event.key === 'F2') {
    event.preventDefault();
    go('now');
    intake_text.value ??= '';
  } else if (event.key === 'F1') {
    event.preventDefault();
    help_open.value = true;
  } else if (event.altKey && digit >= 1 && digit <= PAGES.length) {
    event.preventDefault();
    go(PAGES[digit - 1]!);
  } else if (event.key === 'Escape') {
    acting.value = null;
  } else if (!is_typing && !event.ctrlKey && !event.altKey && !event.metaKey) {
    on_plain_key(event);
  }
}

function on_plain_key(event: KeyboardEvent): void {
  switch (event.key) {
    case 'j':
      step_need(1);
      break;
    case 'k':
      step_need(-1);
      break;
    case 'a':
      focus('.actions button');
      break;
    case 'w':
      focus('#why summary');
      break;
    case 'm':
      focus('.map');
      break;
    case '0':
      map_handle.value?.show_all();
      break;
    default:
      return;
  }
  event.preventDefault();
}

const OTHERS_MAX = 4;

/* Where those are who were looked at and not taken, with why in a word; and a case that is no longer open. */
function others(person: string | null): Mark[] {
  const shown = detail.value;
  const marks: Mark[] = [];
  if (!shown) {
    return marks;
  }
  if (!cases.has(shown.id) && shown.lon_e7 !== null && shown.lat_e7 !== null) {
    marks.push({ lon_e7: shown.lon_e7, lat_e7: shown.lat_e7, text: `${short_number(shown.number)} ${word('case_state', shown.state)}`, kind: 'case' });
  }
  for (const one of shown.decisions[shown.decisions.length - 1]?.detail?.candidates ?? []) {
    const row = workers.get(one.person);
    if (one.person !== person && one.code !== 'ELIGIBLE' && row?.lon_e7 != null && row.lat_e7 != null && marks.length < OTHERS_MAX) {
      marks.push({ lon_e7: row.lon_e7, lat_e7: row.lat_e7, text: `${name_of(one.person)}: ${word('code', one.code)}`, kind: 'worker' });
    }
  }
  return marks;
}

/* What the map shows of the followed case: the line to its worker, and those who were looked at. */
effect(() => {
  const handle = map_handle.value;
  const row = followed_row.value;
  if (!handle) {
    return;
  }
  const person = row?.order?.person ?? (row?.holder?.kind === 'PERSON' ? row.holder.id : null);
  handle.layer.person_name = name_of(person) || both(row?.holder?.name ?? null);
  handle.layer.select(row?.id ?? null, person ?? null, others(person ?? null));
});
effect(() => map_handle.value?.layer.set_pin(pin.value));

let is_running = false;
effect(() => {
  const who = session.value;
  if (who && !is_running) {
    is_running = true;
    load_city().catch((error) => tell(say_problem(error), true));
    start_live();
  } else if (who === null && is_running) {
    is_running = false;
    detail.value = null;
    stop_live();
  }
});

function begin(): void {
  load_session().catch(() => setTimeout(begin, 2_000));
}

addEventListener('keydown', on_key);
begin();
const place = document.getElementById('app');
if (place) {
  render(<App />, place);
}
