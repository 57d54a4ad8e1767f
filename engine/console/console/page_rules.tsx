/* page_rules.tsx: rules with what is known of them: status, findings of the linter, how often people overrode them, false alarms, and what is held back. */
import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { post, request } from '../lib/api';
import { now } from '../lib/clock';
import { PageHead, Trouble, use_fetched } from '../lib/fetched';
import { instant, span } from '../lib/format';
import { both, t, word, type Pair } from '../lib/i18n';
import type { List, RuleFinding, RuleRow } from '../lib/shapes';
import { department_name, say_problem, tell } from './state';

interface Silence {
  readonly number: number;
  readonly maintenance: boolean;
  readonly matchers: string;
  readonly desk: string | null;
  readonly actor_name: string | null;
  readonly why: string | null;
  readonly from_ms: number | null;
  readonly until_ms: number | null;
  readonly held: number;
}

const STATUS: Readonly<Record<string, Pair>> = {
  LIVE: ['live', '生效'], ACTIVE: ['live', '生效'], SHADOW: ['in shadow', '影子运行'], OFF: ['off', '停用'],
};
/* Of nothing there is no share: n/a, never 0. */
const share = (value: number | null | undefined): string =>
  value === null || value === undefined ? t(['n/a', '无']) : `${Math.round(value * 100)} %`;
const findings_of = (rule: RuleRow): readonly RuleFinding[] => (rule.findings ?? []).filter((one): one is RuleFinding => one !== null);

function Silences() {
  const list = use_fetched<List<Silence>>('silences', 15_000);
  const end = async (number: number): Promise<void> => {
    try {
      await request('DELETE', `silences/${number}`);
      tell(t(['silence {0} ended', '静默 {0} 已解除'], number));
      list.reload();
    } catch (error) {
      tell(say_problem(error), true);
    }
  };
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    try {
      await post('silences', {
        matchers: String(data.get('matchers')), for_ms: Number(data.get('hours')) * 3_600_000, why: String(data.get('why')),
        maintenance: data.get('maintenance') !== null,
      });
      form.reset();
      list.reload();
    } catch (error) {
      tell(say_problem(error), true);
    }
  };
  return (
    <>
      <h3>{t(['Held back now', '当前静默'])}</h3>
      <Trouble of={list} />
      {list.data?.items.length === 0 && <p class="soft">{t(['Nothing is held back.', '无静默。'])}</p>}
      <ul>
        {(list.data?.items ?? []).map((one) => (
          <li key={one.number}>
            <b>{one.number}</b> {one.matchers} · {one.why} {one.maintenance && <span class="level">{t(['maintenance', '维护'])}</span>}
            <span class="soft"> {t(['until {0}, {1} held back, {2}', '至 {0}，已抑制 {1} 条，{2}'], instant(one.until_ms, now.value), one.held, one.actor_name ?? '')}</span>{' '}
            <button type="button" onClick={() => void end(one.number)}>{t(['End it', '解除'])}</button>
          </li>
        ))}
      </ul>
      <form class="filters" onSubmit={(event) => void add(event)}>
        <label><span class="hidden-text">{t(['what', '对象'])}</span><input name="matchers" required placeholder="rule=…" /></label>
        <label><span class="hidden-text">{t(['why', '原因'])}</span><input name="why" required placeholder={t(['why', '原因'])} /></label>
        <label><span class="hidden-text">{t(['how long', '时长'])}</span>
          <select name="hours">{[1, 4, 12, 24, 72].map((hours) => <option key={hours} value={hours}>{span(hours * 3_600_000)}</option>)}</select></label>
        <label><input type="checkbox" name="maintenance" /> {t(['maintenance', '维护窗口'])}</label>
        <button type="submit">{t(['Hold back', '静默'])}</button>
      </form>
    </>
  );
}

