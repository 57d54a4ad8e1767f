/* command_line.tsx: the line at the bottom: ghost text, completions, what Enter would do; every action without a mouse. */
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import words from 'gridloop:words';
import { log_out } from '../lib/api';
import { short_number } from '../lib/format';
import { both, lang, set_lang, t, type Pair } from '../lib/i18n';
import { cases, cases_version, stop_live, workers } from '../lib/live';
import { set_theme, theme } from '../lib/theme';
import type { Text } from '../lib/shapes';
import { begin_act } from './act_form';
import { reasons_of, word_name } from './acts';
import { read_command, type Meaning, type Thing, type World } from './command';
import { compare_needs } from './needs';
import { find_places, known_places } from './places';
import { city, detail, find_case, follow, followed, go, help_open, intake_text, map_handle, PAGE_NAMES, PAGES, say_problem, tell, type Page } from './state';
import { is_sound_on, mute, start_shift } from './sound';

const line = signal('');
const picked = signal(0);
const is_open = signal(false); /* completions: from the first key, or the arrow down, until the line is sent */

/* Acts of people: what the engine does by itself cannot be typed. */
const BY_ENGINE_FROM = Object.keys(words.action).indexOf('OPEN');
const ACTIONS: Readonly<Record<string, Pair>> = Object.fromEntries(
  Object.entries(words.action).filter(([name], i) => i < BY_ENGINE_FROM && name !== 'NONE'));

const names = (name: Text): string[] =>
  name === null || typeof name === 'string' ? [name ?? ''] : [both(name), name.en ?? '', name.zh ?? ''].filter((one) => one !== '');

const world = computed<World>(() => {
  void cases_version.value;
  const shown = detail.value;
  return {
    cases: [...cases.values()].sort(compare_needs).map((row): Thing => ({
      id: row.id, names: [short_number(row.number)], hint: `${both(row.title)} · ${both(row.place)}`,
    })),
    actions: ACTIONS,
    possible: (shown?.can ?? []).map(word_name),
    reasons: words.reason,
    reasons_of,
    pages: PAGES.map((id) => ({ id, names: [t(PAGE_NAMES[id]), ...PAGE_NAMES[id]], hint: t(['page', '页面']) })),
    places: (city.value?.cells.features ?? []).map((one) => ({
      id: String(one.properties.id ?? one.properties.code ?? ''), names: names(one.properties.name ?? null), hint: t(['cell', '网格']),
    })),
    addresses: [...known_places.value.values()].map((one) => ({ id: one.name, names: [one.name], hint: t(['place', '地点']) })),
    people: (city.value?.persons ?? []).filter((one) => workers.has(one.id))
      .map((one) => ({ id: one.id, names: names(one.name), hint: t(['worker', '人员']) })),
    followed: shown ? short_number(shown.number) : null,
    is_zh: lang.value === 'zh',
  };
});
const reading = computed(() => read_command(line.value, world.value));

