/* state.ts: what the console looks at: city, page, followed case, open forms. */
import { computed, effect, signal } from '@preact/signals';
import { get, session } from '../lib/api';
import { set_zone } from '../lib/format';
import { both, type Pair } from '../lib/i18n';
import { cases, cases_version, on_change } from '../lib/live';
import type { MapHandle } from '../lib/map_view';
import { say_refusal } from '../lib/problems';
import type { CaseDetail, CaseRow, City, Text } from '../lib/shapes';

export const PAGES = ['now', 'cases', 'workers', 'rules', 'indices', 'plans', 'burden'] as const;
export type Page = (typeof PAGES)[number];
export const PAGE_NAMES: Readonly<Record<Page, Pair>> = {
  now: ['Now', '当前'],
  cases: ['Cases', '案件'],
  workers: ['Workers', '人员'],
  rules: ['Rules', '规则'],
  indices: ['Indices', '指标'],
  plans: ['Plans', '预案'],
  burden: ['Hand-overs', '移交与负担'],
};

export const city = signal<City | null>(null);
export const page = signal<Page>('now');
/* Query of the page, as in #cases?state=closed: lists are addresses, so a figure can link to what is behind it. */
export const page_query = signal(new URLSearchParams());

function read_hash(): void {
  const [name, query] = location.hash.slice(1).split('?');
  page.value = (PAGES as readonly string[]).includes(name ?? '') ? (name as Page) : 'now';
  page_query.value = new URLSearchParams(query ?? '');
}
addEventListener('hashchange', read_hash);

export function go(to: Page, query = ''): void {
  location.hash = query ? `${to}?${query}` : to;
}

/* ---- what is followed ---- */
export const followed = signal<string | null>(null);
/* The address names it, so it can be sent to somebody: #now?case=110108-20260303-0028. */
effect(() => {
  const wanted = page.value === 'now' ? page_query.value.get('case') : null;
  if (wanted !== null && wanted !== followed.peek()) {
    follow(wanted);
  }
});
export const detail = signal<CaseDetail | null>(null);
export const detail_at = signal(0);
export const detail_problem = signal<string | null>(null);
export const map_handle = signal<MapHandle | null>(null);

/** The live row of the followed case, else what its record says. */
export const followed_row = computed<CaseRow | null>(() => {
  void cases_version.value;
  const shown = detail.value;
  return shown ? (cases.get(shown.id) ?? shown) : null;
});

/** What is most urgent, so that the first screen says something; the map stays where it is. */
export function follow_first(id: string): void {
  if (followed.peek() === null) {
    followed.value = id;
  }
}

let asked = 0;
async function load_detail(): Promise<void> {
  const id = followed.value;
  const turn = ++asked;
  if (id === null) {
    detail.value = null;
    return;
  }
  try {
    const said = await get<CaseDetail>(`cases/${encodeURIComponent(id)}`);
    if (turn === asked) {
      detail.value = said;
      detail_at.value = performance.now();
      detail_problem.value = null;
    }
  } catch (error) {
    if (turn === asked) {
      detail_problem.value = say_problem(error);
    }
  }
}

effect(() => {
  void followed.value;
  if (session.value) {
    void load_detail();
  }
});

let reload_timer = 0;
export function reload_detail(): void {
  window.clearTimeout(reload_timer);
  reload_timer = window.setTimeout(() => void load_detail(), 250);
}
on_change((changed) => {
  const id = detail.value?.id;
  if (id !== undefined && (changed.cases.some((row) => row.id === id) || changed.gone.includes(id))) {
    reload_detail();
  }
});

/** Opens a case on the first screen, with the map at its place. */
export function follow(id: string): void {
  detail_problem.value = null;
  if (followed.peek() === id) {
    reload_detail();
  }
  followed.value = id;
  if (page.peek() !== 'now') {
    go('now', `case=${id}`);
  } else {
    history.replaceState(null, '', `#now?case=${id}`);
  }
  const row = cases.get(id);
  if (row?.lon_e7 != null && row.lat_e7 != null) {
    map_handle.value?.bring_in(row.lon_e7, row.lat_e7);
  }
}

/** An open case by what a person calls it: "28", "20260303-28" or its whole number. */
export function find_case(text: string): CaseRow | undefined {
  const parts = text.split('-').map((part) => part.replace(/^0+/, ''));
  for (const row of cases.values()) {
    const mine = row.number.split('-').map((part) => part.replace(/^0+/, ''));
    if (parts.every((part, i) => part === mine[mine.length - parts.length + i])) {
      return row;
    }
  }
  return undefined;
}

/* ---- names ---- */
const persons = computed(() => new Map((city.value?.persons ?? []).map((one) => [one.id, one.name])));
export const name_of = (person: string | null | undefined): string =>
  person ? both(persons.value.get(person) ?? person) : '';
export const class_name = (id: string | null): string =>
  both(city.value?.classes.find((one) => one.id === id)?.title ?? id);
export const department_name = (id: string | null | undefined): string =>
  both(city.value?.departments.find((one) => one.id === id)?.name ?? id);
export const cell_name = (id: string | null): string => {
  const found = city.value?.cells.features.find((one) => (one.properties.id ?? one.properties.code) === id);
  return both((found?.properties.name as Text) ?? id);
};

/* ---- short messages ---- */
export interface Notice {
  readonly text: string;
  readonly is_problem: boolean;
  readonly undo?: (() => void) | undefined;
}
export const notice = signal<Notice | null>(null);
let notice_timer = 0;

export function tell(text: string, is_problem = false, undo?: () => void, stays_ms?: number): void {
  notice.value = { text, is_problem, undo };
  window.clearTimeout(notice_timer);
  notice_timer = window.setTimeout(() => {
    notice.value = null;
  }, stays_ms ?? (is_problem || undo ? 12_000 : 5_000));
}

export const say_problem = say_refusal;

/* ---- forms ---- */
export const intake_text = signal<string | null>(null); /* null: closed; else what the form begins with */
export const help_open = signal(false);
export const pin = signal<{ readonly lon_e7: number; readonly lat_e7: number } | null>(null);
/* The action whose form is open in the right panel. */
export const acting = signal<{ readonly action: string; readonly order: number | null; readonly reason?: string; readonly text?: string } | null>(null);

export async function load_city(): Promise<void> {
  const said = await get<City & { time_zone?: string }>('city');
  set_zone(said.time_zone);
  city.value = said;
}

effect(() => {
  const name = both(city.value?.name ?? null);
  document.title = session.value && name ? `${name} · Gridloop` : 'Gridloop';
});

read_hash();
