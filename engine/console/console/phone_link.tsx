/* phone_link.tsx: a link, as a QR code, that opens a worker's page on a phone; asked for beside a name, shown over everything. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { post, session } from '../lib/api';
import { now } from '../lib/clock';
import { span } from '../lib/format';
import { t } from '../lib/i18n';
import { QrCode, type QrPath } from '../lib/qr';
import { city, name_of, say_problem, tell } from './state';

interface Link {
  readonly person: string;
  readonly full_url: string;
  readonly qr: QrPath | null;
  readonly expires_ms: number;
}

const link = signal<Link | null>(null);
const MAY = new Set(['dispatcher', 'shift_chief', 'administrator']);

async function ask(person: string): Promise<void> {
  try {
    link.value = { ...(await post<Omit<Link, 'person'>>('worker-links', { person })), person };
  } catch (error) {
    tell(say_problem(error), true);
  }
}

/** Only who may ask sees it, and only beside those who are workers and nothing else. */
export function PhoneButton({ person }: { readonly person: string }) {
  const roles = city.value?.persons.find((one) => one.id === person)?.roles ?? ['worker'];
  if (!session.value?.roles.some((role) => MAY.has(role)) || roles.some((role) => role !== 'worker')) {
    return null;
  }
  return (
    <button type="button" class="small" title={t(['a link that logs {0} in on a phone', '手机登录 {0} 的链接'], name_of(person))} onClick={() => void ask(person)}>
      {t(['Phone', '手机登录'])}
    </button>
  );
}

export function PhoneLink() {
  const box = useRef<HTMLDialogElement>(null);
  const shown = link.value;
  useEffect(() => {
    if (shown && !box.current?.open) {
      box.current?.showModal();
    } else if (!shown && box.current?.open) {
      box.current.close();
    }
  }, [shown]);
  return (
    <dialog ref={box} class="help" aria-labelledby="phone-title" onClose={() => (link.value = null)}>
      {shown && (
        <>
          <h2 id="phone-title">{t(['Open as {0} on a phone', '在手机上以 {0} 登录'], name_of(shown.person))}</h2>
          {shown.qr && <QrCode of={shown.qr} text={shown.full_url} />}
          <p class="soft phone-url">{shown.full_url}</p>
          <p class="soft">{t(['Works once, within {0}.', '仅可使用一次，{0} 内有效。'], span(shown.expires_ms - now.value))}</p>
          <button type="button" class="primary" onClick={() => (link.value = null)}>{t(['Close', '关闭'])}</button>
        </>
      )}
    </dialog>
  );
}
