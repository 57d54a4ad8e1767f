/* i18n.ts: two languages. A page keeps its texts as pairs [english, 中文] and says them with t().
 *
 * Words of the domain (states, actions, reasons, codes) are the engine's own: word('action', 'ACCEPT'). */
import { signal } from '@preact/signals';
import words from 'gridloop:words';
import { recall, remember } from './storage';

export type Lang = 'en' | 'zh';
export type Pair = readonly [en: string, zh: string];
/* Texts made by the server come in both languages. */
export interface Both {
  readonly zh?: string | null;
  readonly en?: string | null;
}
export type Vocabulary = Exclude<keyof typeof words, 'act_reason'>;

function first_lang(): Lang {
  const kept = recall('lang');
  if (kept === 'en' || kept === 'zh') {
    return kept;
  }
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const lang = signal<Lang>(first_lang());

lang.subscribe((value) => {
  document.documentElement.lang = value === 'zh' ? 'zh-CN' : 'en';
});

export function set_lang(value: Lang): void {
  remember('lang', value);
  lang.value = value;
}

/** The text in the language of now; {0}, {1} are replaced by the values. */
export function t(pair: Pair, ...values: readonly (string | number)[]): string {
  const text = lang.value === 'zh' ? pair[1] : pair[0];
  return text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)] ?? ''));
}

/** A text of the server: the language of now, else the other one. */
export function both(text: Both | string | null | undefined): string {
  if (text === null || text === undefined) {
    return '';
  }
  if (typeof text === 'string') {
    return text;
  }
  return (lang.value === 'zh' ? text.zh || text.en : text.en || text.zh) ?? '';
}

/** Codes that a sentence of the engine names, in words. */
export const without_codes = (text: string): string =>
  text.replace(/\b[A-Z][A-Z_]{2,}\b/g, (code) => (words.code[code] ? t(words.code[code]!) : code));

/** A word of the engine by its stable name, in any case; the name itself when this page is older than the engine. */
export function word(vocabulary: Vocabulary, name: string | null | undefined): string {
  if (!name) {
    return '';
  }
  const pair = words[vocabulary][name.toUpperCase()];
  return pair ? t(pair) : name;
}
