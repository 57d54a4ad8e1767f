/* day_chart.tsx: the day hour by hour: opened and closed, as two curves. */
import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock_time } from '../lib/format';
import { t } from '../lib/i18n';
import type { CaseRow } from '../lib/shapes';
import { theme } from '../lib/theme';

const HOUR_MS = 3_600_000;
const HEIGHT = 180;

/** Hours from the first case to now, at most a day: [hour starts in s, opened, closed]. */
export function by_hour(rows: readonly Pick<CaseRow, 'opened_at_ms' | 'closed_at_ms'>[], now_ms: number): [number[], number[], number[]] {
  const last = Math.floor(now_ms / HOUR_MS);
  const first = Math.max(last - 23, rows.reduce((low, row) => Math.min(low, Math.floor(row.opened_at_ms / HOUR_MS)), last - 1));
  const hours = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const count = (at: (row: Pick<CaseRow, 'opened_at_ms' | 'closed_at_ms'>) => number | null): number[] => {
    const sums = hours.map(() => 0);
    for (const row of rows) {
      const ms = at(row);
      const i = ms === null ? -1 : Math.floor(ms / HOUR_MS) - first;
      if (i >= 0 && i < sums.length) {
        sums[i]!++;
      }
    }
    return sums;
  };
  return [hours.map((hour) => (hour * HOUR_MS) / 1000), count((row) => row.opened_at_ms), count((row) => row.closed_at_ms)];
}

export function DayChart({ rows, now_ms }: { readonly rows: readonly CaseRow[]; readonly now_ms: number }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => effect(() => {
    void theme.value;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const axis = { stroke: colour('text-2'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line') } };
    place.current!.replaceChildren();
    const chart = new UPlot({
      width: place.current!.clientWidth || 700, height: HEIGHT,
      cursor: { drag: { x: false, y: false } },
      scales: { x: { range: (_, low, high) => [low - HOUR_MS / 2000, high + HOUR_MS / 2000] }, y: { range: (_, __, high) => [0, Math.max(4, high)] } },
      axes: [
        { ...axis, incrs: [1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS / 1000), values: (_, ticks) => ticks.map((tick) => clock_time(tick * 1000)) },
        { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
      ],
      series: [
        { label: t(['hour', '时段']), value: (_, seconds) => (seconds === null ? '' : clock_time(seconds * 1000)) },
        { label: t(['opened', '立案']), stroke: colour('accent'), fill: colour('accent-soft'), width: 1, paths: UPlot.paths.bars!({ size: [0.5, 60] }), points: { show: false } },
        { label: t(['closed', '结案']), stroke: colour('text-2'), width: 2, dash: [5, 4] },
      ],
    }, by_hour(rows, now_ms), place.current!);
    return () => chart.destroy();
  }), [rows]);
  return <div ref={place} class="chart" role="img" aria-label={t(['cases opened and closed by hour', '各时段立案与结案数'])} />;
}
