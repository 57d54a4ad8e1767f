/* login.tsx: who is there. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { log_in, Problem } from '../lib/api';
import { lang, set_lang, t } from '../lib/i18n';
import { sentence_of } from '../lib/problems';
import { page_query } from './state';

/* An address may bring who and with what, as that of the demo does: behind the #, so no server hears it, and gone from it at once. */
function from_address(): readonly [person: string, password: string] {
  const query = new URLSearchParams(page_query.peek());
  const said = (query.get('login') ?? '').split(':');
  if (query.has('login')) {
    query.delete('login');
    page_query.value = query;
    history.replaceState(null, '', `#now${query.toString() ? `?${query.toString()}` : ''}`);
  }
  return [said[0] ?? '', said[1] ?? ''];
}

export function Login() {
  const [problem, set_problem] = useState('');
  const [[person, password]] = useState(from_address);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>(password ? 'button' : 'input')?.focus(), []);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const data = new FormData(form.current!);
    try {
      await log_in(String(data.get('person')).trim(), String(data.get('password')));
    } catch (error) {
      const is_offline = error instanceof Problem && error.is_offline;
      set_problem(is_offline ? t(['The server does not answer.', '服务器无应答。']) : error instanceof Problem ? sentence_of(error) : String(error));
    }
  };
  return (
    <main class="login">
      <form ref={form} onSubmit={(event) => void send(event)}>
        <h1><img src="mark.svg" alt="" width="28" height="28" /> Gridloop</h1>
        <label class="field"><span>{t(['person', '账号'])}</span><input name="person" autocomplete="username" defaultValue={person} required /></label>
        <label class="field"><span>{t(['password', '密码'])}</span><input name="password" type="password" autocomplete="current-password" defaultValue={password} required /></label>
        {problem && <p class="problem" role="alert">{problem}</p>}
        <div class="row">
          <button class="primary" type="submit">{t(['Log in', '登录'])}</button>
          <button type="button" class="plain" onClick={() => set_lang(lang.value === 'zh' ? 'en' : 'zh')}>{lang.value === 'zh' ? 'English' : '中文'}</button>
        </div>
      </form>
    </main>
  );
}
