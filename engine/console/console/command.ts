/* command.ts: the command line's grammar, apart from the page: a text gives what it means and how it could go on.
 *
 *   28 | case 28 | 案件 28            follow a case
 *   ACTION [CASE] [REASON] [words]   an act on it, or on the followed case: "void 28 false alarm", "退回 28"
 *   why [CASE] | 为何                 the decision behind it
 *   go WHERE | 打开 WHERE             a page, a cell, a person, a place or an address
 *   report [words] | 受理             the intake form
 *   find WORDS | 查找                 search of all cases
 *   sound, theme, language, help, log out
 *
 * Pure: everything it may name comes in as a World. */
import type { Pair } from '../lib/i18n';

export interface Thing {
  readonly id: string;
  readonly names: readonly string[]; /* in all languages; the first is shown */
  readonly hint?: string;
}
export interface World {
  readonly cases: readonly (Thing & { readonly can?: readonly string[] })[]; /* open ones, most urgent first */
  readonly actions: Readonly<Record<string, Pair>>;
  readonly possible: readonly string[]; /* of the followed case */
  readonly reasons: Readonly<Record<string, Pair>>;
  readonly reasons_of: (action: string) => readonly string[]; /* that fit it, most likely first */
  readonly pages: readonly Thing[];
  readonly places: readonly Thing[]; /* cells */
  readonly addresses: readonly Thing[]; /* of open cases; others are searched for */
  readonly people: readonly Thing[];
  readonly followed: string | null;
  readonly is_zh: boolean;
}
export type Meaning =
  | { readonly kind: 'case'; readonly id: string }
  | { readonly kind: 'why'; readonly id: string | null }
  | { readonly kind: 'act'; readonly action: string; readonly id: string | null; readonly reason?: string; readonly text?: string }
  | { readonly kind: 'page'; readonly id: string }
  | { readonly kind: 'place'; readonly id: string }
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'address'; readonly text: string }
  | { readonly kind: 'report'; readonly text: string }
  | { readonly kind: 'find'; readonly text: string }
  | { readonly kind: 'do'; readonly what: 'sound' | 'theme' | 'language' | 'help' | 'logout' };
export interface Completion {
  readonly text: string; /* the whole line when taken */
  readonly hint: string;
}
export interface Reading {
  readonly meaning: Meaning | null;
  readonly completions: readonly Completion[];
}

const COMPLETIONS_MAX = 8;
const ADDRESS_MIN = 2;
const VERBS: readonly { readonly kind: string; readonly words: readonly string[]; readonly hint: Pair }[] = [
  { kind: 'case', words: ['case', '案件'], hint: ['follow a case', '关注案件'] },
  { kind: 'why', words: ['why', '为何', '为什么'], hint: ['why this worker', '派遣理由'] },
  { kind: 'report', words: ['report', '受理'], hint: ['new report (F2)', '新受理（F2）'] },
  { kind: 'go', words: ['go to', 'go', '打开', '前往'], hint: ['a page, a cell, a person, an address', '页面、网格、人员、地址'] },
  { kind: 'find', words: ['find', '查找'], hint: ['search all cases', '检索全部案件'] },
  { kind: 'sound', words: ['sound', '声音'], hint: ['start or stop the sound', '开关提示音'] },
  { kind: 'theme', words: ['theme', '主题'], hint: ['light or dark', '浅色或深色'] },
  { kind: 'language', words: ['language', '语言'], hint: ['中文 / English', '中文 / English'] },
  { kind: 'help', words: ['help', '帮助'], hint: ['all keys', '全部按键'] },
  { kind: 'logout', words: ['log out', '退出登录'], hint: ['end the session', '结束会话'] },
];

const fold = (text: string): string => text.toLowerCase().replace(/_/g, ' ').trim();
const is_number = (text: string): boolean => /^\d+(-\d+)*$/.test(text);

/* The longest verb the line begins with, and what follows it. */
function split_verb(line: string, verbs: readonly (readonly [verb: string, kind: string])[]): { kind: string; verb: string; rest: string } | null {
  const low = fold(line);
  let best: { kind: string; verb: string; rest: string } | null = null;
  for (const [verb, kind] of verbs) {
    const word = fold(verb);
    const goes_on = low.length === word.length || /\s/.test(low[word.length] ?? '') || /[^\x00-\x7f]/.test(verb);
    if (low.startsWith(word) && goes_on && (!best || word.length > fold(best.verb).length)) {
      best = { kind, verb, rest: line.trimStart().slice(verb.length).trimStart() };
    }
  }
  return best;
}

function find_thing(things: readonly Thing[], text: string): Thing | undefined {
  const low = fold(text);
  return things.find((one) => fold(one.id) === low || one.names.some((name) => fold(name) === low));
}

function things_like(things: readonly Thing[], text: string): Thing[] {
  const low = fold(text);
  const begins = things.filter((one) => fold(one.id).startsWith(low) || one.names.some((name) => fold(name).startsWith(low)));
  const holds = low === '' ? [] : things.filter((one) => !begins.includes(one) && one.names.some((name) => fold(name).includes(low)));
  return [...begins, ...holds].slice(0, COMPLETIONS_MAX);
}

const say = (pair: Pair, world: World): string => (world.is_zh ? pair[1] : pair[0]);

