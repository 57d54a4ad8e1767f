/* parts.tsx: the small parts all pages show a case with: severity glyph, clock bar, age of data. */
import type { ComponentChildren } from 'preact';
import { age_ms, is_stale, live_state } from './live';
import { now } from './clock';
import { ROMAN, span } from './format';
import { t } from './i18n';
import type { CaseRow } from './shapes';

type Clocked = Pick<CaseRow, 'deadline_ms' | 'clock_set_ms' | 'handle_deadline_ms' | 'opened_at_ms' | 'is_overdue'>;

export type ClockTone = 'ok' | 'warn' | 'over' | 'none';

export interface ClockReading {
  readonly tone: ClockTone;
  readonly share: number; /* of the clock used, 0..1 */
  readonly left_ms: number; /* negative: over */
}

/** Green under 80 %, yellow to 100 %, red beyond: the one meaning of colour on a case. */
export function read_clock(row: Clocked, now_ms: number): ClockReading {
  if (row.is_overdue && row.handle_deadline_ms && row.handle_deadline_ms < now_ms && (row.deadline_ms ?? Infinity) > now_ms) {
    /* Handled late: a later clock runs, and the missed one is what it is judged by. */
    return { tone: 'over', share: 1, left_ms: row.handle_deadline_ms - now_ms };
  }
  if (row.deadline_ms === null || row.deadline_ms === undefined) {
    return { tone: row.is_overdue ? 'over' : 'none', share: row.is_overdue ? 1 : 0, left_ms: 0 };
  }
  const from = row.clock_set_ms ?? row.opened_at_ms;
  const whole = Math.max(1, row.deadline_ms - from);
  const share = Math.min(1, Math.max(0, (now_ms - from) / whole));
  const left_ms = row.deadline_ms - now_ms;
  const tone = left_ms < 0 || row.is_overdue ? 'over' : share >= 0.8 ? 'warn' : 'ok';
  return { tone, share: tone === 'over' ? 1 : share, left_ms };
}

export function Severity({ of }: { readonly of: number }) {
  return (
    <span class="severity" data-severity={of} title={t(['severity {0}', '等级 {0}'], ROMAN[of] ?? of)}>
      {ROMAN[of] ?? of}
    </span>
  );
}

/** Bar of what is left with its text; the bar runs empty as the clock runs out. */
export function Clock({ of, bare }: { readonly of: CaseRow; readonly bare?: boolean }) {
  const reading = read_clock(of, now.value);
  if (reading.tone === 'none') {
    return <span class="clock soft">{t(['no clock', '无时限'])}</span>;
  }
  const text =
    reading.left_ms < 0
      ? t(['{0} over', '超 {0}'], span(-reading.left_ms))
      : reading.tone === 'over'
        ? t(['overdue', '已超时'])
        : t(['{0} left', '剩 {0}'], span(reading.left_ms));
  return (
    <span class="clock" data-clock={reading.tone}>
      {!bare && (
        <span class="clock-track" aria-hidden="true">
          <span class="clock-bar" style={{ display: 'block', width: `${Math.round((reading.tone === 'over' ? 1 : 1 - reading.share) * 100)}%` }} />
        </span>
      )}
      <span class="clock-text">{text}</span>
    </span>
  );
}

/** How old what is shown is. Words, not colour: colour belongs to clocks. */
export function LiveAge() {
  const seconds = (age_ms.value / 1000).toFixed(0);
  const text =
    live_state.value === 'connecting'
      ? t(['connecting', '连接中'])
      : live_state.value === 'lost'
        ? t(['no connection, shown as of {0} s ago', '连接中断，数据为 {0} 秒前'], seconds)
        : is_stale.value
          ? t(['stale, {0} s old', '数据滞后 {0} 秒'], seconds)
          : t(['live, {0} s', '实时，{0} 秒'], seconds);
  return (
    <span class="age" data-stale={is_stale.value}>
      {text}
    </span>
  );
}

export function Panel({ name, title, aside, children }: {
  readonly name: string;
  readonly title: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section class={`panel ${name}`} aria-labelledby={`${name}-title`}>
      <header class="panel-head">
        <h2 id={`${name}-title`}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
