/* act_form.tsx: the buttons of what is possible now, and one small form for what an action needs. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { log_now } from '../lib/clock';
import { both, t, word, type Pair } from '../lib/i18n';
import { distance } from '../lib/format';
import { COULD, type CaseDetail, type Text } from '../lib/shapes';
import { act, COMMON, ELSEWHERE, IS_FINAL, needs_of, reasons_of, word_name, type Act } from './acts';
import { acting, city, find_case, followed_row, name_of } from './state';

const FIELD: Readonly<Record<string, Pair>> = {
  reason: ['reason', '原因'],
  text: ['words', '说明'],
  subject: ['person or post', '人员或岗位'],
  other_case: ['other case', '另一案件'],
  until_ms: ['for how long', '时长'],
};
const SPANS: readonly (readonly [hours: number, name: Pair])[] = [
  [4, ['4 hours', '4 小时']],
  [24, ['1 day', '1 天']],
  [72, ['3 days', '3 天']],
  [168, ['1 week', '1 周']],
  [720, ['30 days', '30 天']],
];

function Fields({ action, begin }: { readonly action: string; readonly begin: { readonly reason?: string; readonly text?: string } }) {
  return (
    <>
      {needs_of(action).map((need) => (
        <label key={need} class="field">
          <span>{t(FIELD[need] ?? [need, need])}</span>
          {need === 'reason' ? (
            <select name="reason" required>
              <option value="" selected={!begin.reason}>{t(['choose', '请选择'])}</option>
              {reasons_of(action).map((name) => (
                <option key={name} value={name} selected={name === begin.reason}>{word('reason', name)}</option>
              ))}
            </select>
          ) : need === 'until_ms' ? (
            <select name="hours">
              {SPANS.map(([hours, name]) => <option key={hours} value={hours}>{t(name)}</option>)}
            </select>
          ) : need === 'subject' ? (
            <input name="subject" list="people-and-posts" required autocomplete="off" />
          ) : need === 'text' ? (
            <textarea name="text" rows={2}>{begin.text ?? ''}</textarea>
          ) : (
            <input name={need} required inputMode="numeric" autocomplete="off" />
          )}
        </label>
      ))}
    </>
  );
}

/* Whom the engine looked at last, in its order: a click names one. Who has the order is none to choose; where the engine chose while somebody
 * had it, its choice is the next best, and is called so. */
function Candidates({ on, take }: { readonly on: CaseDetail; readonly take: (person: string) => void }) {
  const last = on.decisions[on.decisions.length - 1];
  const holder = (followed_row.value ?? on).order?.person ?? null;
  const candidates = (last?.detail?.candidates ?? []).filter((one) => COULD.has(one.code) && one.person !== holder);
  const is_next = (last?.detail?.candidates ?? []).some((one) => one.code === 'ALREADY_ON_CASE');
  if (candidates.length === 0) {
    return null;
  }
  return (
    <div class="picks" role="group" aria-label={t(['whom the engine looked at', '引擎候选'])}>
      {candidates.map((one) => (
        <button type="button" class="small" key={one.person} onClick={() => take(one.person)}>
          {name_of(one.person)} <span class="soft">{distance(one.distance_cm)} · {one.load}/{one.capacity}
            {one.person === last!.chosen && ` · ${is_next ? t(['the engine’s next choice', '引擎次选']) : t(['the engine’s choice', '引擎选择'])}`}</span>
        </button>
      ))}
    </div>
  );
}

/* A person or post by id, or by a name in any language. */
function subject_of(said: string): string {
  const all = [...(city.value?.posts ?? []), ...(city.value?.persons ?? [])];
  const low = said.toLowerCase();
  const names = (name: Text): string[] => (typeof name === 'string' ? [name] : [name?.en ?? '', name?.zh ?? '']).map((one) => one.toLowerCase());
  return (all.find((one) => one.id === said) ?? all.find((one) => names(one.name).includes(low)))?.id ?? said;
}

