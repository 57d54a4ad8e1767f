/* outbox.ts: what a worker does takes effect once, whenever the network allows.
 *
 * Everything that is done goes to the phone's disk first, with a key of its own, then out in order, one at a time. A request without an answer
 * is sent again with the same key: the server answers it without doing it twice. What the engine refuses is told and leaves the queue;
 * what it refuses for now (no connection, overloaded, logged out) stays.
 *
 *   put -> on disk -> sent -> answered: done      -> off the disk, order as the engine says
 *                       |        |--- refused     -> off the disk, told, order as the engine says
 *                       +--- no answer, later     -> waits 1 s .. 30 s */
import { Problem, get, new_key, request, session } from '../lib/api';
import type { Pair } from '../lib/i18n';
import { pair_of } from '../lib/problems';
import * as store from './store';
import * as state from './state';
import type { Act, Item, OrderRow, OrderState, Waiting } from './types';
import { ADVICE, words_of_code, words_of_state } from './texts';

interface Answer {
  readonly code?: string;
  readonly state?: string;
  readonly case?: string;
  readonly receipt?: string;
  readonly secret?: string;
  readonly now_ms?: number;
  readonly speed?: number;
}

const WAIT_MIN_MS = 1000;
const WAIT_MAX_MS = 30000;
const LOOK_MS = 700; /* what was answered is listed a moment later */
const OVER: ReadonlySet<string> = new Set(['DONE', 'DECLINED', 'EXPIRED', 'RETURNED', 'RECALLED']);
const LOST: ReadonlySet<string> = new Set(['NOT_YOURS', 'UNKNOWN_ORDER', 'GONE', 'RECALLED', 'EXPIRED']);

let is_sending = false;
let wait_ms = WAIT_MIN_MS;
let timer: ReturnType<typeof setTimeout> | undefined;
let number_last = 0;
let look_timer: ReturnType<typeof setTimeout> | undefined;

export async function count_waiting(): Promise<void> {
  const person = session.value?.person ?? '';
  const entries = await store.all_waiting(person);
  state.waiting_count.value = entries.length;
  state.on_the_way.value = new Map(entries.filter((entry) => entry.order !== 0).map((entry) => [entry.order, entry.what]));
  state.others_waiting.value = await store.count_others(person);
}

async function put(entry: Omit<Waiting, 'number' | 'person' | 'key' | 'at_ms'>): Promise<void> {
  const person = session.value?.person;
  if (person === undefined) {
    return;
  }
  number_last = Math.max(Date.now(), number_last + 1);
  await store.put_waiting({ ...entry, number: number_last, person, key: new_key(), at_ms: Date.now() });
  await count_waiting();
  send_soon();
}

export const put_act = (order: number, act: Act, after: OrderState | null, what: Pair): Promise<void> =>
  put({ kind: 'act', path: `orders/${order}/acts`, body: act, order, after, what });

export const put_report = (body: unknown, what: Pair): Promise<void> =>
  put({ kind: 'report', path: 'reports', body, order: 0, after: null, what });

export const put_photo = (order: number, digest: string, bytes: Blob): Promise<void> =>
  put({ kind: 'photo', path: `blobs/${digest}`, body: bytes, order, after: null, what: ['photo', '照片'] });

/* ---- orders ---- */

export async function show_orders(): Promise<void> {
  const rows = await store.all_orders(session.value?.person ?? '');
  state.orders.value = rows.filter((row) => !OVER.has(row.state));
}

/* What left the list a moment ago may still stand in the server's. */
const left_at = new Map<number, number>();
const LEFT_MS = 10000;

export const has_left = (order: number): boolean => Date.now() - (left_at.get(order) ?? 0) < LEFT_MS;

export async function drop_order(person: string, order: number): Promise<void> {
  left_at.set(order, Date.now());
  await store.remove_order(person, order);
}

export async function change_order(order: number, change: Partial<OrderRow>): Promise<void> {
  const person = session.value?.person ?? '';
  const row = (await store.all_orders(person)).find((one) => one.order === order);
  if (row === undefined) {
    return;
  }
  const next = { ...row, ...change };
  await (OVER.has(next.state) ? drop_order(person, order) : store.put_order(person, next));
  await show_orders();
}

/* Deadlines and names as they stand, of orders that stand as this phone knows them: the list may be a moment older. */
async function look_at_clocks(): Promise<void> {
  try {
    const { items } = await get<{ readonly items: readonly Item[] }>('worker/orders');
    for (const item of items) {
      const row = state.orders.value.find((one) => one.order === item.order);
      if (row !== undefined && row.state === item.order_state) {
        await change_order(item.order, { deadline_ms: item.deadline_ms, title: item.title ?? row.title, place: item.place ?? row.place });
      }
    }
  } catch (error) {
    if (!(error instanceof Problem)) {
      throw error; /* offline: the clock is missing until the next act or poll */
    }
  }
}

