/* intake.tsx: 受理, for the person on the phone: four fields, keyboard only, what is already open nearby shown before it is sent. */
import { computed, signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, new_key, post } from '../lib/api';
import { now } from '../lib/clock';
import { distance, metres_between, short_number, span } from '../lib/format';
import { both, t } from '../lib/i18n';
import { cases, cases_version } from '../lib/live';
import { Clock, Severity } from '../lib/parts';
import type { CaseRow, ReportAnswer, Text } from '../lib/shapes';
import { find_places, known_places, names_like, type Place } from './places';
import { find_case, follow, intake_text, map_handle, pin, say_problem } from './state';

const NEARBY_M = 300;
const NEARBY_MAX = 5;
const NEAR_MAX = 4;

const what = signal('');
const where = signal('');

/* What a person may report, as the city's rules have it. */
interface ReportType {
  readonly type: string;
  readonly class: string;
  readonly class_title: Text;
}
const types = signal<readonly ReportType[]>([]);

async function load_types(): Promise<void> {
  if (types.value.length === 0) {
    types.value = (await get<{ items: readonly ReportType[] }>('report-types')).items;
  }
}

/* The kind meant: its class, its name, or the only one whose name holds what was typed. */
const meant = computed(() => {
  const said = what.value.trim().toLowerCase();
  const name = (one: ReportType): string => both(one.class_title).toLowerCase();
  const exact = types.value.find((one) => one.class.toLowerCase() === said || name(one) === said);
  const like = said === '' ? [] : types.value.filter((one) => name(one).includes(said));
  return exact ?? (like.length > 0 && like.every((one) => one.class === like[0]!.class) ? like[0] : undefined);
});

const nearby = computed<readonly { readonly row: CaseRow; readonly metres: number }[]>(() => {
  void cases_version.value;
  const at = pin.value;
  if (!at) {
    return [];
  }
  const kind = meant.value?.class;
  return [...cases.values()]
    .filter((row) => row.lon_e7 !== null && row.lat_e7 !== null)
    .map((row) => ({ row, metres: metres_between(at.lon_e7 / 1e7, at.lat_e7 / 1e7, row.lon_e7! / 1e7, row.lat_e7! / 1e7) }))
    .filter((one) => one.metres <= NEARBY_M)
    .sort((a, b) => Number(b.row.class === kind) - Number(a.row.class === kind) || a.metres - b.metres)
    .slice(0, NEARBY_MAX);
});

/* A place that was named goes with its name; a point set on the map stays whatever is written beside it. */
let named: Place | null = null;
const near_names = signal<readonly Place[] | null>(null); /* null: nothing to say; else what is written is no known place */

function take_place(place: Place): void {
  named = place;
  where.value = place.name;
  near_names.value = null;
  pin.value = place;
  map_handle.value?.show_place(place.lon_e7, place.lat_e7, 16);
}

function set_where(text: string): void {
  where.value = text;
  near_names.value = null;
  const numbers = text.match(/^\s*(\d+(?:\.\d+)?)[,，\s]+(\d+(?:\.\d+)?)\s*$/);
  const place = known_places.value.get(text.trim());
  if (numbers) {
    named = null;
    pin.value = { lon_e7: Math.round(Number(numbers[1]) * 1e7), lat_e7: Math.round(Number(numbers[2]) * 1e7) };
  } else if (place) {
    take_place(place);
  } else if (named !== null) {
    named = null;
    pin.value = null;
  }
}

/* Asked when the field is left: what was written may be a place of a case long closed. */
async function look_where(): Promise<void> {
  const text = where.value.trim();
  if (text === '' || pin.value !== null) {
    return;
  }
  const found = await find_places(text).catch(() => []);
  if (where.value.trim() !== text || pin.value !== null) {
    return;
  }
  const exact = found.find((one) => one.name.toLowerCase() === text.toLowerCase());
  if (exact) {
    take_place(exact);
  } else {
    near_names.value = found.length > 0 ? found.slice(0, NEAR_MAX) : names_like(text, known_places.value.values(), NEAR_MAX);
  }
}

