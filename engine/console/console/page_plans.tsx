/* page_plans.tsx: emergency plans: who confirmed, how far each district is, who sent nobody, what failed. */
import { useState } from 'preact/hooks';
import { post } from '../lib/api';
import { now } from '../lib/clock';
import { PageHead, Trouble, use_fetched } from '../lib/fetched';
import { instant } from '../lib/format';
import { lang, t, word } from '../lib/i18n';
import type { List } from '../lib/shapes';
import { follow, say_problem, tell } from './state';

interface Counts {
  readonly total: number;
  readonly waiting: number;
  readonly open: number;
  readonly started: number;
  readonly done: number;
  readonly cancelled: number;
  readonly overdue: number;
  readonly failed: number;
}
interface PlanRow {
  readonly id: string;
  readonly plan: string;
  readonly title: string | null;
  readonly state: string;
  readonly drill: boolean;
  readonly confirm_post: string | null;
  readonly asked_at_ms: number | null;
  readonly begun_at_ms: number | null;
  readonly ended_at_ms: number | null;
  readonly deadline_ms: number | null;
  readonly district: string | null;
  readonly district_name: string | null;
  readonly silent: boolean;
  readonly counts?: Counts;
}

function Progress({ of }: { readonly of: Counts }) {
  return (
    <>
      <span class="bar" aria-hidden="true"><span style={{ width: `${of.total ? Math.round((of.done / of.total) * 100) : 0}%` }} /></span>{' '}
      {t(['{0} of {1} done, {2} begun, {3} overdue, {4} failed', '完成 {0}/{1}，进行中 {2}，逾期 {3}，不合格 {4}'], of.done, of.total, of.started, of.overdue, of.failed)}
    </>
  );
}

function Districts({ id }: { readonly id: string }) {
  const list = use_fetched<List<PlanRow>>(`plans/${encodeURIComponent(id)}/districts?lang=${lang.value}`, 10_000);
  return (
    <>
      <Trouble of={list} />
      {(list.data?.items.length ?? 0) > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t(['district', '区域'])}</th>
              <th scope="col">{t(['progress', '进度'])}</th>
              <th scope="col">{t(['silent', '未派人'])}</th>
            </tr>
          </thead>
          <tbody>
            {list.data!.items.map((one) => (
              <tr key={one.district}>
                <th scope="row">{one.district_name ?? one.district}</th>
                <td>{one.counts && <Progress of={one.counts} />}</td>
                <td>{one.silent ? t(['nobody sent', '未派人检查']) : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Plan({ plan, reload }: { readonly plan: PlanRow; readonly reload: () => void }) {
  const [is_open, set_open] = useState(plan.ended_at_ms === null);
  const act = async (action: string): Promise<void> => {
    try {
      await post(`plans/${encodeURIComponent(plan.id)}/acts`, { action, ...(action === 'PLAN_STAND_DOWN' ? { reason: 'INSTRUCTED' } : {}) });
      reload();
    } catch (error) {
      tell(say_problem(error), true);
    }
  };
  const can = plan.ended_at_ms !== null ? [] : plan.begun_at_ms === null ? ['PLAN_CONFIRM', 'PLAN_STAND_DOWN'] : ['PLAN_STAND_DOWN'];
  return (
    <section class="card" aria-label={plan.title ?? plan.plan}>
      <h3>
        {plan.title ?? plan.plan} <span class="level">{word('plan_state', plan.state)}</span>{' '}
        {plan.drill && <span class="level">{t(['drill', '演练'])}</span>}
      </h3>
      <p>
        {plan.asked_at_ms !== null && <span class="soft">{t(['asked {0}', '{0} 请示'], instant(plan.asked_at_ms, now.value))} </span>}
        {plan.begun_at_ms !== null && <span>{t(['begun {0}', '{0} 启动'], instant(plan.begun_at_ms, now.value))} </span>}
        {plan.ended_at_ms !== null && <span>{t(['ended {0}', '{0} 终止'], instant(plan.ended_at_ms, now.value))} </span>}
      </p>
      {plan.counts && <p><Progress of={plan.counts} /></p>}
      <p class="row">
        <button type="button" class="link" onClick={() => follow(plan.id)}>{t(['case {0}', '案件 {0}'], plan.id)}</button>
        <button type="button" aria-expanded={is_open} onClick={() => set_open(!is_open)}>{t(['Districts', '各区域'])}</button>
        {can.map((action) => (
          <button type="button" key={action} onClick={() => void act(action)}>{word('action', action)}</button>
        ))}
      </p>
      {is_open && <Districts id={plan.id} />}
    </section>
  );
}

export default function Plans() {
  const list = use_fetched<List<PlanRow>>(`plans?lang=${lang.value}`, 10_000);
  return (
    <>
      <PageHead title={t(['Emergency plans', '应急预案'])} of={list} />
      {list.data?.items.length === 0 && <p class="soft">{t(['No plan is active.', '当前无启动的预案。'])}</p>}
      {(list.data?.items ?? []).map((plan) => <Plan key={plan.id} plan={plan} reload={list.reload} />)}
    </>
  );
}
