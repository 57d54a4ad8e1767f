/* page_burden.tsx: hand-overs between offices, and what departments ask of each cell (上面千条线，下面一根针). */
import { now } from '../lib/clock';
import { PageHead, Trouble, use_fetched } from '../lib/fetched';
import { instant, short_number } from '../lib/format';
import { both, t, word } from '../lib/i18n';
import type { List, Text } from '../lib/shapes';
import { cell_name, city, follow, go } from './state';

interface BurdenRow {
  readonly cell: string;
  readonly name?: Text;
  readonly department: Text;
  readonly tasks: number;
  readonly short_notice: number;
  readonly days?: readonly number[];
}
interface HandOver {
  readonly case: string;
  readonly at_ms: number;
  readonly from?: Text;
  readonly to?: Text;
  readonly reason?: string | null;
  readonly direction?: string | null;
  readonly suspect?: boolean;
  readonly zh?: string | null;
  readonly en?: string | null;
}

export default function Burden() {
  const burden = use_fetched<List<BurdenRow>>('burden?limit=500', 60_000);
  const handovers = use_fetched<List<HandOver>>('handovers?limit=100', 30_000);
  const rows = burden.data?.items ?? [];
  const cells = [...new Set(rows.map((row) => row.cell))];
  const most = Math.max(1, ...cells.map((cell) => rows.filter((row) => row.cell === cell).reduce((sum, row) => sum + row.tasks, 0)));
  const department = (name: Text): string => (typeof name === 'string' ? both(city.value?.departments.find((one) => one.id === name)?.name ?? name) : both(name));
  return (
    <>
      <PageHead title={t(['Hand-overs', '移交'])} of={handovers} />
      {handovers.data?.items.length === 0 && <p class="soft">{t(['No hand-over in this time.', '暂无移交。'])}</p>}
      {(handovers.data?.items.length ?? 0) > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t(['at', '时间'])}</th>
              <th scope="col">{t(['case', '案件'])}</th>
              <th scope="col">{t(['from', '移出'])}</th>
              <th scope="col">{t(['to', '移入'])}</th>
              <th scope="col">{t(['reason', '原因'])}</th>
              <th scope="col">{t(['direction', '方向'])}</th>
            </tr>
          </thead>
          <tbody>
            {handovers.data!.items.map((one, i) => (
              <tr key={i}>
                <td>{instant(one.at_ms, now.value)}</td>
                <th scope="row"><button type="button" class="link" onClick={() => follow(one.case)}>{short_number(one.case)}</button></th>
                <td>{department(one.from ?? null)}</td>
                <td>{department(one.to ?? null)}</td>
                <td>{word('reason', one.reason)}</td>
                <td>{one.direction?.toLowerCase() ?? ''} {both(one)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div class="page-head"><h3>{t(['Tasks put on each cell', '各网格承接任务'])}</h3></div>
      <Trouble of={burden} />
      <table>
        <thead>
          <tr>
            <th scope="col">{t(['cell', '网格'])}</th>
            <th scope="col">{t(['tasks', '任务'])}</th>
            <th scope="col">{t(['by department', '按部门'])}</th>
            <th scope="col" class="number">{t(['short notice', '通知不足'])}</th>
          </tr>
        </thead>
        <tbody>
          {cells.map((cell) => {
            const mine = rows.filter((row) => row.cell === cell);
            const sum = mine.reduce((all, row) => all + row.tasks, 0);
            return (
              <tr key={cell}>
                <th scope="row"><button type="button" class="link" onClick={() => go('cases', `state=all&cell=${cell}`)}>{both(mine[0]?.name) || cell_name(cell)}</button></th>
                <td><span class="bar" aria-hidden="true"><span style={{ width: `${Math.round((sum / most) * 100)}%` }} /></span> {sum}</td>
                <td>{mine.map((row) => `${department(row.department)} ${row.tasks}`).join(t([', ', '，']))}</td>
                <td class="number">{mine.reduce((all, row) => all + row.short_notice, 0)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}
