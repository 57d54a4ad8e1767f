/* followed.tsx: the followed case: head, actions, why this worker, timeline in sentences, rule, reports, evidence. */
import { useEffect, useState } from 'preact/hooks';
import { url_of } from '../lib/api';
import { now } from '../lib/clock';
import { distance, instant, metres_between, short_number, span } from '../lib/format';
import { both, t, without_codes, word } from '../lib/i18n';
import { workers } from '../lib/live';
import { Clock, Panel, Severity } from '../lib/parts';
import { Trouble, use_fetched } from '../lib/fetched';
import { COULD, type CaseDetail, type Candidate, type Decision, type EvidenceRow, type RuleRow } from '../lib/shapes';
import { Actions, ActForm } from './act_form';
import { PhoneButton } from './phone_link';
import { cell_name, class_name, detail, detail_at, detail_problem, follow, followed, followed_row, map_handle, name_of } from './state';

/* The sentences begin with their own time, and English ones name codes. */
const without_time = (text: string): string => without_codes(text.replace(/^(\d{4}-)?(\d{2}-\d{2} )?\d{2}:\d{2} /, ''));

/* A person gave the order to somebody by hand: who, and to whom. */
interface Override {
  readonly by: string;
  readonly to: string;
}

function override_of(of: CaseDetail, decision: Decision): Override | null {
  const line = of.timeline.find((one) => one.action === 'REASSIGN' && one.at_ms === decision.at_ms && one.actor && one.subject);
  return line ? { by: line.actor!, to: line.subject! } : null;
}

function CandidateRow({ one, choice, by_hand }: { readonly one: Candidate; readonly choice: string | null; readonly by_hand: Override | null }) {
  const is_choice = one.person === choice;
  const is_given = by_hand !== null && one.person === by_hand.to;
  return (
    <tr data-chosen={by_hand ? is_given : is_choice}>
      <th scope="row">{name_of(one.person) || both(one.name)}</th>
      <td class="number">{distance(one.distance_cm)}</td>
      <td class="number">{one.travel_ms === null ? '' : span(one.travel_ms)}</td>
      <td class="number">{one.load}/{one.capacity}</td>
      <td>
        {is_given && <b>{t(['given by {0}', '{0} 指派'], name_of(by_hand.by))}{is_choice ? '' : ' · '}</b>}
        {is_choice
          ? <b>{by_hand ? (is_given ? '' : t(['the engine’s choice', '引擎选择'])) : t(['offered', '派给'])}</b>
          : word('code', one.code)}
        {one.is_home_cell && <span class="soft"> · {t(['own cell', '本网格'])}</span>}
      </td>
    </tr>
  );
}

/* What a person decided, and beside it what the engine would have. */
function ByHand({ by_hand, choice, holder }: { readonly by_hand: Override; readonly choice: string; readonly holder: string | null }) {
  return (
    <p class="override">
      {holder !== null && by_hand.to !== choice
        ? t(['{0} gave it to {1} by hand; {2} had it. Beside {2} the engine’s choice was {3}.', '{0} 人工指派给 {1}，原由 {2} 承接；除 {2} 外引擎的选择是 {3}。'],
          name_of(by_hand.by), name_of(by_hand.to), name_of(holder), choice ? name_of(choice) : t(['nobody', '无人']))
        : by_hand.to === choice
        ? t(['{0} gave it to {1} by hand, whom the engine would have chosen too.', '{0} 人工指派给 {1}，与引擎选择一致。'], name_of(by_hand.by), name_of(by_hand.to))
        : t(['{0} gave it to {1} by hand. The engine’s choice was {2}.', '{0} 人工指派给 {1}；引擎的选择是 {2}。'], name_of(by_hand.by), name_of(by_hand.to), choice ? name_of(choice) : t(['nobody', '无人']))}
    </p>
  );
}

const NEARER_MAX = 3;

