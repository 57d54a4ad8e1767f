/* strip.tsx: today's figures under the map; each is a link to the list behind it. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get } from '../lib/api';
import { span } from '../lib/format';
import { t } from '../lib/i18n';
import { age_ms, counters } from '../lib/live';
import { cell_name } from './state';

const EVERY_MS = 30_000;

/* Of all cases of the local day, as the read side counts them. */
interface Today {
  readonly filed: number;
  readonly closed: number; /* without a limit there is no "in time", and what was void was not handled */
  readonly handled_in_time: number;
  readonly sourced: number;
  readonly proactive: number;
  readonly cell?: string | null; /* slowest by its 90th percentile */
  readonly p90_ms?: number | null;
}

const today = signal<Today | null>(null);

async function load(): Promise<void> {
  today.value = await get<Today>('today');
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
          <a href="#cases?state=all">{t(['filed', '立案'])} <b>{figure.filed}</b></a>
          <a href="#cases?state=closed">
            {t(['closed, handled in time', '已结，按期处置'])} <b>{figure.closed === 0 ? t(['n/a', '无']) : `${figure.handled_in_time}/${figure.closed}`}</b>
          </a>
          {figure.sourced > 0 && (
            <a href="#indices?index=proactive_rate">
              {t(['found by ourselves', '主动发现'])} <b>{Math.round((100 * figure.proactive) / figure.sourced)} %</b>
            </a>
          )}
          {figure.cell && (
            <a href={`#cases?state=all&cell=${figure.cell}`}>
              {t(['slowest cell', '最慢网格'])} <b>{cell_name(figure.cell)}</b> p90 {span(figure.p90_ms ?? 0)}
            </a>
          )}
        </>
      )}
      {open !== undefined && open !== null && <a href="#cases?state=open">{t(['open', '未结'])} <b>{open}</b></a>}
      <span class="soft strip-age">{t(['data {0} s old', '数据 {0} 秒前'], Math.round(age_ms.value / 1000))}</span>
    </div>
  );
}
