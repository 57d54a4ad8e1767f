/* cards.tsx: an order on the phone: what, where, how long, and the one thing to do next as a large button. */
import { useState } from 'preact/hooks';
import { both, t, word } from '../lib/i18n';
import type { Pair } from '../lib/i18n';
import { change_order, put_act, put_photo } from './outbox';
import { shrink } from './photo';
import { fix_now } from './position';
import { PinSheet, ReasonSheet, WordsSheet } from './sheets';
import { set_pin } from './position';
import * as state from './state';
import { TEXT } from './texts';
import type { Act, Line, OrderRow, OrderState } from './types';

const NUMERALS = ['', 'Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ'];

function span_of(ms: number): string {
  const s = Math.floor(Math.abs(ms) / 1000);
  const m = Math.floor(s / 60);
  const h = Math.floor(m / 60);
  return h > 0 ? t(['{0}:{1} h', '{0} 小时 {1} 分'], h, String(m % 60).padStart(2, '0')) : m > 0 ? `${m}:${String(s % 60).padStart(2, '0')}` : t(['{0} s', '{0} 秒'], s);
}

/* The colour is the clock's and nothing else's: green below 80 %, yellow to the end, red after it. */
function Clock({ row }: { readonly row: OrderRow }) {
  state.second.value; /* drawn anew every second */
  if (row.deadline_ms === undefined || state.engine_now() === 0) {
    return null;
  }
  const left_ms = row.deadline_ms - state.engine_now();
  const whole_ms = Math.max(row.deadline_ms - row.offered_ms, 1);
  const share = Math.min(Math.max(1 - left_ms / whole_ms, 0), 1);
  const colour = left_ms < 0 ? 'red' : share > 0.8 ? 'yellow' : 'green';
  const real = span_of(state.real_ms_until(row.deadline_ms));
  return (
    <div class={`clock ${colour}`} role="timer">
      <span>{t(left_ms < 0 ? TEXT.over : TEXT.left, real)}</span>
      <progress max={100} value={Math.round(share * 100)} aria-label={t(TEXT.deadline, '')} />
    </div>
  );
}

/* A step that an order may take: what is sent, and what it comes to. */
interface Step {
  readonly action: string;
  readonly label: Pair;
  readonly after: OrderState | null;
  readonly ask?: 'reason' | 'words';
  readonly is_main: boolean;
  readonly needs_place?: boolean;
}

const RETURN: Step = { action: 'return', label: TEXT.return, after: 'RETURNED', ask: 'reason', is_main: false };
const ARRIVE: Step = { action: 'arrive', label: TEXT.arrive, after: 'ARRIVED', is_main: true, needs_place: true };

/* As the table of docs/life-cycle.md has it; the engine refuses anything else. */
export function steps_of(row: OrderRow): readonly Step[] {
  if (row.kind === 'PLAN_TASK') {
    return [{ action: 'plan_ack', label: TEXT.ack, after: 'DONE', is_main: true }];
  }
  if (row.kind === 'INFORM') {
    return [{ action: 'done', label: TEXT.answer, after: 'DONE', ask: 'words', is_main: true }];
  }
  if (row.kind === 'ADJUDICATE') {
    return [];
  }
  if (row.state === 'OFFERED') {
    return [{ action: 'accept', label: TEXT.accept, after: 'ACCEPTED', is_main: true },
      { action: 'decline', label: TEXT.decline, after: 'DECLINED', ask: 'reason', is_main: false }];
  }
  if (row.state === 'ACCEPTED') {
    return [ARRIVE, RETURN];
  }
  if (row.kind === 'CHECK_RESULT') {
    return [{ action: 'check_pass', label: TEXT.pass, after: 'DONE', is_main: true },
      { action: 'check_fail', label: TEXT.fail, after: 'DONE', ask: 'reason', is_main: false }, RETURN];
  }
  if (row.kind === 'VERIFY_REPORT') {
    return [{ action: 'verify_yes', label: TEXT.yes, after: 'DONE', is_main: true },
      { action: 'verify_no', label: TEXT.no, after: 'DONE', ask: 'reason', is_main: false }, RETURN];
  }
  return [{ action: 'done', label: TEXT.done, after: 'DONE', is_main: true }, RETURN];
}

async function act(row: OrderRow, step: Step, more: Partial<Act> = {}): Promise<void> {
  const fix = fix_now();
  const body: Act = {
    action: step.action,
    ...more,
    ...(fix === undefined ? {} : { fix }),
    ...(row.photos.length > 0 && step.action !== 'accept' && step.action !== 'arrive' ? { evidence: row.photos } : {}),
  };
  await change_order(row.order, { trouble: undefined });
  await put_act(row.order, body, step.after, step.label);
  /* Shown as done at once; the engine's answer has the last word. */
  if (step.after !== null) {
    await change_order(row.order, step.after === 'ACCEPTED' || step.after === 'ARRIVED' ? { state: step.after } : {});
  }
}