/* The record names those whom the search met, and it ends in the first ring that has somebody. Who stands nearer at this moment and is not on
 * the record is named from the stream: while somebody is still on the way, it is what a dispatcher asks. */
function NearerNow({ of }: { readonly of: Decision }) {
  void now.value;
  const row = followed_row.value;
  const candidates = of.detail?.candidates ?? [];
  const limit_cm = candidates.find((one) => one.code === 'ELIGIBLE')?.distance_cm ?? null;
  const is_waiting = row?.order?.state === 'OFFERED' || row?.order?.state === 'ACCEPTED';
  if (!is_waiting || limit_cm === null || row.lon_e7 === null || row.lat_e7 === null) {
    return null;
  }
  const looked = new Set(candidates.map((one) => one.person));
  const nearer = [...workers.values()]
    .filter((one) => one.on_shift !== false && one.lon_e7 !== null && one.lat_e7 !== null && !looked.has(one.id))
    .map((one) => ({ one, cm: metres_between(row.lon_e7! / 1e7, row.lat_e7! / 1e7, one.lon_e7! / 1e7, one.lat_e7! / 1e7) * 100 }))
    .filter(({ cm }) => cm < limit_cm)
    .sort((a, b) => a.cm - b.cm || (a.one.id < b.one.id ? -1 : 1));
  if (nearer.length === 0) {
    return null;
  }
  return (
    <p class="soft nearer">
      {t(['Nearer at this moment, but not looked at (of another cell or role; the search ends in the first ring that has somebody): ',
        '此刻更近但未进入检索（其他网格或岗位；检索在首个有人可派的范围内结束）：'])}
      {nearer.slice(0, NEARER_MAX).map(({ one, cm }) =>
        `${name_of(one.id) || both(one.name)} ${distance(cm)}${one.cell ? t([' ({0})', '（{0}）'], cell_name(one.cell)) : ''}`).join(t([', ', '、']))}
      {nearer.length > NEARER_MAX && t([' and {0} more', '，另有 {0} 人'], nearer.length - NEARER_MAX)}
    </p>
  );
}

/** One decision: who was looked at, and why not the others. */
function Why({ of, by_hand, is_newest }: { readonly of: Decision; readonly by_hand: Override | null; readonly is_newest: boolean }) {
  const candidates = of.detail?.candidates ?? [];
  const choice = typeof of.chosen === 'string' ? of.chosen : candidates.find((one) => one.code === 'ELIGIBLE')?.person ?? null;
  const holder = candidates.find((one) => one.code === 'ALREADY_ON_CASE')?.person ?? null;
  const removed = Object.entries(of.detail?.removed ?? {}).filter(([code, count]) => count > 0 && !COULD.has(code));
  return (
    <div class="why">
      {by_hand ? <ByHand by_hand={by_hand} choice={choice ?? ''} holder={holder} /> : <p>{without_time(both(of))}</p>}
      {candidates.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t(['looked at', '候选'])}</th>
              <th scope="col" class="number">{t(['distance', '距离'])}</th>
              <th scope="col" class="number">{t(['way', '路程'])}</th>
              <th scope="col" class="number">{t(['load', '负荷'])}</th>
              <th scope="col">{t(['outcome', '结论'])}</th>
            </tr>
          </thead>
          <tbody>
            {candidates.map((one) => <CandidateRow key={one.person} one={one} choice={choice} by_hand={by_hand} />)}
          </tbody>
        </table>
      )}
      {removed.length > 0 && (
        <p class="soft">
          {t(['not eligible: ', '不符合：'])}
          {removed.map(([code, count]) => `${count} ${word('code', code)}`).join(t([', ', '，']))}
        </p>
      )}
      {is_newest && <NearerNow of={of} />}
    </div>
  );
}

