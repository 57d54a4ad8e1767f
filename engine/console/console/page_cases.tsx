/* page_cases.tsx: lists of cases, open and closed; the address says which, so every figure can link to what is behind it. */
import { useEffect, useState } from 'preact/hooks';
import { get } from '../lib/api';
import { now } from '../lib/clock';
import { PageHead, use_fetched } from '../lib/fetched';
import { instant } from '../lib/format';
import { both, t, word, type Pair } from '../lib/i18n';
import { Clock, Severity } from '../lib/parts';
import type { CaseRow, List } from '../lib/shapes';
import { NEEDS } from './needs';
import { cell_name, city, class_name, follow, go, page_query, say_problem, tell } from './state';

const STATES: Readonly<Record<string, Pair>> = { open: ['open', '未结'], closed: ['closed', '已结'], all: ['all', '全部'] };
const QUERY = ['state', 'need', 'class', 'cell', 'department', 'q'] as const;

function path_of(query: URLSearchParams): string {
  const asked = new URLSearchParams();
  for (const name of QUERY) {
    const value = query.get(name);
    if (value) {
      asked.set(name, value);
    }
  }
  asked.set('limit', '100');
  return `cases?${asked.toString()}`;
}

export function CaseTable({ rows }: { readonly rows: readonly CaseRow[] }) {
  const has_closed = rows.some((row) => row.closed_at_ms !== null);
  return (
    <table class="cases">
      <thead>
        <tr>
          <th scope="col">{t(['number', '编号'])}</th>
          <th scope="col">{t(['severity', '等级'])}</th>
          <th scope="col">{t(['what', '事项'])}</th>
          <th scope="col">{t(['where', '地点'])}</th>
          <th scope="col">{t(['state', '状态'])}</th>
          <th scope="col">{t(['held by', '责任人'])}</th>
          <th scope="col">{t(['clock', '时限'])}</th>
          <th scope="col">{t(['opened', '立案'])}</th>
          {has_closed && <th scope="col">{t(['closed', '结案'])}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <th scope="row"><button type="button" class="link" onClick={() => follow(row.id)}>{row.number}</button></th>
            <td><Severity of={row.severity} /></td>
            <td>{both(row.title) || class_name(row.class)}</td>
            <td>{both(row.place)} {!both(row.place).includes(cell_name(row.cell)) && <span class="soft">{cell_name(row.cell)}</span>}</td>
            <td>{word('case_state', row.state)}</td>
            <td>{both(row.holder?.name)}</td>
            <td>{row.closed_at_ms === null && <Clock of={row} />}</td>
            <td>{instant(row.opened_at_ms, now.value)}</td>
            {has_closed && <td>{instant(row.closed_at_ms, now.value)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Filters({ query }: { readonly query: URLSearchParams }) {
  const set = (name: string, value: string): void => {
    const next = new URLSearchParams(query);
    if (value === '') {
      next.delete(name);
    } else {
      next.set(name, value);
    }
    go('cases', next.toString());
  };
  const select = (name: string, label: Pair, values: readonly (readonly [string, string])[], empty: Pair) => (
    <label>
      <span class="hidden-text">{t(label)}</span>
      <select value={query.get(name) ?? ''} onChange={(event) => set(name, event.currentTarget.value)}>
        <option value="">{t(empty)}</option>
        {values.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </select>
    </label>
  );
  return (
    <form class="filters" role="search" onSubmit={(event) => {
      event.preventDefault();
      set('q', String(new FormData(event.currentTarget).get('q') ?? '').trim());
    }}>
      {select('state', ['state', '状态'], Object.entries(STATES).filter(([name]) => name !== 'open').map(([name, pair]) => [name, t(pair)]), ['open', '未结'])}
      {select('need', ['needs', '待办'], Object.entries(NEEDS).map(([name, pair]) => [name, t(pair)]), ['all needs', '全部待办'])}
      {select('class', ['kind', '类别'], (city.value?.classes ?? []).map((one) => [one.id, both(one.title)]), ['all kinds', '全部类别'])}
      {select('department', ['department', '部门'], (city.value?.departments ?? []).map((one) => [one.id, both(one.name)]), ['all departments', '全部部门'])}
      {select('cell', ['cell', '网格'], (city.value?.cells.features ?? []).map((one) => {
        const code = String(one.properties.id ?? one.properties.code);
        return [code, cell_name(code)] as const;
      }), ['all cells', '全部网格'])}
      <label>
        <span class="hidden-text">{t(['words', '关键词'])}</span>
        <input name="q" type="search" value={query.get('q') ?? ''} placeholder={t(['words', '关键词'])} />
      </label>
      <button type="submit">{t(['Search', '检索'])}</button>
    </form>
  );
}

export default function Cases() {
  const query = page_query.value;
  const path = path_of(query);
  const list = use_fetched<List<CaseRow>>(path, 15_000);
  const [more, set_more] = useState<{ readonly path: string; readonly rows: readonly CaseRow[]; readonly next: string | null } | null>(null);
  useEffect(() => set_more(null), [path]);
  const next = more?.path === path ? more.next : list.data?.next;
  const rows = [...(list.data?.items ?? []), ...(more?.path === path ? more.rows : [])];
  const load_more = async (): Promise<void> => {
    try {
      const said = await get<List<CaseRow>>(`${path}&cursor=${encodeURIComponent(next ?? '')}`);
      set_more({ path, rows: [...(more?.rows ?? []), ...said.items], next: said.next });
    } catch (error) {
      tell(say_problem(error), true);
    }
  };
  return (
    <>
      <PageHead title={t(['Cases', '案件'])} of={list}><Filters query={query} /></PageHead>
      {list.data && rows.length === 0 && <p class="soft">{t(['No case is so.', '没有符合条件的案件。'])}</p>}
      {rows.length > 0 && <CaseTable rows={rows} />}
      {next && <p class="row"><button type="button" onClick={() => void load_more()}>{t(['More', '更多'])}</button></p>}
    </>
  );
}
