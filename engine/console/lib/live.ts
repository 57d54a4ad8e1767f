/* live.ts: the stream of the engine kept as tables. Reconnects by itself, resumes where it was, and says when it is stale.
 *
 * Rows are kept in plain maps for the map's canvas; `cases_version` and `workers_version` move at most four times a second, for lists. */
import { computed, signal } from '@preact/signals';
import { get, load_session, session, url_of } from './api';
import { log_now, set_log_clock } from './clock';
import type { CaseRow, Counters, LiveMessage, WorkerRow } from './shapes';

const STALE_MS = 5_000;
const PROBE_MS = 10_000;
const BACK_OFF_MS = [300, 700, 1_500, 3_000, 5_000];
const PUBLISH_MS = 250;

export type LiveState = 'connecting' | 'live' | 'lost';

export const live_state = signal<LiveState>('connecting');
export const cases = new Map<string, CaseRow>();
export const workers = new Map<string, WorkerRow>();
export const cases_version = signal(0);
export const workers_version = signal(0);
export const counters = signal<Counters>({});
/* Real time of the last word from the server, and of now: their difference is the age of what is shown. */
const heard_at = signal(0);
const tick = signal(performance.now());
export const age_ms = computed(() => (heard_at.value === 0 ? 0 : Math.max(0, tick.value - heard_at.value)));
export const is_stale = computed(() => live_state.value !== 'live' || age_ms.value > STALE_MS + PROBE_MS);

type Listener = (changed: { readonly cases: readonly CaseRow[]; readonly gone: readonly string[]; readonly workers: readonly WorkerRow[]; readonly is_whole: boolean }) => void;
const listeners = new Set<Listener>();

let socket: WebSocket | null = null;
let sequence = -1; /* of the last message: a reconnect goes on behind it */
let epoch = -1;
let words: Promise<void> = Promise.resolve(); /* messages are taken in the order they came */
let failures = 0;
let is_wanted = false;
let cases_dirty = false;
let workers_dirty = false;
let retry_timer = 0;

/** Called with every change, before lists are told. Returns how to stop. */
export function on_change(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/* A bar needs to know when its clock was set: when the deadline was seen to change, else when the case opened. */
function put_case(row: CaseRow): void {
  const before = cases.get(row.id);
  const set_ms = before && before.deadline_ms !== row.deadline_ms ? log_now() : before?.clock_set_ms;
  cases.set(row.id, set_ms && row.clock_set_ms === undefined ? { ...row, clock_set_ms: set_ms } : row);
}

function put_worker(row: WorkerRow): void {
  const before = workers.get(row.id);
  workers.set(row.id, before ? { ...before, ...row } : row);
}

function take(message: LiveMessage): void {
  heard_at.value = performance.now();
  if (message.type === 'hello') {
    epoch = message.epoch;
    set_log_clock(message.now_ms, message.speed);
    failures = 0;
    live_state.value = 'live';
    return;
  }
  if (message.now_ms !== undefined) {
    set_log_clock(message.now_ms);
  }
  if (message.type === 'snapshot') {
    cases.clear();
    workers.clear();
  } else {
    for (const id of message.gone ?? []) {
      cases.delete(id);
    }
  }
  for (const row of message.cases ?? []) {
    put_case(row);
  }
  for (const row of message.workers ?? []) {
    put_worker(row);
  }
  if (message.counters) {
    counters.value = { ...counters.value, ...message.counters };
  }
  sequence = message.sequence ?? sequence;
  cases_dirty ||= message.type === 'snapshot' || (message.cases?.length ?? 0) > 0 ||
    (message.type === 'delta' && (message.gone?.length ?? 0) > 0);
  workers_dirty ||= (message.workers?.length ?? 0) > 0 || message.type === 'snapshot';
  const changed = {
    cases: message.cases ?? [],
    gone: message.type === 'delta' ? message.gone ?? [] : [],
    workers: message.workers ?? [],
    is_whole: message.type === 'snapshot',
  };
  for (const listener of listeners) {
    listener(changed);
  }
  if (message.type === 'snapshot') {
    publish();
  }
}

function publish(): void {
  if (cases_dirty) {
    cases_dirty = false;
    cases_version.value++;
  }
  if (workers_dirty) {
    workers_dirty = false;
    workers_version.value++;
  }
}

function retry(): void {
  if (!is_wanted) {
    return;
  }
  live_state.value = 'lost';
  const wait = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)] ?? 5_000;
  failures++;
  window.clearTimeout(retry_timer);
  retry_timer = window.setTimeout(() => {
    /* A session that has ended shows the login; anything else is tried again. */
    load_session().then(() => session.value && connect(), retry);
  }, wait * (0.8 + Math.random() * 0.4));
}

async function text_of(data: string | ArrayBuffer): Promise<string> {
  if (typeof data === 'string') {
    return data;
  }
  const inflated = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(inflated).text();
}

function connect(): void {
  if (!is_wanted || socket) {
    return;
  }
  const ask = new URLSearchParams();
  if (sequence >= 0) {
    ask.set('since', String(sequence));
    ask.set('epoch', String(epoch));
  }
  if (typeof DecompressionStream === 'function') {
    ask.set('deflate', '1');
  }
  const url = url_of(`live?${ask}`);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const mine = new WebSocket(url.href);
  mine.binaryType = 'arraybuffer';
  socket = mine;
  mine.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
    words = words
      .then(() => text_of(event.data))
      .then((text) => socket === mine && take(JSON.parse(text) as LiveMessage))
      .then(undefined, () => {
        sequence = -1; /* what cannot be read may have held anything */
        mine.close();
      });
  };
  mine.onclose = () => {
    if (socket === mine) {
      socket = null;
      retry();
    }
  };
}

/* A quiet city sends little: silence is probed before it is called stale. */
async function probe(): Promise<void> {
  if (live_state.value !== 'live' || performance.now() - heard_at.value < PROBE_MS) {
    return;
  }
  try {
    const said = await get<{ now_ms?: number }>('counters');
    heard_at.value = performance.now();
    if (said.now_ms) {
      set_log_clock(said.now_ms);
    }
  } catch {
    socket?.close();
  }
}

export function start_live(): void {
  if (is_wanted) {
    return;
  }
  is_wanted = true;
  connect();
}

export function stop_live(): void {
  is_wanted = false;
  window.clearTimeout(retry_timer);
  socket?.close();
  socket = null;
  sequence = -1;
}

setInterval(publish, PUBLISH_MS);
setInterval(() => {
  tick.value = performance.now();
  void probe();
}, 1_000);
addEventListener('online', () => {
  failures = 0;
});
