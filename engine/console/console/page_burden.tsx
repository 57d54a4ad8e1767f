/* page_burden.tsx: hand-overs between offices, and what departments have put on each cell (上面千条线，下面一根针). */
import { now } from '../lib/clock';
import { PageHead, Trouble, use_fetched } from '../lib/fetched';
import { instant, short_number } from '../lib/format';
import { both, t, word } from '../lib/i18n';
import type { List } from '../lib/shapes';
import { cell_name, department_name, follow, go, name_of } from './state';

interface BurdenRow {
  readonly cell: string;
  readonly department: string;
  readonly cases: number;
  readonly open: number;
  readonly missed: number;
}
interface HandOver {
  readonly case: string;
  readonly at_ms: number;
  readonly action: string;
  readonly reason: string | null;
  readonly actor: string | null;
  readonly actor_department: string | null;
  readonly holder_department: string | null;
  readonly zh: string | null;
  readonly en: string | null;
}

function HandOvers() {
  const list = use_fetched<List<HandOver>>('handovers?limit=100', 30_000);
  const rows = list.data?.items ?? [];
  return (
    <>
      <PageHead title={t(['Hand-overs', '移交'])} of={list} />
      {list.data && rows.length === 0 && <p class="soft">{t(['No hand-over yet.', '暂无移交。'])}</p>}
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t(['at', '时间'])}</th>
              <th scope="col">{t(['case', '案件'])}</th>
              <th scope="col">{t(['what', '动作'])}</th>
              <th scope="col">{t(['by', '经办'])}</th>
              <th scope="col">{t(['to', '移入'])}</th>
              <th scope="col">{t(['reason', '原因'])}</th>
              <th scope="col">{t(['in words', '经过'])}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one, i) => (
              <tr key={i}>
                <td>{instant(one.at_ms, now.value)}</td>
                <th scope="row"><button type="button" class="link" onClick={() => follow(one.case)}>{short_number(one.case)}</button></th>
                <td>{word('action', one.action)}</td>
                <td>{name_of(one.actor)} <span class="soft">{department_name(one.actor_department)}</span></td>
                <td>{department_name(one.holder_department)}</td>
                <td>{one.reason === 'NONE' ? '' : word('reason', one.reason)}</td>
                <td class="soft">{both(one)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

export default function Burden() {
  const list = use_fetched<List<BurdenRow>>('burden', 60_000);
  const rows = list.data?.items ?? [];
  const cells = [...new Set(rows.map((row) => row.cell))];
  const sum_of = (cell: string, what: 'cases' | 'open' | 'missed'): number =>
    rows.filter((row) => row.cell === cell).reduce((sum, row) => sum + row[what], 0);
  const most = Math.max(1, ...cells.map((cell) => sum_of(cell, 'cases')));
  cells.sort((a, b) => sum_of(b, 'cases') - sum_of(a, 'cases') || (a < b ? -1 : 1));
  return (
    <>
      <HandOvers />
      <h3>{t(['Cases put on each cell in seven days', '各网格近七日承接案件'])}</h3>
      <Trouble of={list} />
      <table>
        <thead>
          <tr>
            <th scope="col">{t(['cell', '网格'])}</th>
            <th scope="col">{t(['cases', '案件'])}</th>
            <th scope="col">{t(['by department', '按部门'])}</th>
            <th scope="col" class="number">{t(['open', '未结'])}</th>
            <th scope="col" class="number">{t(['clocks missed', '超时'])}</th>
          </tr>
        </thead>
        <tbody>
          {cells.map((cell) => (
            <tr key={cell}>
              <th scope="row"><button type="button" class="link" onClick={() => go('cases', `state=all&cell=${cell}`)}>{cell_name(cell)}</button></th>
              <td>
                <span class="bar" aria-hidden="true"><span style={{ width: `${Math.round((sum_of(cell, 'cases') / most) * 100)}%` }} /></span> {sum_of(cell, 'cases')}
              </td>
              <td>{rows.filter((row) => row.cell === cell).map((row) => `${department_name(row.department)} ${row.cases}`).join(t([', ', '，']))}</td>
              <td class="number">{sum_of(cell, 'open')}</td>
              <td class="number">{sum_of(cell, 'missed')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