function read_act(action: string, verb: string, rest: string, world: World): Reading {
  const [first = '', ...others] = rest.split(/\s+/);
  const has_case = is_number(first);
  const id = has_case ? first : world.followed;
  const after = has_case ? others.join(' ') : rest;
  const fitting = world.reasons_of(action).map((name) => [name, world.reasons[name] ?? [name, name]] as const);
  const reason = split_verb(after, fitting.flatMap(([name, pair]) => [[name, name], [pair[0], name], [pair[1], name]] as const));
  const text = reason ? reason.rest : after;
  const completions: Completion[] = [];
  if (rest === '' || (is_number(rest) && !rest.includes('-'))) {
    const able = world.cases.filter((one) => one.names[0]!.startsWith(rest) && one.names[0] !== rest);
    completions.push(...able.slice(0, COMPLETIONS_MAX).map((one) => ({ text: `${verb} ${one.names[0]}`, hint: one.hint ?? '' })));
  } else if (!reason) {
    const low = fold(after);
    const head = has_case ? `${verb} ${first}` : verb;
    for (const [name, pair] of fitting) {
      if (fold(say(pair, world)).startsWith(low) || fold(name).startsWith(low)) {
        completions.push({ text: `${head} ${say(pair, world)}`, hint: '' });
      }
    }
  }
  return {
    meaning: id === null ? null : { kind: 'act', action, id, ...(reason ? { reason: reason.kind } : {}), ...(text ? { text } : {}) },
    completions: completions.slice(0, COMPLETIONS_MAX),
  };
}

function read_case(kind: 'case' | 'why', verb: string, rest: string, world: World): Reading {
  const like = world.cases.filter((one) => one.names[0]!.startsWith(rest) || one.hint?.includes(rest));
  return {
    meaning: is_number(rest) ? { kind, id: rest } : kind === 'why' && rest === '' && world.followed ? { kind, id: null } : null,
    completions: like.filter((one) => one.names[0] !== rest).slice(0, COMPLETIONS_MAX)
      .map((one) => ({ text: `${verb ? `${verb} ` : ''}${one.names[0]}`, hint: one.hint ?? '' })),
  };
}

function read_go(verb: string, rest: string, world: World): Reading {
  const page = find_thing(world.pages, rest);
  const place = find_thing(world.places, rest);
  const person = find_thing(world.people, rest);
  const all = rest === '' ? world.pages : [...world.pages, ...world.places, ...world.people, ...world.addresses];
  const address = rest.length >= ADDRESS_MIN || find_thing(world.addresses, rest) ? { kind: 'address', text: rest } as const : null;
  return {
    meaning: page ? { kind: 'page', id: page.id } : place ? { kind: 'place', id: place.id } : person ? { kind: 'person', id: person.id } : address,
    completions: things_like(all, rest).filter((one) => one.names[0] !== rest)
      .map((one) => ({ text: `${verb} ${one.names[0]}`, hint: one.hint ?? '' })),
  };
}

/* What a line that no verb begins with could become. */
function read_beginning(line: string, world: World): Reading {
  const low = fold(line);
  const completions: Completion[] = [];
  const actions = Object.keys(world.actions);
  const ordered = [...world.possible.filter((name) => actions.includes(name)), ...actions.filter((name) => !world.possible.includes(name))];
  for (const verb of VERBS) {
    const word = (world.is_zh ? verb.words.find((one) => /[^\x00-\x7f]/.test(one)) : undefined) ?? verb.words[0]!;
    const fits = [word, ...verb.words].find((one) => fold(one).startsWith(low));
    if (fits !== undefined && low !== '') {
      completions.push({ text: fits, hint: say(verb.hint, world) });
    }
  }
  for (const name of ordered) {
    const pair = world.actions[name]!;
    const fits = [say(pair, world), pair[0], pair[1], name.toLowerCase().replace(/_/g, ' ')].find((one) => fold(one).startsWith(low));
    if (fits !== undefined && (low !== '' || world.possible.includes(name))) {
      completions.push({ text: fits, hint: fits === say(pair, world) ? '' : say(pair, world) });
    }
  }
  return { meaning: null, completions: completions.slice(0, COMPLETIONS_MAX) };
}

export function read_command(line: string, world: World): Reading {
  const text = line.trimStart();
  if (/^\d[\d-]*$/.test(text.trim())) {
    return read_case('case', '', text.trim(), world);
  }
  const actions = Object.entries(world.actions).flatMap(
    ([name, pair]) => [[pair[0], `act:${name}`], [pair[1], `act:${name}`], [name.replace(/_/g, ' '), `act:${name}`]] as const);
  const verb = split_verb(text, [...VERBS.flatMap((one) => one.words.map((word) => [word, one.kind] as const)), ...actions]);
  if (!verb) {
    return read_beginning(text, world);
  }
  if (verb.kind.startsWith('act:')) {
    return read_act(verb.kind.slice(4), verb.verb, verb.rest, world);
  }
  switch (verb.kind) {
    case 'case':
    case 'why':
      return read_case(verb.kind, verb.verb, verb.rest, world);
    case 'go':
      return read_go(verb.verb, verb.rest, world);
    case 'report':
      return { meaning: { kind: 'report', text: verb.rest }, completions: [] };
    case 'find':
      return { meaning: verb.rest ? { kind: 'find', text: verb.rest } : null, completions: [] };
    default:
      return { meaning: { kind: 'do', what: verb.kind as 'sound' }, completions: [] };
  }
}
