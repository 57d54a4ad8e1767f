/* page_indices.tsx: indices of a month, each beside what keeps it honest; every figure opens the cases behind it. Offices, never persons. */
import { useState } from 'preact/hooks';
import { now } from '../lib/clock';
import { PageHead, Trouble, use_fetched } from '../lib/fetched';
import { both, t } from '../lib/i18n';
import type { CaseRow, List } from '../lib/shapes';
import { DayChart } from './day_chart';
import { follow, go, page_query } from './state';

interface IndexValue {
  readonly name: string;
  readonly zh?: string;
  readonly en?: string;
  readonly raw: number | null;
  readonly exempted: number | null;
  readonly formula?: string;
  readonly beside?: readonly string[];
}
interface Indices {
  readonly version: string;
  readonly from: string;
  readonly to: string;
  readonly exempt?: number;
  readonly rows: readonly { readonly object: string; readonly indices: Readonly<Record<string, IndexValue>> }[];
}
interface Behind {
  readonly [counter: string]: readonly { readonly case: string; readonly exempt?: boolean }[] | unknown;
}

const figure = (one: IndexValue | undefined, value: number | null | undefined): string =>
  value === null || value === undefined ? t(['n/a', '无']) : one && /rate|share|accuracy/.test(one.name) ? `${value.toFixed(2)} %` : value.toFixed(2);

const month_of = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 7);

function Cases({ month, name, title }: { readonly month: string; readonly name: string; readonly title: string }) {
  const behind = use_fetched<Behind>(`kpi?month=${month}&index=${name}`, 300_000);
  const counters = Object.entries((behind.data?.['cases'] ?? behind.data ?? {}) as Behind).filter(([, cases]) => Array.isArray(cases));
  return (
    <section class="card" aria-label={title}>
      <h3>{t(['Behind “{0}”', '“{0}”所依据的案件'], title)}</h3>
      <Trouble of={behind} />
      {counters.map(([counter, cases]) => {
        const list = cases as readonly { readonly case: string; readonly exempt?: boolean }[];
        return (
          <details class="part" key={counter}>
            <summary>{counter} <b>{list.length}</b></summary>
            <p class="row">
              {list.slice(0, 500).map((one, i) => (
                <button key={i} type="button" class="link" onClick={() => follow(one.case)}>
                  {one.case.replace(/^\d+-/, '')}{one.exempt ? ` (${t(['exempt', '豁免'])})` : ''}
                </button>
              ))}
            </p>
          </details>
        );
      })}
    </section>
  );
}

export default function IndicesPage() {
  const [month, set_month] = useState(month_of(now.value || Date.now()));
  const list = use_fetched<Indices>(`kpi?month=${month}`, 60_000);
  const day = use_fetched<List<CaseRow>>('cases?state=all&limit=500', 120_000);
  const all = list.data?.rows[0]?.indices ?? {};
  const open = page_query.value.get('index');
  const name_of = (name: string): string => both(all[name] ?? null) || name;
  return (
    <>
      <PageHead title={t(['Indices', '指标'])} of={list}>
        <label><span class="hidden-text">{t(['month', '月份'])}</span>
          <input type="month" value={month} onChange={(event) => set_month(event.currentTarget.value)} /></label>
        {list.data && <span class="soft">{list.data.from} – {list.data.to} · {t(['formulas {0}', '公式版本 {0}'], list.data.version)}</span>}
      </PageHead>
      {day.data && day.data.items.length > 0 && <DayChart rows={day.data.items} now_ms={day.data.now_ms} />}
      {open && <Cases month={month} name={open} title={name_of(open)} />}
      <h3>{t(['Each beside its counter-index', '指标与对照指标'])}</h3>
      <div class="cards">
        {Object.values(all).map((one) => (
          <article class="card" key={one.name}>
            <h4>{both(one)}</h4>
            <button type="button" class="link figure" onClick={() => go('indices', `index=${one.name}`)}>{figure(one, one.raw)}</button>
            {one.exempted !== one.raw && <span class="soft"> {t(['without the exempt {0}', '剔除豁免 {0}'], figure(one, one.exempted))}</span>}
            {(one.beside ?? []).map((name) => (
              <p key={name} class="soft">
                {t(['beside', '对照'])} {name_of(name)}{' '}
                <button type="button" class="link" onClick={() => go('indices', `index=${name}`)}>{figure(all[name], all[name]?.raw)}</button>
              </p>
            ))}
            {one.formula && <p class="soft"><code>{one.formula}</code></p>}
          </article>
        ))}
      </div>
    </>
  );
}
