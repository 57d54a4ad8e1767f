/* main.tsx: the wall: map, figures and what waits longest, to be looked at and not touched. Shows no person's name. */
import { computed, effect, signal } from '@preact/signals';
import { render } from 'preact';
import { get, load_session, session } from '../lib/api';
import { now } from '../lib/clock';
import { clock_time, set_zone, short_number } from '../lib/format';
import { both, t } from '../lib/i18n';
import { cases, cases_version, start_live, workers, workers_version } from '../lib/live';
import { MapView } from '../lib/map_view';
import { Clock, LiveAge, Severity } from '../lib/parts';
import type { City } from '../lib/shapes';
import '../lib/theme';
import '../lib/theme.css';
import './wall.css';

const SHOWN = 12;

const city = signal<City | null>(null);
const rows = computed(() => {
  void cases_version.value;
  return [...cases.values()].filter((row) => (row.need?.length ?? 0) > 0)
    .sort((a, b) => Number(b.severity === 1) - Number(a.severity === 1) || Number(b.is_overdue) - Number(a.is_overdue) || (a.deadline_ms ?? Infinity) - (b.deadline_ms ?? Infinity) || (a.id < b.id ? -1 : 1));
});
const figures = computed(() => {
  void cases_version.value;
  void workers_version.value;
  const all = [...cases.values()];
  return {
    open: all.length,
    urgent: all.filter((row) => row.severity === 1).length,
    overdue: all.filter((row) => row.is_overdue).length,
    on_shift: [...workers.values()].filter((row) => row.on_shift).length,
  };
});

function Figure({ name, value }: { readonly name: string; readonly value: number }) {
  return <span class="wall-figure"><b>{value}</b>{name}</span>;
}

function Wall() {
  if (session.value === undefined) {
    return null;
  }
  if (session.value === null) {
    return <p class="wall-note">{t(['Log in at the console on this screen first: ', '请先在本机控制台登录：'])}<a href="../">Gridloop</a></p>;
  }
  return (
    <>
      <header class="wall-top">
        <h1>{both(city.value?.name ?? null)}</h1>
        <Figure name={t(['open', '未结'])} value={figures.value.open} />
        <Figure name={t(['severity Ⅰ', 'Ⅰ 级'])} value={figures.value.urgent} />
        <Figure name={t(['overdue', '超时'])} value={figures.value.overdue} />
        <Figure name={t(['need somebody', '待处理'])} value={rows.value.length} />
        <Figure name={t(['on shift', '在班'])} value={figures.value.on_shift} />
        <LiveAge />
        {now.value > 0 && <time>{clock_time(now.value)}</time>}
      </header>
      <MapView city={city} is_quiet />
      <ul class="wall-list">
        {rows.value.slice(0, SHOWN).map((row) => (
          <li key={row.id}>
            <Severity of={row.severity} />
            <span>
              <span class="wall-words"><b>{short_number(row.number)}</b> {both(row.title)}</span>
              <small class="wall-words">{both(row.place)}</small>
            </span>
            <Clock of={row} />
          </li>
        ))}
      </ul>
    </>
  );
}

let is_running = false;
effect(() => {
  if (session.value && !is_running) {
    is_running = true;
    void get<City & { time_zone?: string }>('city').then((said) => {
      set_zone(said.time_zone);
      city.value = said;
    });
    start_live();
  }
});

function begin(): void {
  load_session().catch(() => setTimeout(begin, 2_000));
}
begin();
const place = document.getElementById('app');
if (place) {
  render(<Wall />, place);
}