function WhySection({ of }: { readonly of: CaseDetail }) {
  const [at, set_at] = useState(0);
  useEffect(() => set_at(0), [of.id]);
  const decisions = [...of.decisions].reverse();
  const shown = decisions[Math.min(at, decisions.length - 1)];
  if (!shown) {
    return null;
  }
  const by_hand = override_of(of, shown);
  const chosen = by_hand?.to ?? both(shown.chosen);
  return (
    <details open class="part" id="why">
      <summary>
        {chosen ? t(['Why {0}', '为何派给{0}'], name_of(chosen)) : t(['Why nobody', '为何无人可派'])}
      </summary>
      <Why of={shown} by_hand={by_hand} is_newest={at === 0} />
      {decisions.length > 1 && (
        <p class="row">
          <button type="button" class="plain" disabled={at >= decisions.length - 1} onClick={() => set_at(at + 1)}>{t(['earlier', '更早'])}</button>
          <span class="soft">{t(['decision {0} of {1}', '第 {0} 次，共 {1} 次'], decisions.length - at, decisions.length)}</span>
          <button type="button" class="plain" disabled={at === 0} onClick={() => set_at(at - 1)}>{t(['later', '更晚'])}</button>
        </p>
      )}
    </details>
  );
}

function Timeline({ of }: { readonly of: CaseDetail }) {
  const lines = of.timeline.filter((line) => both(line) !== '');
  return (
    <details open class="part">
      <summary>{t(['What happened', '处置经过'])}</summary>
      <ol class="timeline">
        {[...lines].reverse().map((line, i) => (
          <li key={lines.length - i}>
            <time>{instant(line.at_ms, now.value)}</time>
            <span>{without_time(both(line))}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

function RuleSection({ of }: { readonly of: CaseDetail }) {
  const id = of.rule ?? null;
  const [is_open, set_open] = useState(false);
  const rule = use_fetched<RuleRow>(id !== null && is_open ? `rules/${encodeURIComponent(id)}` : null, 600_000);
  if (id === null) {
    return null;
  }
  return (
    <details class="part" onToggle={(event) => set_open(event.currentTarget.open)}>
      <summary>{t(['The rule as written', '规则原文'])} <span class="soft">{id}</span></summary>
      {is_open && <Trouble of={rule} />}
      {rule.data && <p>{both(rule.data.title)}</p>}
      {rule.data?.text && <pre class="rule-text">{rule.data.text}</pre>}
      {rule.data?.file && <p class="soft">{rule.data.file}{rule.data.line ? `:${rule.data.line}` : ''}</p>}
    </details>
  );
}

/* A picture is fetched when somebody asks for it: that it was looked at goes on record. */
function EvidenceItem({ of, number }: { readonly of: EvidenceRow; readonly number: string }) {
  const [is_shown, set_shown] = useState(false);
  const href = url_of(`cases/${encodeURIComponent(number)}/evidence/${of.digest}`).href;
  const is_picture = of.type?.startsWith('image/') ?? false;
  return (
    <li>
      <span>{instant(of.at_ms, now.value)} {word('action', of.action)} {of.actor && name_of(of.actor)}</span>{' '}
      {!of.is_there && <span class="soft">{t(['not here yet', '尚未上传'])}</span>}
      {of.is_there && is_picture && !is_shown && (
        <button type="button" class="plain" onClick={() => set_shown(true)}>{t(['show (on record)', '查看（留痕）'])}</button>
      )}
      {of.is_there && !is_picture && <a href={href} rel="noreferrer">{t(['take out (on record)', '下载（留痕）'])}</a>}
      {of.is_there && of.size !== null && <span class="soft"> {Math.ceil(of.size / 1024)} KB</span>}
      {is_shown && <img src={href} alt={t(['evidence {0}', '证据 {0}'], of.digest.slice(0, 8))} />}
    </li>
  );
}

function Evidence({ of }: { readonly of: CaseDetail }) {
  const evidence = of.evidence ?? [];
  if (evidence.length === 0) {
    return null;
  }
  return (
    <details class="part">
      <summary>{t(['Evidence', '证据'])} <span class="soft">{evidence.length}</span></summary>
      <ul class="evidence">{evidence.map((one) => <EvidenceItem key={one.digest} of={one} number={of.number} />)}</ul>
    </details>
  );
}

function Head({ of }: { readonly of: CaseDetail }) {
  const row = followed_row.value ?? of;
  const is_open = row.closed_at_ms === null && !['CLOSED', 'VOID', 'MERGED', 'FORCED_CLOSED'].includes(row.state);
  return (
    <div class="case-head">
      <p class="case-line">
        <Severity of={row.severity} />
        <strong>{short_number(row.number)}</strong>
        <span class="case-title">{both(row.title)}</span>
      </p>
      <p class="case-line">
        <span class="state">{word('case_state', row.state)}</span>
        {is_open && <Clock of={row} />}
        {is_open && row.clock && row.clock !== 'NONE' && <span class="soft">{word('clock', row.clock)}</span>}
      </p>
      <dl class="facts">
        <dt>{t(['where', '地点'])}</dt>
        <dd>
          {both(row.place) || t(['unknown', '未知'])} {!both(row.place).includes(cell_name(row.cell)) && <span class="soft">{cell_name(row.cell)}</span>}
          {row.lon_e7 !== null && row.lat_e7 !== null && (
            <button type="button" class="plain" onClick={() => map_handle.value?.show_place(row.lon_e7!, row.lat_e7!, 17)}>{t(['show', '定位'])}</button>
          )}
        </dd>
        <dt>{t(['held by', '责任人'])}</dt>
        <dd>
          {both(row.holder?.name) || t(['nobody', '无'])}{' '}
          {is_open && row.holder?.kind === 'PERSON' && row.holder.id && <PhoneButton person={row.holder.id} />}
        </dd>
        <dt>{t(['kind', '类别'])}</dt>
        <dd>{class_name(row.class)}</dd>
        <dt>{t(['opened', '立案'])}</dt>
        <dd>
          {instant(row.opened_at_ms, now.value)} <span class="soft">{t(['{0} ago', '{0}前'], span(now.value - row.opened_at_ms))}</span>
          {row.events > 1 && <span class="soft"> · {t(['{0} reports merged', '合并 {0} 次上报'], row.events)}</span>}
        </dd>
        <dt>{t(['number', '编号'])}</dt>
        <dd class="soft">{row.number}</dd>
      </dl>
    </div>
  );
}

export function Followed() {
  const shown = detail.value;
  const waiting = followed.value !== null && !shown;
  const age = Math.max(0, Math.round((performance.now() - detail_at.value) / 1000));
  void now.value; /* the age is told again each second */
  return (
    <Panel
      name="followed"
      title={shown ? t(['Case {0}', '{0} 号案件'], short_number(shown.number)) : t(['Followed case', '关注案件'])}
      aside={shown && <span class="panel-age" data-old={age > 60}>{t(['read {0} s ago', '{0} 秒前读取'], age)}</span>}
    >
      <div class="followed-body" tabIndex={0} role="region" aria-label={t(['the followed case', '关注案件详情'])}>
        {detail_problem.value && (
          <p class="problem" role="alert">
            {detail_problem.value}{' '}
            <button type="button" onClick={() => followed.value !== null && follow(followed.value)}>{t(['Try again', '重试'])}</button>
          </p>
        )}
        {!shown && !detail_problem.value && (
          <p class="empty soft">
            {waiting
              ? t(['reading …', '读取中…'])
              : t(['Choose a case on the left or on the map, or type its number below.', '请在左侧或地图上选择案件，或在下方输入案号。'])}
          </p>
        )}
        {shown && (
          <>
            <Head of={shown} />
            <Actions on={shown} />
            <ActForm on={shown} />
            <WhySection of={shown} />
            <Timeline of={shown} />
            <RuleSection of={shown} />
            <Evidence of={shown} />
          </>
        )}
      </div>
    </Panel>
  );
}