export function look_soon(): void {
  clearTimeout(look_timer);
  look_timer = setTimeout(() => void look_at_clocks(), LOOK_MS);
}

/* ---- sending ---- */

const is_order_state = (name: string | undefined): name is OrderState =>
  name !== undefined && (OVER.has(name) || ['OFFERED', 'ACCEPTED', 'ARRIVED'].includes(name));

async function settle_done(entry: Waiting, answer: Answer): Promise<void> {
  if (answer.now_ms !== undefined) {
    state.hear_clock(answer.now_ms, answer.speed ?? 1);
  }
  if (entry.kind === 'act' && entry.after !== null) {
    /* Another clock runs now: which, the next look at the orders says. */
    await change_order(entry.order, {
      state: is_order_state(answer.state) ? answer.state : entry.after, deadline_ms: undefined, offered_ms: state.engine_now(),
    });
    look_soon();
  }
  if (entry.kind === 'report') {
    const receipt = answer.receipt ?? answer.case ?? '';
    const [en, zh] = words_of_code(answer.code ?? 'DONE');
    state.tell([`${entry.what[0]}: ${en}. ${receipt}`, `${entry.what[1]}：${zh}。${receipt}`]);
  }
}

/* The engine has judged. An act that already took effect finds the state it led to: that is no news to anybody. */
async function settle_refused(entry: Waiting, problem: Problem): Promise<void> {
  const found = problem.state;
  if (problem.code === 'WRONG_STATE' && entry.after !== null && found === entry.after) {
    await change_order(entry.order, { state: entry.after });
    return;
  }
  if (entry.kind === 'act' && is_order_state(found)) {
    await change_order(entry.order, { state: found });
  } else if (entry.kind === 'act' && LOST.has(problem.code)) {
    await change_order(entry.order, { state: 'RECALLED' });
  }
  const what = [entry, ...(await drop_after(entry))];
  const [en, zh] = pair_of(problem);
  const advice = ADVICE[problem.code];
  const now = advice === undefined && is_order_state(found) ? words_of_state(found) : null;
  const text: Pair = [
    `Not done: ${what.map((one) => one.what[0]).join(', ')}. ${en}${now ? ` (now: ${now[0]})` : ''}.${advice ? ` ${advice[0]}` : ''}`,
    `未执行：${what.map((one) => one.what[1]).join('、')}。${zh}${now ? `（现为：${now[1]}）` : ''}。${advice ? advice[1] : ''}`];
  state.tell(text, true, entry.order);
  if (entry.kind === 'act') {
    await change_order(entry.order, { trouble: { code: problem.code, text } });
  }
}

/* What was tapped after a step that was refused rests on it: not sent, and told with it. */
async function drop_after(entry: Waiting): Promise<Waiting[]> {
  if (entry.kind !== 'act' || entry.after === null) {
    return [];
  }
  const later = (await store.all_waiting(entry.person)).filter((one) =>
    one.kind === 'act' && one.order === entry.order && one.number > entry.number && one.after !== null);
  for (const one of later) {
    await store.remove_waiting(one);
  }
  return later;
}

const is_for_now = (problem: Problem): boolean =>
  problem.is_offline || problem.status >= 500 || problem.status === 429 || problem.status === 408 ||
  problem.status === 401 || problem.code === 'IN_PROGRESS' || problem.code === 'CSRF' || problem.code === 'NO_SESSION';

async function send_one(entry: Waiting): Promise<boolean> {
  try {
    const method = entry.kind === 'photo' ? 'PUT' : 'POST';
    const answer = await request<Answer>(method, entry.path, entry.body, { key: entry.key });
    await store.remove_waiting(entry);
    await settle_done(entry, answer ?? {});
  } catch (error) {
    if (!(error instanceof Problem)) {
      throw error;
    }
    state.is_connected.value = !error.is_offline;
    if (is_for_now(error)) {
      return false;
    }
    await store.remove_waiting(entry);
    await settle_refused(entry, error);
  }
  state.is_connected.value = true;
  return true;
}

async function send_all(): Promise<void> {
  const person = session.value?.person;
  if (is_sending || person === undefined) {
    return;
  }
  is_sending = true;
  let is_going = true;
  try {
    while (is_going && session.value?.person === person) {
      const entry = (await store.all_waiting(person))[0];
      if (entry === undefined) {
        break;
      }
      is_going = await send_one(entry);
      wait_ms = is_going ? WAIT_MIN_MS : Math.min(wait_ms * 2, WAIT_MAX_MS);
      await count_waiting();
    }
  } finally {
    is_sending = false;
  }
  if (!is_going) {
    clearTimeout(timer);
    timer = setTimeout(send_soon, wait_ms);
  }
}

/** Sends what waits, now. */
export function send_soon(): void {
  clearTimeout(timer);
  void send_all();
}

export function start_outbox(): void {
  addEventListener('online', () => {
    wait_ms = WAIT_MIN_MS;
    send_soon();
  });
  addEventListener('offline', () => {
    state.is_connected.value = false;
  });
}
