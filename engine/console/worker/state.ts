/* state.ts: the page's one state: orders, what waits, notices, the engine's clock. Views read signals, nothing else. */
import { signal } from '@preact/signals';
import type { Pair } from '../lib/i18n';
import type { Fix, Notice, OrderRow } from './types';

export const orders = signal<readonly OrderRow[]>([]);
export const waiting_count = signal(0);
/* Orders with something on its way, and what. */
export const on_the_way = signal<ReadonlyMap<number, Pair>>(new Map());
export const others_waiting = signal(0);
export const notices = signal<readonly Notice[]>([]);
export const is_connected = signal(navigator.onLine);
export type Status = 'READY' | 'PAUSED' | 'OFF';
export const status = signal<Status>('READY');

/* Where the phone is: by its receiver, or as its owner has set it on the map. */
export const fix = signal<(Fix & { readonly is_pin: boolean }) | null>(null);
export const is_watching = signal(false);
export const fix_trouble = signal<Pair | null>(null);

/* The engine's clock: log time runs `speed` times as fast as ours. */
const clock = signal({ now_ms: 0, speed: 1, heard_at: 0 });
export const second = signal(0);
setInterval(() => {
  second.value += 1;
}, 1000);

export function hear_clock(now_ms: number, speed: number): void {
  clock.value = { now_ms, speed: speed || 1, heard_at: performance.now() };
}

/** Log time now; 0 until the engine has spoken. */
export function engine_now(): number {
  const { now_ms, speed, heard_at } = clock.value;
  return now_ms === 0 ? 0 : Math.round(now_ms + (performance.now() - heard_at) * speed);
}

/** Real ms until an instant of the log. */
export function real_ms_until(at_ms: number): number {
  return (at_ms - engine_now()) / clock.value.speed;
}

let notice_last = 0;
const NOTICES_MAX = 20;

export function tell(text: Pair, is_bad = false, order = 0): void {
  notice_last += 1;
  notices.value = [{ id: notice_last, is_bad, text, order }, ...notices.value].slice(0, NOTICES_MAX);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}
