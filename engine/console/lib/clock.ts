/* clock.ts: the log's clock on this screen. The server says an instant and a speed; between two messages it is carried on. */
import { signal } from '@preact/signals';

let base_log_ms = 0;
let base_real_ms = 0;
export const speed = signal(1);
/* Log time, moved once a second: what bars and ages are drawn from. 0: not known yet. */
export const now = signal(0);

export function log_now(): number {
  return base_log_ms === 0 ? 0 : base_log_ms + (performance.now() - base_real_ms) * speed.value;
}

/** The server's clock; never moved back by less than a minute of jitter in transit. */
export function set_log_clock(now_ms: number, at_speed?: number): void {
  if (at_speed !== undefined && at_speed > 0) {
    speed.value = at_speed;
  }
  const carried = log_now();
  base_log_ms = now_ms < carried && carried - now_ms < 60_000 * speed.value ? carried : now_ms;
  base_real_ms = performance.now();
  if (now.value === 0) {
    now.value = base_log_ms;
  }
}

setInterval(() => {
  if (base_log_ms !== 0) {
    now.value = log_now();
  }
}, 1000);
