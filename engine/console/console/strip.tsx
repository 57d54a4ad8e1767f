/* strip.tsx: today's figures under the map; each is a link to the list behind it. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get } from '../lib/api';
import { now } from '../lib/clock';
import { span } from '../lib/format';
import { t } from '../lib/i18n';
import { age_ms, counters } from '../lib/live';
import type { CaseRow, List } from '../lib/shapes';
import { cell_name } from './state';

const EVERY_MS = 20_000;
const LIST_MAX = 500;

interface Today {
  readonly filed: number;
  readonly closed: number;
  readonly handled_in_time: number;
  readonly proactive: number | null; /* share of filed, 0..1 */
  readonly worst_cell: string | null;
  readonly worst_p90_ms: number;
  readonly is_cut: boolean; /* more cases than one list holds: of the newest only */
}

const today = signal<Today | null>(null);
const PROACTIVE = new Set(['SENSOR', 'CAMERA', 'PATROL', 'INSPECTION']);

function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** Of the cases of the local day: how long each has been or was open, worst cell by its 90th percentile. */
export function sum_up(rows: readonly (CaseRow & { readonly source?: string | null })[], now_ms: number, is_cut: boolean): Today {
  const by_cell = new Map<string, number[]>();
  for (const row of rows) {
    if (row.cell) {
      const spans = by_cell.get(row.cell) ?? [];
      spans.push((row.closed_at_ms ?? now_ms) - row.opened_at_ms);
      by_cell.set(row.cell, spans);
    }
  }
  let worst_cell: string | null = null;
  let worst = 0;
  for (const [cell, spans] of by_cell) {
    const p90 = percentile(spans, 0.9);
    if (p90 > worst || (p90 === worst && worst_cell !== null && cell < worst_cell)) {
      worst = p90;
      worst_cell = cell;
    }
  }
  /* Without a limit there is no "in time", and what was void was not handled. */
  const closed = rows.filter((row) => row.state === 'CLOSED' && row.handle_deadline_ms);
  const sourced = rows.filter((row) => row.source);
  return {
    filed: rows.length,
    closed: closed.length,
    handled_in_time: closed.filter((row) => (row.handled_at_ms ?? row.closed_at_ms ?? Infinity) <= row.handle_deadline_ms!).length,
    proactive: sourced.length === 0 ? null : sourced.filter((row) => PROACTIVE.has(row.source!)).length / sourced.length,
    worst_cell,
    worst_p90_ms: worst,
    is_cut,
  };
}

async function load(): Promise<void> {
  const midnight = new Date(now.value + 8 * 3_600_000);
  midnight.setUTCHours(0, 0, 0, 0);
  const from = midnight.getTime() - 8 * 3_600_000;
  const said = await get<List<CaseRow>>(`cases?state=all&limit=${LIST_MAX}`);
  today.value = sum_up(said.items.filter((row) => row.opened_at_ms >= from), now.value, said.next !== null);
}

export function Strip() {
  useEffect(() => {
    const ask = (): void => void load().catch(() => undefined);
    const first = setTimeout(ask, 300);
    const timer = setInterval(ask, EVERY_MS);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, []);
  const figure = today.value;
  const open = counters.value['open'];
  return (
    <div class="strip" role="group" aria-label={t(['today', '今日'])}>
      <span class="soft">{t(['Today', '今日'])}</span>
      {figure && (
        <>
          <a href="#cases?state=all">{t(['filed', '立案'])} <b>{figure.filed}{figure.is_cut ? '+' : ''}</b></a>
          <a href="#cases?state=closed">
            {t(['closed, handled in time', '已结，按期处置'])} <b>{figure.closed === 0 ? t(['n/a', '无']) : `${figure.handled_in_time}/${figure.closed}`}</b>
          </a>
          {figure.proactive !== null && (
            <a href="#indices?index=proactive_rate">
              {t(['found by ourselves', '主动发现'])} <b>{Math.round(figure.proactive * 100)} %</b>
            </a>
          )}
          {figure.worst_cell && (
            <a href={`#cases?state=all&cell=${figure.worst_cell}`}>
              {t(['slowest cell', '最慢网格'])} <b>{cell_name(figure.worst_cell)}</b> p90 {span(figure.worst_p90_ms)}
            </a>
          )}
        </>
      )}
      {open !== undefined && open !== null && <a href="#cases?state=open">{t(['open', '未结'])} <b>{open}</b></a>}
      <span class="soft strip-age">{t(['data {0} s old', '数据 {0} 秒前'], Math.round(age_ms.value / 1000))}</span>
    </div>
  );
}