function NearNames() {
  const near = near_names.value;
  if (near === null || pin.value !== null) {
    return null;
  }
  return (
    <div class="problem" role="alert">
      {near.length > 0
        ? t(['No place “{0}” is known. Did you mean:', '没有名为“{0}”的地点。是否为：'], where.value.trim())
        : t(['No place “{0}” is known. Click it on the map, or type longitude, latitude.', '没有名为“{0}”的地点，请点选地图或输入经度,纬度。'], where.value.trim())}
      {near.length > 0 && (
        <span class="row">
          {near.map((one) => <button type="button" class="small" key={one.name} onClick={() => take_place(one)}>{one.name}</button>)}
        </span>
      )}
    </div>
  );
}

function use_map_centre(): void {
  const at = map_handle.value?.map.getCenter();
  if (at) {
    pin.value = { lon_e7: Math.round(at.lng * 1e7), lat_e7: Math.round(at.lat * 1e7) };
  }
}

function close(): void {
  intake_text.value = null;
  pin.value = null;
  what.value = '';
  where.value = '';
  named = null;
  near_names.value = null;
}

function Nearby() {
  if (!pin.value) {
    return <p class="soft">{t(['With a place, open cases nearby are shown here.', '填写地点后在此显示附近未结案件。'])}</p>;
  }
  if (nearby.value.length === 0) {
    return <p class="soft">{t(['Nothing open within {0} m.', '{0} 米内无未结案件。'], NEARBY_M)}</p>;
  }
  return (
    <div class="nearby">
      <p>{t(['Already open nearby; the same matter would be merged:', '附近未结案件，同一事项将自动合并：'])}</p>
      <ul>
        {nearby.value.map(({ row, metres }) => (
          <li key={row.id}>
            <button type="button" class="plain" onClick={() => follow(row.id)}>
              <Severity of={row.severity} /> <b>{short_number(row.number)}</b> {both(row.title)}
            </button>
            <span class="soft">
              {distance(metres * 100)} · {t(['{0} ago', '{0}前'], span(now.value - row.opened_at_ms))}
              {row.class === meant.value?.class && ` · ${t(['same kind', '同类'])}`}
            </span>
            <Clock of={row} bare />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Receipt({ said, again }: { readonly said: ReportAnswer; readonly again: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  const row = said.case === null ? undefined : find_case(said.case);
  return (
    <div class="receipt" role="status">
      <p class="soft">{t(['receipt number', '受理编号'])}</p>
      <p class="receipt-number">{said.receipt ?? '–'}</p>
      {said.secret && <p>{t(['secret, to rate it with: {0}', '回执密码（评价用）：{0}'], said.secret)}</p>}
      <p>
        {said.case !== null && t(['case {0}', '{0} 号案件'], short_number(String(said.case)))} <span class="soft">{said.code}</span>
      </p>
      <div class="row">
        <button ref={button} type="button" class="primary" onClick={again}>{t(['Next report', '继续受理'])}</button>
        {said.case !== null && (
          <button type="button" onClick={() => {
            close();
            follow(row ? row.id : said.case!);
          }}>{t(['Follow it', '关注此案'])}</button>
        )}
        <button type="button" onClick={close}>{t(['Close', '关闭'])} <kbd>Esc</kbd></button>
      </div>
    </div>
  );
}

/* Enter goes on to the next field; in the last one, or with Ctrl, it sends. */
function on_enter(event: KeyboardEvent): void {
  const form = event.currentTarget as HTMLFormElement;
  const target = event.target as HTMLElement;
  if (event.key !== 'Enter' || event.shiftKey || target.tagName === 'BUTTON') {
    return;
  }
  event.preventDefault();
  const fields = [...form.querySelectorAll<HTMLElement>('[data-step]')];
  const next = fields[fields.indexOf(target) + 1];
  if (event.ctrlKey || !next) {
    form.requestSubmit();
  } else {
    next.focus();
  }
}

function Form({ begin, done }: { readonly begin: string; readonly done: (said: ReportAnswer) => void }) {
  const [problem, set_problem] = useState('');
  const [is_sending, set_sending] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const key = useRef(new_key());
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[data-step]')?.focus();
    load_types().catch((error) => set_problem(say_problem(error)));
  }, []);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const data = new FormData(form.current!);
    const text = (name: string): string => String(data.get(name) ?? '').trim();
    if (!meant.value) {
      set_problem(t(['Choose what it is: part of a name is enough.', '请选择事项类别，输入部分名称即可。']));
      form.current?.querySelector<HTMLElement>('[data-step]')?.focus();
      return;
    }
    if (!pin.value) {
      void look_where();
      set_problem(t(['Say where: a known place, a point on the map, or longitude and latitude.', '请填写已知地点、在地图上点选，或输入经纬度。']));
      return;
    }
    set_sending(true);
    try {
      done(await post<ReportAnswer>('reports', {
        type: meant.value.type,
        text: [text('where'), text('text')].filter(Boolean).join(t([': ', '：'])),
        lon_e7: pin.value.lon_e7,
        lat_e7: pin.value.lat_e7,
        ...(text('contact') || text('on_behalf_of') ? {
          on_behalf_of: true,
          contact: {
            ...(text('contact') ? { phone: text('contact') } : {}),
            ...(text('on_behalf_of') ? { name: text('on_behalf_of') } : {}),
          },
        } : {}),
      }, { key: key.current }));
    } catch (error) {
      set_problem(say_problem(error));
      key.current = new_key();
    }
    set_sending(false);
  };
  return (
    <form ref={form} onSubmit={(event) => void send(event)} onKeyDown={on_enter}>
      <label class="field">
        <span>1 {t(['What', '事项'])}</span>
        <input data-step name="what" list="classes" value={what.value} onInput={(event) => (what.value = event.currentTarget.value)}
          autocomplete="off" aria-describedby="class-meant" required />
        <span id="class-meant" class="soft">{both(meant.value?.class_title)}</span>
      </label>
      <label class="field">
        <span>2 {t(['Where', '地点'])}</span>
        <input data-step name="where" list="places" value={where.value} onInput={(event) => set_where(event.currentTarget.value)}
          onBlur={() => void look_where()} autocomplete="off" />
      </label>
      <NearNames />
      <p class="row where-how">
        <button type="button" class="plain" onClick={use_map_centre}>{t(['middle of the map', '用地图中心'])}</button>
        <span class="soft">
          {pin.value
            ? `${(pin.value.lon_e7 / 1e7).toFixed(5)}, ${(pin.value.lat_e7 / 1e7).toFixed(5)}`
            : t(['or click on the map, or type longitude, latitude', '也可点选地图，或输入经度,纬度'])}
        </span>
      </p>
      <label class="field">
        <span>3 {t(['What was said', '内容'])}</span>
        <textarea data-step name="text" rows={3}>{begin}</textarea>
      </label>
      <label class="field">
        <span>4 {t(['Caller’s phone', '来电号码'])}</span>
        <input data-step name="contact" inputMode="tel" autocomplete="off" />
      </label>
      <details class="part">
        <summary>{t(['On behalf of somebody else', '代他人上报'])}</summary>
        <label class="field">
          <span>{t(['who', '被代理人'])}</span>
          <input name="on_behalf_of" autocomplete="off" />
        </label>
      </details>
      <Nearby />
      {problem && <p class="problem" role="alert">{problem}</p>}
      <div class="row">
        <button class="primary" type="submit" disabled={is_sending}>{t(['Send', '提交'])} <kbd>Ctrl ↵</kbd></button>
        <button type="button" onClick={close}>{t(['Cancel', '取消'])} <kbd>Esc</kbd></button>
      </div>
      <datalist id="classes">
        {types.value.map((one) => <option key={one.type} value={both(one.class_title)}>{one.class}</option>)}
      </datalist>
      <datalist id="places">
        {[...known_places.value.values()].map((one) => <option key={one.name} value={one.name} />)}
      </datalist>
    </form>
  );
}

export function Intake() {
  const [said, set_said] = useState<ReportAnswer | null>(null);
  const begin = intake_text.value;
  useEffect(() => {
    if (begin === null) {
      set_said(null);
    }
  }, [begin]);
  if (begin === null) {
    return null;
  }
  return (
    <section class="intake" role="dialog" aria-modal="false" aria-labelledby="intake-title"
      onKeyDown={(event) => event.key === 'Escape' && close()}>
      <h2 id="intake-title">{t(['New report', '受理'])}</h2>
      {said
        ? <Receipt said={said} again={() => {
          what.value = '';
          where.value = '';
          pin.value = null;
          set_said(null);
        }} />
        : <Form begin={begin} done={set_said} />}
    </section>
  );
}