/* What rules in shadow would have done, by what it would have come to. */
function Shadows({ rules }: { readonly rules: readonly RuleRow[] }) {
  if (rules.length === 0) {
    return null;
  }
  return (
    <>
      <h3>{t(['In shadow: what they would have come to', '影子运行：若生效会得到的结果'])}</h3>
      <table class="narrow">
        <thead>
          <tr>
            <th scope="col">{t(['rule', '规则'])}</th>
            <th scope="col">{t(['title', '名称'])}</th>
            <th scope="col">{t(['would have', '若生效'])}</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.id}>
              <th scope="row">{rule.id}</th>
              <td>{both(rule.title)}</td>
              <td>
                {Object.entries(rule.would ?? {}).length === 0
                  ? <span class="soft">{t(['nothing yet', '暂无'])}</span>
                  : Object.entries(rule.would!).sort((a, b) => b[1] - a[1]).map(([code, count]) => `${word('code', code)} ${count}`).join(t([', ', '，']))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function RuleText({ id }: { readonly id: string }) {
  const rule = use_fetched<RuleRow>(`rules/${encodeURIComponent(id)}`, 600_000);
  return (
    <>
      <Trouble of={rule} />
      {rule.data?.text && <pre class="rule-text">{rule.data.text}</pre>}
    </>
  );
}

export default function Rules() {
  const list = use_fetched<List<RuleRow>>('rules?limit=500', 60_000);
  const [open, set_open] = useState<string | null>(null);
  const rules = list.data?.items ?? [];
  const shadows = rules.filter((rule) => rule.status === 'SHADOW');
  return (
    <>
      <PageHead title={t(['Rules', '规则'])} of={list}>
        <span class="soft">{t(['{0} rules, {1} in shadow, {2} findings', '{0} 条规则，{1} 条影子运行，{2} 项检查提示'], rules.length, shadows.length,
          rules.reduce((sum, rule) => sum + findings_of(rule).length, 0))}</span>
      </PageHead>
      <Silences />
      <Shadows rules={shadows} />
      <h3>{t(['All rules', '全部规则'])}</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">{t(['rule', '规则'])}</th>
            <th scope="col">{t(['title', '名称'])}</th>
            <th scope="col">{t(['status', '状态'])}</th>
            <th scope="col">{t(['department', '部门'])}</th>
            <th scope="col" class="number">{t(['cases', '案件'])}</th>
            <th scope="col" class="number">{t(['overridden by people', '人工改派率'])}</th>
            <th scope="col" class="number">{t(['not false alarms', '告警准确率'])}</th>
            <th scope="col">{t(['findings', '检查提示'])}</th>
            <th scope="col">{t(['written at', '出处'])}</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <Fragment key={rule.id}>
              <tr>
                <th scope="row"><button type="button" class="link" aria-expanded={open === rule.id} onClick={() => set_open(open === rule.id ? null : rule.id)}>{rule.id}</button></th>
                <td>{both(rule.title)}</td>
                <td><span class="level">{rule.status && STATUS[rule.status] ? t(STATUS[rule.status]!) : rule.status ?? ''}</span></td>
                <td>{department_name(rule.department)}</td>
                <td class="number">{rule.cases ?? 0}</td>
                <td class="number">{share(rule.override_rate)}</td>
                <td class="number">{share(rule.precision)}</td>
                <td>{rule.findings === null ? <span class="soft">{t(['being checked', '检查中'])}</span> : findings_of(rule).map((one) => one.code).join(' ')}</td>
                <td class="soft">{rule.file}{rule.line ? `:${rule.line}` : ''}</td>
              </tr>
              {open === rule.id && (
                <tr>
                  <td colSpan={9}>
                    {findings_of(rule).map((one, i) => (
                      <p key={i}><span class="level">{one.level} {one.code}</span> {one.text} {one.waived && <span class="soft">{t(['waived: {0}', '已豁免：{0}'], one.waived)}</span>}</p>
                    ))}
                    <RuleText id={rule.id} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </>
  );
}
