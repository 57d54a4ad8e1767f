/* needs.tsx: "needs you now": not all cases, only those that wait for somebody at this desk. */
import { computed, effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { short_number } from '../lib/format';
import { both, t, word, type Pair } from '../lib/i18n';
import { age_ms, cases, cases_version, is_stale } from '../lib/live';
import { Clock, Panel, Severity } from '../lib/parts';
import type { CaseRow } from '../lib/shapes';
import { detail, follow, follow_first } from './state';

/* In the order in which one looks at them. */
export const NEEDS: Readonly<Record<string, Pair>> = {
  unaccepted: ['not accepted', '未接单'],
  nobody: ['nobody eligible', '无人可派'],
  overdue: ['overdue', '超时'],
  check: ['to be checked', '待核查'],
  adjudication: ['to be ruled on', '待裁定'],
};
const SHOWN_MAX = 200;

export const need_filter = signal<string | null>(null);

/** Urgent first, then what is over, then what runs out first; ties end in the id, so rows stay where they are. */
export function compare_needs(a: CaseRow, b: CaseRow): number {
  const urgent = Number(b.severity === 1) - Number(a.severity === 1);
  const over = Number(b.is_overdue) - Number(a.is_overdue);
  return urgent || over || (a.deadline_ms ?? Infinity) - (b.deadline_ms ?? Infinity) || (a.id < b.id ? -1 : 1);
}

export const needing = computed<readonly CaseRow[]>(() => {
  void cases_version.value;
  return [...cases.values()].filter((row) => (row.need?.length ?? 0) > 0).sort(compare_needs);
});

effect(() => {
  const first = needing.value[0];
  if (first) {
    follow_first(first.id);
  }
});

export const shown_needs = computed(() => {
  const filter = need_filter.value;
  return filter ? needing.value.filter((row) => row.need.includes(filter)) : needing.value;
});

/** The next row in a direction from the followed one; for the arrow keys anywhere on the page. */
export function step_need(by: 1 | -1): void {
  const rows = shown_needs.value;
  const at = rows.findIndex((row) => row.id === detail.value?.id);
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
  if (next) {
    follow(next.id);
  }
}

/* Titles begin with their place, which has a line of its own here. */
function title_of(row: CaseRow): string {
  const title = both(row.title);
  const place = both(row.place);
  const rest = place && title.startsWith(place) ? title.slice(place.length).replace(/^[:：\s]+/, '') : '';
  return rest || title;
}

/* The clock says that it is overdue; then its state says more. */
const why_of = (row: CaseRow): string =>
  row.need.filter((need) => need !== 'overdue').map((need) => (NEEDS[need] ? t(NEEDS[need]) : need)).join(' · ') || word('case_state', row.state);

function Row({ row, is_followed }: { readonly row: CaseRow; readonly is_followed: boolean }) {
  const own = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (is_followed) {
      own.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [is_followed]);
  const held = both(row.holder?.name) || t(['nobody', '无人']);
  return (
    <li>
      <button ref={own} type="button" class="need" aria-current={is_followed} onClick={() => follow(row.id)}>
        <Severity of={row.severity} />
        <span class="need-line">
          <span class="need-title">
            <b>{short_number(row.number)}</b> {title_of(row)}
          </span>
          <Clock of={row} />
        </span>
        <span class="need-line">
          <span class="need-place soft">{[both(row.place), held].filter(Boolean).join(' · ')}</span>
          <span class="need-why soft">{why_of(row)}</span>
        </span>
      </button>
    </li>
  );
}

export function Needs() {
  const rows = shown_needs.value;
  const counts = new Map<string, number>();
  for (const row of needing.value) {
    row.need.forEach((need) => counts.set(need, (counts.get(need) ?? 0) + 1));
  }
  return (
    <Panel
      name="needs"
      title={<>{t(['Needs you now', '需您处理'])} <b>{needing.value.length}</b></>}
      aside={is_stale.value ? <span class="panel-age">{t(['{0} s old', '{0} 秒前'], Math.round(age_ms.value / 1000))}</span> : undefined}
    >
      <div class="chips" role="group" aria-label={t(['show only', '筛选'])}>
        {Object.entries(NEEDS).map(([need, name]) => (
          <button type="button" class="chip" key={need} aria-pressed={need_filter.value === need} disabled={!counts.get(need)}
            onClick={() => (need_filter.value = need_filter.value === need ? null : need)}>
            {t(name)} <b>{counts.get(need) ?? 0}</b>
          </button>
        ))}
      </div>
      {rows.length === 0 && <p class="empty soft">{t(['Nothing waits for you.', '暂无待处理案件。'])}</p>}
      <ul class="need-list" tabIndex={-1}>
        {rows.slice(0, SHOWN_MAX).map((row) => (
          <Row key={row.id} row={row} is_followed={detail.value?.id === row.id} />
        ))}
      </ul>
      {rows.length > SHOWN_MAX && (
        <p class="soft empty">{t(['{0} more: narrow them down above', '另有 {0} 件，请在上方筛选'], rows.length - SHOWN_MAX)}</p>
      )}
    </Panel>
  );
}
