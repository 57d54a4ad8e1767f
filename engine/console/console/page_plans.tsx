/* page_plans.tsx: emergency plans that run: who acknowledged, how far each district is, who is silent. */
import { post } from '../lib/api';
import { now } from '../lib/clock';
import { PageHead, use_fetched } from '../lib/fetched';
import { instant } from '../lib/format';
import { both, t, word } from '../lib/i18n';
import type { List, Text } from '../lib/shapes';
import { say_problem, tell } from './state';

interface District {
  readonly district?: string;
  readonly name?: Text;
  readonly done?: number;
  readonly total?: number;
  readonly overdue?: number;
  readonly silent?: boolean;
  readonly failed?: number;
}
interface PlanRow {
  readonly id?: number | string;
  readonly number?: number | string;
  readonly plan?: string;
  readonly name?: Text;
  readonly title?: Text;
  readonly state: string;
  readonly is_drill?: boolean;
  readonly level?: string | number | null;
  readonly began_at_ms?: number | null;
  readonly tasks?: number;
  readonly acknowledged?: number;
  readonly done?: number;
  readonly total?: number;
  readonly districts?: readonly District[];
  readonly can?: readonly string[];
}

function Progress({ done, total }: { readonly done: number; readonly total: number }) {
  return (
    <>
      <span class="bar" aria-hidden="true"><span style={{ width: `${total ? Math.round((done / total) * 100) : 0}%` }} /></span> {done}/{total}
    </>
  );
}

export default function Plans() {
  const list = use_fetched<List<PlanRow>>('plans', 10_000);
  const act = async (id: number | string, action: string): Promise<void> => {
    const reason = action === 'PLAN_STAND_DOWN' ? { reason: 'INSTRUCTED' } : {};
    try {
      await post(`plans/${id}/acts`, { action, ...reason });
      list.reload();
    } catch (error) {
      tell(say_problem(error), true);
    }
  };
  return (
    <>
      <PageHead title={t(['Emergency plans', '应急预案'])} of={list} />
      {list.data?.items.length === 0 && <p class="soft">{t(['No plan is active.', '当前无启动的预案。'])}</p>}
      {(list.data?.items ?? []).map((plan) => {
        const id = plan.id ?? plan.number ?? plan.plan ?? '';
        return (
          <section class="card" key={id} aria-label={both(plan.name ?? plan.title) || plan.plan}>
            <h3>
              {both(plan.name ?? plan.title) || plan.plan} {plan.level !== undefined && plan.level !== null && <span class="level">{plan.level}</span>}{' '}
              <span class="level">{plan.state.toLowerCase().replace(/_/g, ' ')}</span>{' '}
              {plan.is_drill && <span class="level">{t(['drill', '演练'])}</span>}
            </h3>
            <p>
              {plan.began_at_ms && t(['begun {0}', '{0} 启动'], instant(plan.began_at_ms, now.value))}{' '}
              {plan.tasks !== undefined && <>{t(['acknowledged', '已确认'])} <Progress done={plan.acknowledged ?? 0} total={plan.tasks} /> </>}
              {plan.total !== undefined && <>{t(['checks done', '检查完成'])} <Progress done={plan.done ?? 0} total={plan.total} /></>}
            </p>
            {(plan.districts?.length ?? 0) > 0 && (
              <table>
                <thead>
                  <tr>
                    <th scope="col">{t(['district', '区域'])}</th>
                    <th scope="col">{t(['done', '完成'])}</th>
                    <th scope="col" class="number">{t(['overdue', '逾期'])}</th>
                    <th scope="col" class="number">{t(['failed', '不合格'])}</th>
                    <th scope="col">{t(['silent', '未派人'])}</th>
                  </tr>
                </thead>
                <tbody>
                  {plan.districts!.map((one) => (
                    <tr key={one.district}>
                      <th scope="row">{both(one.name) || one.district}</th>
                      <td><Progress done={one.done ?? 0} total={one.total ?? 0} /></td>
                      <td class="number">{one.overdue ?? 0}</td>
                      <td class="number">{one.failed ?? 0}</td>
                      <td>{one.silent ? t(['nobody sent', '未派人检查']) : ''}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
            <p class="row">
              {(plan.can ?? []).map((action) => (
                <button type="button" key={action} onClick={() => void act(id, action)}>{word('action', action)}</button>
              ))}
            </p>
          </section>
        );
      })}
    </>
  );
}
