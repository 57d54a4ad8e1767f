/* sheets.tsx: what opens over the list: a reason, words, a report, a place. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren, ComponentType } from 'preact';
import { get, session } from '../lib/api';
import { both, t, word } from '../lib/i18n';
import type { Both, Pair } from '../lib/i18n';
import { put_report } from './outbox';
import { fix_now, set_pin } from './position';
import * as state from './state';
import * as store from './store';
import { TEXT, reasons_of } from './texts';
import type { Fix } from './types';

function Sheet({ title, close, children }: {
  readonly title: string; readonly close: () => void; readonly children: ComponentChildren;
}) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    place.current?.querySelector<HTMLElement>('select, input, textarea, button')?.focus();
    return () => {
      if (before instanceof HTMLElement) {
        before.focus();
      }
    };
  }, []);
  return (
    <div class="veil" onClick={close}>
      <div ref={place} class="sheet" role="dialog" aria-modal="true" aria-label={title}
        onClick={(event) => event.stopPropagation()}
        onKeyDown={(event) => event.key === 'Escape' && close()}>
        <h2>{title}</h2>
        {children}
      </div>
    </div>
  );
}

/* One tap on a reason is the whole act. */
export function ReasonSheet({ action, label, take, close }: {
  readonly action: string; readonly label: Pair; readonly take: (reason: string, text: string) => void; readonly close: () => void;
}) {
  const [text, set_text] = useState('');
  return (
    <Sheet title={`${t(label)}: ${t(TEXT.why)}`} close={close}>
      <input type="text" maxLength={300} placeholder={t(TEXT.words)} aria-label={t(TEXT.words)} value={text}
        onInput={(event) => set_text(event.currentTarget.value)} />
      <div class="reasons">
        {reasons_of(action).map((reason) => (
          <button key={reason} class="plain" onClick={() => take(reason.toLowerCase(), text)}>{word('reason', reason)}</button>
        ))}
      </div>
      <button class="plain" onClick={close}>{t(TEXT.cancel)}</button>
    </Sheet>
  );
}

export function WordsSheet({ label, note, take, close }: {
  readonly label: Pair; readonly note?: Pair; readonly take: (text: string) => void; readonly close: () => void;
}) {
  const [text, set_text] = useState('');
  return (
    <Sheet title={t(label)} close={close}>
      {note && <p class="faint">{t(note)}</p>}
      <textarea rows={4} maxLength={300} aria-label={t(TEXT.words_needed)} value={text}
        onInput={(event) => set_text(event.currentTarget.value)} />
      <div class="row">
        <button class="plain" onClick={close}>{t(TEXT.cancel)}</button>
        <button class="main" disabled={text.trim() === ''} onClick={() => take(text.trim())}>{t(TEXT.send)}</button>
      </div>
    </Sheet>
  );
}

type PinProps = { readonly from: Fix | null; readonly take: (fix: Fix) => void; readonly cancel: () => void };

/* The map is fetched when it is wanted: most days it is not. */
export function PinSheet(props: PinProps) {
  const [view, set_view] = useState<{ readonly made: ComponentType<PinProps> } | null>(null);
  useEffect(() => {
    void import('./pin').then((loaded) => set_view({ made: loaded.default }));
  }, []);
  return view === null ? <div class="sheet full"><p>{t(TEXT.loading)}</p></div> : <view.made {...props} />;
}

interface ReportType {
  readonly type: string;
  readonly title: Both;
  readonly by: string;
}

/* Kept on the phone: a report can be made where there is no network. */
export async function load_types(person: string): Promise<readonly ReportType[]> {
  try {
    const { items } = await get<{ items: readonly ReportType[] }>('report-types');
    const own = items.filter((one) => one.by === 'patrol');
    await store.put_note(person, 'report_types', own);
    return own;
  } catch {
    return (await store.find_note<readonly ReportType[]>(person, 'report_types')) ?? [];
  }
}