async function on_case(id: string | null): Promise<typeof detail.value> {
  if (id !== null && detail.value && short_number(detail.value.number) !== id && detail.value.number !== id) {
    const row = find_case(id);
    follow(row ? row.id : id);
    for (let i = 0; i < 40 && (detail.value === null || !(row ? detail.value.id === row.id : detail.value.number.endsWith(id))); i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return detail.value;
}

/* The line is done with: keys mean the case again. Deferred, for what was followed may still be drawn. */
function leave_line(): void {
  setTimeout(() => (document.querySelector<HTMLElement>('.first:not([hidden]) .followed-body, .page') ?? document.body).focus({ preventScroll: true }));
}

function show_person(id: string): void {
  const row = workers.get(id);
  if (row?.lon_e7 != null && row.lat_e7 != null) {
    go('now');
    map_handle.value?.show_place(row.lon_e7, row.lat_e7, 17);
  } else {
    tell(t(['no position of {0} is known', '暂无 {0} 的位置'], id), true);
  }
}

/* A place that cases lie or lay at: where they are on the map, how many, and the list of them. */
async function show_address(text: string): Promise<void> {
  try {
    const found = await find_places(text);
    if (found.length === 0) {
      tell(t(['no case, open or closed, names a place like “{0}”', '没有案件的地点与“{0}”相符'], text), true);
      return;
    }
    const [first, ...others] = found;
    go('now');
    map_handle.value?.show_place(first!.lon_e7, first!.lat_e7, 17);
    map_handle.value?.layer.set_pin(first!);
    tell(others.length === 0 ? first!.name
      : t(['{0}; also: {1}', '{0}；另有：{1}'], first!.name, others.slice(0, 4).map((one) => one.name).join(t([', ', '、']))));
  } catch (error) {
    tell(say_problem(error), true);
  }
}

async function carry_out(meaning: Meaning): Promise<void> {
  switch (meaning.kind) {
    case 'case':
      follow(find_case(meaning.id)?.id ?? meaning.id);
      break;
    case 'why':
      if (meaning.id !== null) {
        follow(find_case(meaning.id)?.id ?? meaning.id);
      }
      setTimeout(() => document.getElementById('why')?.scrollIntoView({ block: 'start' }), 400);
      break;
    case 'act': {
      const on = await on_case(meaning.id ?? (followed.value));
      if (on) {
        begin_act(on, meaning.action, null, {
          ...(meaning.reason ? { reason: meaning.reason } : {}), ...(meaning.text ? { text: meaning.text } : {}),
        });
      }
      break;
    }
    case 'page':
      go(meaning.id as Page);
      break;
    case 'place': {
      const at = map_handle.value?.layer.cell_centre(meaning.id);
      go('now');
      if (at) {
        map_handle.value?.map.setView(at, 16);
      }
      break;
    }
    case 'person':
      show_person(meaning.id);
      break;
    case 'address':
      await show_address(meaning.text);
      break;
    case 'report':
      intake_text.value = meaning.text;
      break;
    case 'find':
      go('cases', new URLSearchParams({ state: 'all', q: meaning.text }).toString());
      break;
    case 'do':
      await carry_out_own(meaning.what);
      break;
  }
}

async function carry_out_own(what: 'sound' | 'theme' | 'language' | 'help' | 'logout'): Promise<void> {
  switch (what) {
    case 'sound':
      await (is_sound_on.value ? mute() : start_shift());
      break;
    case 'theme':
      set_theme(theme.value === 'dark' ? 'light' : 'dark');
      break;
    case 'language':
      set_lang(lang.value === 'zh' ? 'en' : 'zh');
      break;
    case 'help':
      help_open.value = true;
      break;
    case 'logout':
      stop_live();
      await log_out();
      break;
  }
}

function on_key(event: KeyboardEvent): void {
  const { meaning, completions } = reading.value;
  const chosen = completions[picked.value];
  const input = event.currentTarget as HTMLInputElement;
  const at_end = input.selectionStart === input.value.length;
  if (chosen && ((event.key === 'Tab' && !event.shiftKey) || (event.key === 'ArrowRight' && at_end && line.value !== ''))) {
    event.preventDefault();
    line.value = `${chosen.text} `;
    picked.value = 0;
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    is_open.value = true;
    const count = completions.length;
    picked.value = count ? (picked.value + (event.key === 'ArrowDown' ? 1 : count - 1)) % count : 0;
  } else if (event.key === 'Enter') {
    event.preventDefault();
    const other = meaning ? null : chosen ? read_command(chosen.text, world.value).meaning : null;
    const what = meaning ?? other;
    if (what) {
      line.value = '';
      is_open.value = false;
      void carry_out(what);
      if (what.kind !== 'act' && what.kind !== 'report' && what.kind !== 'do') { /* forms take it themselves */
        leave_line();
      }
    } else if (chosen) {
      line.value = `${chosen.text} `;
    } else if (line.value.trim() !== '') {
      tell(t(['not understood: “{0}”. Tab completes, F1 lists everything.', '无法识别：“{0}”。Tab 补全，F1 查看全部。'], line.value.trim()), true);
    }
    picked.value = 0;
  } else if (event.key === 'Escape') {
    event.stopPropagation();
    if (line.value === '') {
      input.blur();
    }
    is_open.value = false;
    line.value = '';
  }
}

/* The rest of the first completion, drawn behind what is typed. */
function ghost(): string {
  const chosen = reading.value.completions[picked.value];
  if (line.value === '') {
    return t(['case number, an action, “why”, “go to”, “report” …', '案号、操作、“为何”、“打开”、“受理”……']);
  }
  return chosen && chosen.text.toLowerCase().startsWith(line.value.toLowerCase()) ? line.value + chosen.text.slice(line.value.length) : '';
}

export function CommandLine() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const on_slash = (event: KeyboardEvent): void => {
      const inside = (event.target as HTMLElement).closest('input, textarea, select');
      if (!inside && event.key === '/' && !event.ctrlKey && !event.altKey) {
        event.preventDefault();
        input.current?.focus();
      }
    };
    addEventListener('keydown', on_slash);
    return () => removeEventListener('keydown', on_slash);
  }, []);
  const { completions } = reading.value;
  const has_list = is_open.value && completions.length > 0;
  return (
    <div class="command">
      {has_list && (
        <ul class="completions" id="completions" role="listbox" aria-label={t(['completions', '补全'])}>
          {completions.map((one, i) => (
            <li key={one.text} id={`completion-${i}`} role="option" aria-selected={i === picked.value}
              onMouseDown={(event) => {
                event.preventDefault();
                line.value = `${one.text} `;
                input.current?.focus();
              }}>
              <b>{one.text}</b> <span class="soft">{one.hint}</span>
            </li>
          ))}
        </ul>
      )}
      <span class="prompt" aria-hidden="true">›</span>
      <span class="command-field">
        <span class="ghost" aria-hidden="true">{ghost()}</span>
        <input ref={input} id="command" role="combobox" aria-label={t(['command', '命令'])} aria-expanded={has_list} aria-controls="completions"
          aria-activedescendant={has_list ? `completion-${picked.value}` : undefined} aria-autocomplete="list"
          autocomplete="off" spellcheck={false} value={line.value} onKeyDown={on_key}
          onInput={(event) => {
            line.value = event.currentTarget.value;
            is_open.value = true;
            picked.value = 0;
          }}
          onBlur={() => (is_open.value = false)} />
      </span>
      <span class="command-keys soft"><kbd>/</kbd> {t(['command', '命令'])} <kbd>F2</kbd> {t(['new report', '受理'])} <kbd>F1</kbd> {t(['keys', '按键'])}</span>
    </div>
  );
}
