/* poll.ts: hears what the engine has for this person: one held request at a time, for as long as the page is open.
 *
 * An item is written to the phone before it is acknowledged, so that a phone that dies in between is told again. */
import { Problem, get, post, session } from '../lib/api';
import { change_order, drop_order, has_left, look_soon, send_soon, show_orders } from './outbox';
import * as state from './state';
import * as store from './store';
import { words_of_code } from './texts';
import type { Item, OrderRow, OrderState, Tasks } from './types';

const WAIT_MS = 20000;
const AGAIN_MIN_MS = 1000;
const AGAIN_MAX_MS = 15000;

let ack_seq = 0;
let held: AbortController | null = null;
let is_polling = false;

function row_of(item: Item, before: OrderRow | undefined): OrderRow {
  return {
    order: item.order,
    case: item.case ?? before?.case ?? '',
    kind: item.order_kind,
    state: item.order_state,
    title: item.title ?? before?.title ?? '',
    severity: item.severity,
    lon_e7: item.lon_e7,
    lat_e7: item.lat_e7,
    place: item.place,
    deadline_ms: item.deadline_ms,
    offered_ms: before?.offered_ms ?? state.engine_now(),
    task: item.task,
    reporter: item.reporter,
    checklist: item.checklist ?? [],
    answers: before?.answers ?? {},
    photos: before?.photos ?? [],
    trouble: before?.state === item.order_state ? before.trouble : undefined,
  };
}

const name_of = (row: OrderRow, lang: 'en' | 'zh'): string =>
  (typeof row.title === 'string' ? row.title : row.title[lang]) ?? '';

const is_active = (order_state: OrderState): boolean =>
  order_state === 'OFFERED' || order_state === 'ACCEPTED' || order_state === 'ARRIVED';

async function take_item(person: string, item: Item): Promise<void> {
  const before = (await store.all_orders(person)).find((row) => row.order === item.order);
  /* What this phone has done and not yet sent is newer than what the engine says. */
  const is_ahead = state.on_the_way.value.has(item.order);
  if (item.kind === 'RECALL' || !is_active(item.order_state)) {
    await drop_order(person, item.order);
    if (before !== undefined && item.kind === 'RECALL' && !is_ahead) {
      const [en, zh] = words_of_code(item.code ?? 'RECALLED');
      state.tell([`Taken back: ${name_of(before, 'en')} (${en})`, `已撤回：${name_of(before, 'zh')}（${zh}）`], true, item.order);
    }
    return;
  }
  const row = row_of(item, before);
  await store.put_order(person, is_ahead && before !== undefined ? { ...row, state: before.state } : row);
  if (item.kind === 'OFFER' && before === undefined) {
    navigator.vibrate?.(200);
  }
}

async function take(person: string, tasks: Tasks): Promise<void> {
  state.hear_clock(tasks.now_ms, tasks.speed);
  for (const item of tasks.items) {
    await take_item(person, item);
  }
  /* A number below ours: another engine, or its log began anew. */
  ack_seq = tasks.seq;
  await store.put_note(person, 'ack_seq', ack_seq);
  await show_orders();
  if (tasks.items.some((item) => typeof item.title === 'string')) {
    look_soon();
  }
}

function poll_body(wait_ms: number): unknown {
  const fix = state.fix.value;
  return {
    ack_seq,
    wait_ms,
    status: state.status.value.toLowerCase(),
    ...(fix !== null && state.status.value !== 'OFF'
      ? { fix: { lon_e7: fix.lon_e7, lat_e7: fix.lat_e7, accuracy_cm: fix.accuracy_cm ?? 0 } } : {}),
  };
}

async function poll_once(person: string, wait_ms: number): Promise<void> {
  held = new AbortController();
  const tasks = await post<Tasks>('worker/poll', poll_body(wait_ms), { signal: held.signal });
  await take(person, tasks);
  state.is_connected.value = true;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function poll_on(person: string): Promise<void> {
  let again_ms = AGAIN_MIN_MS;
  let wait_ms = 0; /* the first is answered at once: the page shows where it stands */
  while (session.value?.person === person) {
    try {
      await poll_once(person, wait_ms);
      again_ms = AGAIN_MIN_MS;
      if (wait_ms > 0) {
        await look_again(person, false);
      }
      wait_ms = WAIT_MS;
      if (state.waiting_count.value > 0) {
        send_soon();
      }
    } catch (error) {
      if (error instanceof DOMException) {
        continue; /* cut short: there is something new to say */
      }
      if (!(error instanceof Problem)) {
        throw error;
      }
      state.is_connected.value = !error.is_offline;
      await pause(again_ms);
      again_ms = Math.min(again_ms * 2, AGAIN_MAX_MS);
    }
  }
}

/** Says what is new (status, place) at once instead of with the next poll. */
export function poll_now(): void {
  held?.abort();
}

/* Items are told once, to whichever phone of the person asks first: a second phone, or one that lost what it kept, asks for what is its
 * owner's. is_whole: what is not listed is gone; not while polls go on, for the list may be a moment older than an item. */
async function look_again(person: string, is_whole: boolean): Promise<void> {
  const listed = await get<{ readonly items: readonly Item[] }>('worker/orders');
  const known = new Set((await store.all_orders(person)).map((row) => row.order));
  for (const row of listed.items) {
    if (!known.has(row.order) && !has_left(row.order)) {
      await store.put_order(person, row_of(row, undefined));
    }
  }
  const open = new Set(listed.items.map((row) => row.order));
  for (const order of is_whole ? known : []) {
    if (!open.has(order) && !state.on_the_way.value.has(order)) {
      await change_order(order, { state: 'RECALLED' });
    }
  }
  await show_orders();
}

export async function start_polling(person: string): Promise<void> {
  if (is_polling) {
    return;
  }
  is_polling = true;
  ack_seq = (await store.find_note<number>(person, 'ack_seq')) ?? 0;
  try {
    await look_again(person, true);
  } catch {
    /* Offline: what the phone keeps is shown; polls go on trying. */
  }
  try {
    await poll_on(person);
  } finally {
    is_polling = false;
  }
}