function Steps({ row }: { readonly row: OrderRow }) {
  const [asking, ask] = useState<Step | null>(null);
  const [is_pinning, set_pinning] = useState<Step | null>(null);
  const on_the_way = state.on_the_way.value.get(row.order);
  const is_ending = on_the_way !== undefined && row.state !== 'ACCEPTED' && row.state !== 'ARRIVED' ;
  const tap = (step: Step): void => {
    if (step.ask !== undefined) {
      ask(step);
    } else if (step.needs_place && fix_now() === undefined) {
      set_pinning(step);
    } else {
      void act(row, step);
    }
  };
  return (
    <>
      {on_the_way && <p class="note">{t(TEXT.sending, t(on_the_way))}</p>}
      {row.trouble && <div class="trouble" role="alert">
        <p>{t(row.trouble.text)}</p>
        {(row.trouble.code === 'TOO_FAR' || row.trouble.code === 'PLACE_NEEDED') && row.state === 'ACCEPTED'
          && <button class="plain" onClick={() => set_pinning(ARRIVE)}>{t(TEXT.pin)}</button>}
      </div>}
      <div class="steps">
        {steps_of(row).map((step) => (
          <button key={step.action} class={step.is_main ? 'main' : 'plain'} disabled={is_ending && on_the_way === step.label}
            data-action={step.action} onClick={() => tap(step)}>{t(step.label)}</button>
        ))}
      </div>
      {asking?.ask === 'reason' && <ReasonSheet action={asking.action} label={asking.label} close={() => ask(null)}
        take={(reason, text) => {
          ask(null);
          void act(row, asking, { reason, ...(text === '' ? {} : { text }) });
        }} />}
      {asking?.ask === 'words' && <WordsSheet label={asking.label} close={() => ask(null)} take={(text) => {
        ask(null);
        void act(row, asking, { text });
      }} />}
      {is_pinning && <PinSheet from={row.lon_e7 !== undefined && row.lat_e7 !== undefined
        ? { lon_e7: row.lon_e7, lat_e7: row.lat_e7 } : null}
        cancel={() => set_pinning(null)} take={(pin) => {
          set_pin(pin);
          set_pinning(null);
          void act(row, is_pinning);
        }} />}
    </>
  );
}

function CheckLine({ row, line }: { readonly row: OrderRow; readonly line: Line }) {
  const answer = row.answers[line.id];
  const give = (value: number): void => {
    void change_order(row.order, { answers: { ...row.answers, [line.id]: value } });
    void put_act(row.order, {
      action: 'plan_answer', subject: line.id, amount: value,
      ...(line.photo && row.photos.length > 0 ? { evidence: row.photos.slice(-1) } : {}),
    }, null, [line.text, line.text]);
  };
  const is_waiting = line.photo && row.photos.length === 0;
  return (
    <li>
      <span>{line.text}{line.required && <em> {t(TEXT.required)}</em>}{is_waiting && <em> {t(TEXT.need_photo)}</em>}</span>
      {line.number
        ? <input type="number" min={0} inputMode="numeric" aria-label={line.text} value={answer ?? ''} disabled={is_waiting}
            onChange={(event) => event.currentTarget.value !== '' && give(Number(event.currentTarget.value))} />
        : <span class="row tight">
            <button class={answer === 1 ? 'chosen' : 'plain'} aria-pressed={answer === 1} disabled={is_waiting}
              onClick={() => give(1)}>{t(TEXT.yes_short)}</button>
            <button class={answer === 0 ? 'chosen' : 'plain'} aria-pressed={answer === 0} disabled={is_waiting}
              onClick={() => give(0)}>{t(TEXT.no_short)}</button>
          </span>}
    </li>
  );
}

function Photos({ row }: { readonly row: OrderRow }) {
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) {
      return;
    }
    try {
      const { bytes, digest } = await shrink(file);
      await put_photo(row.order, digest, bytes);
      await change_order(row.order, { photos: [...row.photos, digest].slice(-16) });
    } catch {
      state.tell(TEXT.photo_failed, true, row.order);
    }
  };
  return (
    <label class="photo">
      <input type="file" accept="image/*" capture="environment" onChange={(event) => {
        void take(event.currentTarget.files?.[0]);
        event.currentTarget.value = '';
      }} />
      <span>{row.photos.length === 0 ? t(TEXT.photo) : t(TEXT.photo_added, row.photos.length)}</span>
    </label>
  );
}

function map_url(row: OrderRow): string {
  const lat = ((row.lat_e7 ?? 0) / 1e7).toFixed(6);
  const lon = ((row.lon_e7 ?? 0) / 1e7).toFixed(6);
  return `geo:${lat},${lon}?q=${lat},${lon}`;
}

function Feedback({ row }: { readonly row: OrderRow }) {
  const [is_open, open] = useState(false);
  return (
    <>
      <button class="link" onClick={() => open(true)}>{t(TEXT.feedback)}</button>
      {is_open && <WordsSheet label={TEXT.feedback} note={TEXT.feedback_note} close={() => open(false)} take={(text) => {
        open(false);
        void put_act(row.order, { action: 'comment', text }, null, TEXT.feedback);
      }} />}
    </>
  );
}

export function Card({ row }: { readonly row: OrderRow }) {
  const is_offer = row.state === 'OFFERED';
  return (
    <article class={`card ${is_offer ? 'offer' : ''}`} data-order={row.order} data-state={row.state}>
      <header>
        <span class="severity" title={t(TEXT.severity, row.severity)}>{NUMERALS[row.severity] ?? ''}</span>
        <h3>{both(row.title)}</h3>
        <span class="kind">{word('order_kind', row.kind)}</span>
      </header>
      <Clock row={row} />
      {row.task && <p>{row.task}</p>}
      <p class="place">
        <span>{both(row.place)}</span>
        {row.lon_e7 !== undefined && <a href={map_url(row)}>{t(TEXT.to_map)}</a>}
      </p>
      {row.reporter && <p class="faint">{t(TEXT.reporter, row.reporter)}</p>}
      {!is_offer && row.checklist.length > 0 && <section>
        <h4>{t(TEXT.checklist)}</h4>
        <ul class="checklist">{row.checklist.map((line) => <CheckLine key={line.id} row={row} line={line} />)}</ul>
      </section>}
      {row.state === 'ARRIVED' && <Photos row={row} />}
      <Steps row={row} />
      <footer>
        <span class="faint">{row.case} · {word('order_state', row.state)}</span>
        {!is_offer && <Feedback row={row} />}
      </footer>
    </article>
  );
}