interface ReportForm {
  readonly type: string;
  readonly text: string;
  readonly is_self_handled: boolean;
  readonly is_on_behalf: boolean;
  readonly name: string;
  readonly phone: string;
}

async function send_report(form: ReportForm, types: readonly ReportType[], fix: Fix): Promise<void> {
  const at_ms = state.engine_now();
  const title = types.find((one) => one.type === form.type)?.title;
  await put_report({
    type: form.type,
    lon_e7: fix.lon_e7,
    lat_e7: fix.lat_e7,
    accuracy_cm: fix.accuracy_cm ?? 0,
    ...(at_ms > 0 ? { at_ms } : {}),
    ...(form.text === '' ? {} : { text: form.text }),
    ...(form.is_self_handled ? { self_handled: true } : {}),
    ...(form.is_on_behalf ? { on_behalf_of: true, contact: { name: form.name, phone: form.phone } } : {}),
  }, [title?.en ?? form.type, title?.zh ?? form.type]);
}

export function ReportSheet({ close }: { readonly close: () => void }) {
  const [types, set_types] = useState<readonly ReportType[]>([]);
  const [is_pinning, set_pinning] = useState(false);
  const [form, set_form] = useState<ReportForm>(
    { type: '', text: '', is_self_handled: false, is_on_behalf: false, name: '', phone: '' });
  const change = (part: Partial<ReportForm>): void => set_form({ ...form, ...part });
  useEffect(() => {
    void load_types(session.value?.person ?? '').then(set_types);
  }, []);
  const fix = fix_now();
  const send = async (): Promise<void> => {
    if (fix !== undefined) {
      await send_report(form, types, fix);
      close();
    }
  };
  if (is_pinning) {
    return <PinSheet from={state.fix.value} cancel={() => set_pinning(false)} take={(pin) => {
      set_pin(pin);
      set_pinning(false);
    }} />;
  }
  return (
    <Sheet title={t(TEXT.report_title)} close={close}>
      <label>{t(TEXT.what)}
        <select value={form.type} onChange={(event) => change({ type: event.currentTarget.value })}>
          <option value="">{t(TEXT.choose)}</option>
          {types.map((one) => <option key={one.type} value={one.type}>{both(one.title)}</option>)}
        </select>
      </label>
      <label>{t(TEXT.words)}
        <textarea rows={2} maxLength={1000} value={form.text} onInput={(event) => change({ text: event.currentTarget.value })} />
      </label>
      <label class="check"><input type="checkbox" checked={form.is_self_handled}
        onChange={(event) => change({ is_self_handled: event.currentTarget.checked })} />{t(TEXT.self_handled)}</label>
      <label class="check"><input type="checkbox" checked={form.is_on_behalf}
        onChange={(event) => change({ is_on_behalf: event.currentTarget.checked })} />{t(TEXT.on_behalf)}</label>
      {form.is_on_behalf && <div class="row">
        <input type="text" maxLength={20} placeholder={t(TEXT.caller_name)} aria-label={t(TEXT.caller_name)} value={form.name}
          onInput={(event) => change({ name: event.currentTarget.value })} />
        <input type="tel" maxLength={20} placeholder={t(TEXT.caller_phone)} aria-label={t(TEXT.caller_phone)} value={form.phone}
          onInput={(event) => change({ phone: event.currentTarget.value })} />
      </div>}
      {form.is_on_behalf && <p class="faint">{t(TEXT.contact_note)}</p>}
      <p class="faint">{t(TEXT.where)}: {fix === undefined ? t(TEXT.fix_none)
        : `${(fix.lon_e7 / 1e7).toFixed(5)}, ${(fix.lat_e7 / 1e7).toFixed(5)}`}{' '}
        <button class="link" onClick={() => set_pinning(true)}>{t(TEXT.pin)}</button></p>
      <div class="row">
        <button class="plain" onClick={close}>{t(TEXT.cancel)}</button>
        <button class="main" disabled={form.type === '' || fix === undefined} onClick={() => void send()}>{t(TEXT.send)}</button>
      </div>
    </Sheet>
  );
}
