/* main.tsx: what became of a report, for whoever holds its number; with the receipt's secret also: how was it? */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Problem, get, post } from '../lib/api';
import { both, lang, set_lang, t, word } from '../lib/i18n';
import type { Both } from '../lib/i18n';
import { sentence_of } from '../lib/problems';
import '../lib/theme';
import './status.css';

interface Status {
  readonly receipt: string;
  readonly case: string;
  readonly followed: string | null; /* the case that took it over */
  readonly title: Both;
  readonly state: string;
  readonly department: Both | null;
  readonly opened_at_ms: number;
  readonly closed_at_ms: number | null;
  readonly deadline_ms: number | null;
  readonly offset_minutes: number;
}

const TEXT = {
  title: ['What became of my report?', '反映事项查询'],
  number: ['Receipt number', '回执编号'],
  example: ['such as 110108-20260303-0001.1', '例如 110108-20260303-0001.1'],
  look: ['Look', '查询'],
  state: ['State', '状态'],
  department: ['Department', '承办部门'],
  opened: ['Received', '受理时间'],
  closed: ['Closed', '结案时间'],
  promised: ['To be dealt with by', '办理时限'],
  followed: ['Dealt with together with', '已并入'],
  rate: ['How was it?', '您满意吗？'],
  secret: ['Secret of the receipt (six letters)', '回执密码（六位）'],
  solved: ['It is solved', '已解决'],
  not_solved: ['It is not solved', '未解决'],
  stars: ['{0} of 5 stars', '{0} 星（共 5 星）'],
  words: ['Words (may be left out)', '意见（可不填）'],
  thanks: ['Thank you. It is on record.', '感谢您的评价，已记录。'],
  reopened: ['Thank you. The case is open again.', '已重新立案办理。'],
  no_connection: ['No connection.', '网络不可用。'],
  no_personal: ['Shows nothing of persons. Keep the secret: it is the only proof that the report is yours.',
    '本页不显示个人信息。请妥善保管密码，它是您身份的唯一凭证。'],
} as const;

/* In the city's own time, wherever the reader is. */
function instant(at_ms: number | null, offset_minutes: number): string {
  if (at_ms === null) {
    return '—';
  }
  return new Date(at_ms + offset_minutes * 60000).toISOString().slice(0, 16).replace('T', ' ');
}

const said = (error: unknown): string =>
  error instanceof Problem ? (error.is_offline ? t(TEXT.no_connection) : sentence_of(error)) : String(error);

function Rating({ status }: { readonly status: Status }) {
  const [secret, set_secret] = useState('');
  const [text, set_text] = useState('');
  const [answer, set_answer] = useState('');
  const give = async (body: object): Promise<void> => {
    try {
      const done = await post<{ state?: string }>(`receipts/${encodeURIComponent(status.receipt)}/rating`,
        { secret: secret.trim(), ...body, ...(text === '' ? {} : { text }) });
      set_answer(t(done.state === 'DISPATCHING' ? TEXT.reopened : TEXT.thanks));
    } catch (error) {
      set_answer(said(error));
    }
  };
  const is_ready = secret.trim().length === 6;
  return (
    <section>
      <h2>{t(TEXT.rate)}</h2>
      <label>{t(TEXT.secret)}
        <input value={secret} maxLength={6} autocomplete="off" spellcheck={false} onInput={(event) => set_secret(event.currentTarget.value)} />
      </label>
      <label>{t(TEXT.words)}
        <textarea rows={2} maxLength={300} value={text} onInput={(event) => set_text(event.currentTarget.value)} />
      </label>
      <div class="stars" role="group" aria-label={t(TEXT.rate)}>
        {[1, 2, 3, 4, 5].map((stars) => (
          <button key={stars} disabled={!is_ready} aria-label={t(TEXT.stars, stars)} onClick={() => void give({ stars })}>{'★'.repeat(stars)}</button>
        ))}
      </div>
      <div class="row">
        <button disabled={!is_ready} onClick={() => void give({ solved: true })}>{t(TEXT.solved)}</button>
        <button disabled={!is_ready} onClick={() => void give({ solved: false })}>{t(TEXT.not_solved)}</button>
      </div>
      <p role="status">{answer}</p>
    </section>
  );
}

function Found({ status }: { readonly status: Status }) {
  const is_over = status.state === 'CLOSED' || status.state === 'FORCED_CLOSED';
  const rows: readonly (readonly [string, string])[] = [
    [t(TEXT.state), word('case_state', status.state)],
    [t(TEXT.department), status.department === null ? '—' : both(status.department)],
    [t(TEXT.opened), instant(status.opened_at_ms, status.offset_minutes)],
    is_over ? [t(TEXT.closed), instant(status.closed_at_ms, status.offset_minutes)]
      : [t(TEXT.promised), instant(status.deadline_ms, status.offset_minutes)],
    ...(status.followed === null ? [] : [[t(TEXT.followed), status.followed] as const]),
  ];
  return (
    <>
      <section data-state={status.state}>
        <h2>{both(status.title)}</h2>
        <dl>{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      </section>
      {is_over && <Rating status={status} />}
    </>
  );
}

function Page() {
  const [number, set_number] = useState(decodeURIComponent(location.hash.slice(1)));
  const [status, set_status] = useState<Status | null>(null);
  const [trouble, set_trouble] = useState('');
  const look = async (): Promise<void> => {
    set_status(null);
    set_trouble('');
    try {
      set_status(await get<Status>(`receipts/${encodeURIComponent(number.trim())}`));
    } catch (error) {
      set_trouble(said(error));
    }
  };
  useEffect(() => {
    if (number !== '') {
      void look();
    }
  }, []);
  document.title = t(TEXT.title);
  return (
    <main>
      <header>
        <h1>{t(TEXT.title)}</h1>
        <button class="link" onClick={() => set_lang(lang.value === 'zh' ? 'en' : 'zh')}>{lang.value === 'zh' ? 'EN' : '中文'}</button>
      </header>
      <form onSubmit={(event) => {
        event.preventDefault();
        void look();
      }}>
        <label>{t(TEXT.number)}
          <input value={number} maxLength={40} placeholder={t(TEXT.example)} inputMode="text" autocomplete="off"
            onInput={(event) => set_number(event.currentTarget.value)} />
        </label>
        <button class="main" disabled={number.trim() === ''}>{t(TEXT.look)}</button>
      </form>
      {trouble !== '' && <p class="bad" role="alert">{trouble}</p>}
      {status !== null && <Found status={status} />}
      <p class="faint">{t(TEXT.no_personal)}</p>
    </main>
  );
}

const place = document.getElementById('app');
if (place) {
  render(<Page />, place);
}