/** People and posts by id and name, for fields that name one. */
export function PeopleAndPosts() {
  return (
    <datalist id="people-and-posts">
      {(city.value?.posts ?? []).map((one) => <option key={one.id} value={one.id}>{both(one.name)}</option>)}
      {(city.value?.persons ?? []).map((one) => <option key={one.id} value={one.id}>{both(one.name)}</option>)}
    </datalist>
  );
}

function read_form(form: HTMLFormElement, action: string): Act {
  const data = new FormData(form);
  const text = (name: string): string => String(data.get(name) ?? '').trim();
  const other = text('other_case');
  return {
    action,
    ...(data.has('reason') ? { reason: text('reason') } : {}),
    ...(text('text') ? { text: text('text') } : {}),
    ...(data.has('subject') ? { subject: subject_of(text('subject')) } : {}),
    ...(other ? { other_case: find_case(other)?.number ?? other } : {}),
    ...(data.has('hours') ? { until_ms: Math.round(log_now() + Number(data.get('hours')) * 3_600_000) } : {}),
    ...(data.has('amount') ? { amount: Number(data.get('amount')) } : {}),
  };
}

export function ActForm({ on }: { readonly on: CaseDetail }) {
  const open = acting.value;
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('select, input, textarea, button')?.focus();
  }, [open]);
  if (!open) {
    return null;
  }
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await act(on, open.order, read_form(form.current!, open.action))) {
      acting.value = null;
    }
  };
  return (
    <form ref={form} class="act-form" onSubmit={(event) => void send(event)}
      onKeyDown={(event) => event.key === 'Enter' && event.ctrlKey && form.current?.requestSubmit()}>
      <strong>{word('action', open.action)}</strong>
      <Fields action={open.action} begin={open} />
      {open.action === 'REASSIGN' && (
        <Candidates on={on} take={(person) => {
          form.current!.querySelector<HTMLInputElement>('[name=subject]')!.value = person;
          form.current!.querySelector<HTMLElement>('[type=submit]')?.focus();
        }} />
      )}
      {IS_FINAL.has(open.action) && <p class="soft">{t(['This cannot be taken back.', '此操作不可撤销。'])}</p>}
      <div class="row">
        <button class="primary" type="submit">{t(['Send', '提交'])}</button>
        <button type="button" onClick={() => (acting.value = null)}>{t(['Cancel', '取消'])} <kbd>Esc</kbd></button>
      </div>
    </form>
  );
}

/** Begins an action: at once when it needs nothing, else with its form. */
export function begin_act(on: CaseDetail, action: string, order: number | null = null, said: { reason?: string; text?: string } = {}): void {
  if (needs_of(action).length === 0 && !IS_FINAL.has(action)) {
    void act(on, order, { action });
  } else {
    acting.value = { action, order, ...said };
  }
}

export function Actions({ on }: { readonly on: CaseDetail }) {
  const [has_more, set_more] = useState(false);
  const can = on.can.map(word_name).filter((name) => !ELSEWHERE.has(name));
  const first = COMMON.filter((name) => can.includes(name)).slice(0, 5);
  const rest = can.filter((name) => !first.includes(name));
  const button = (name: string) => (
    <button type="button" key={name} aria-pressed={acting.value?.action === name} onClick={() => begin_act(on, name)}>
      {word('action', name)}
    </button>
  );
  if (can.length === 0) {
    return <p class="soft">{t(['Nothing for you to do here now.', '当前无可执行操作。'])}</p>;
  }
  return (
    <div class="actions" role="group" aria-label={t(['possible now', '可执行操作'])}>
      {first.map(button)}
      {rest.length > 0 && (
        <button type="button" class="plain" aria-expanded={has_more} onClick={() => set_more(!has_more)}>
          {has_more ? t(['less', '收起']) : t(['{0} more', '更多 {0} 项'], rest.length)}
        </button>
      )}
      {has_more && rest.map(button)}
    </div>
  );
}
