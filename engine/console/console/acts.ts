/* acts.ts: what a person may do with a case: what each action needs, sending it, taking it back.
 *
 * The core decides what is allowed; this is only which fields to ask for (docs/life-cycle.md). */
import words from 'gridloop:words';
import { post } from '../lib/api';
import { short_number } from '../lib/format';
import { t, word, type Pair } from '../lib/i18n';
import type { ActAnswer, CaseDetail } from '../lib/shapes';
import { reload_detail, say_problem, tell } from './state';

/** The stable name of an action: the server says check_pass, the lists say CHECK_PASS. */
export const word_name = (verb: string): string => verb.toUpperCase().replace(/[- ]/g, '_');

export type Need = 'reason' | 'text' | 'subject' | 'other_case' | 'until_ms' | 'amount';

const NEEDS: Readonly<Record<string, readonly Need[]>> = {
  COMMENT: ['text'],
  VERIFY_NO: ['reason', 'text'],
  CHECK_FAIL: ['reason', 'text'],
  VOID: ['reason', 'text'],
  FORCE_CLOSE: ['reason', 'text'],
  REOPEN: ['reason', 'text'],
  REASSIGN: ['subject', 'reason'],
  SEND_TO_DESK: ['subject', 'reason'],
  HAND_OVER: ['subject', 'reason', 'text'],
  RETURN: ['reason', 'text'],
  DECLINE: ['reason'],
  POSITION: ['reason', 'text'],
  RULE: ['subject', 'reason', 'text'],
  EXTEND: ['reason', 'text'],
  EXTEND_NO: ['reason'],
  SUSPEND: ['until_ms', 'reason'],
  CONTROL: ['until_ms', 'reason'],
  SUPERVISE: ['reason', 'text'],
  ANSWER: ['text'],
  APPEAL: ['reason', 'text'],
  APPEAL_NO: ['reason'],
  MERGE_INTO: ['other_case', 'reason'],
  REPLACE: ['other_case', 'reason'],
  SPLIT: ['reason', 'text'],
  LINK_CHILD: ['other_case'],
  UNLINK_CHILD: ['other_case', 'reason'],
  RELATE: ['other_case'],
  REVEAL: ['reason'],
  ERASE: ['reason'],
  INFORM: ['subject', 'text'],
  REQUEST_HELP: ['reason', 'text'],
};
export const needs_of = (action: string): readonly Need[] => NEEDS[action] ?? [];

/** Reasons that fit the act, most likely first, as the engine's table has them. */
export const reasons_of = (action: string): readonly string[] => words.act_reason[action] ?? [];

/* Done elsewhere on the page: evidence is taken out where it is listed; what reporters say of a closed case comes by its receipt. */
export const ELSEWHERE: ReadonlySet<string> = new Set(['READ_EVIDENCE', 'RATE', 'SOLVED', 'NOT_SOLVED']);

/* Acts that another act takes back, and the reason it is given. */
const UNDO: Readonly<Record<string, { readonly action: string; readonly reason?: string; readonly keeps?: 'other_case' }>> = {
  SUSPEND: { action: 'RESUME' },
  CONTROL: { action: 'RESUME' },
  CLOSE: { action: 'REOPEN', reason: 'OTHER' },
  CHECK_PASS: { action: 'REOPEN', reason: 'OTHER' },
  VOID: { action: 'REOPEN', reason: 'OTHER' },
  FORCE_CLOSE: { action: 'REOPEN', reason: 'OTHER' },
  LINK_CHILD: { action: 'UNLINK_CHILD', reason: 'OTHER', keeps: 'other_case' },
};
/* What cannot be taken back and closes something is asked about once more. */
export const IS_FINAL: ReadonlySet<string> = new Set(['ERASE', 'MERGE_INTO', 'REPLACE', 'RULE']);
/* Shown first and in this order; the rest is behind "more". */
export const COMMON: readonly string[] = ['CHECK_PASS', 'CHECK_FAIL', 'VERIFY_YES', 'VERIFY_NO', 'FILE', 'DISPATCH', 'REASSIGN',
  'SEND_TO_DESK', 'CLOSE', 'RESUME', 'EXTEND_YES', 'EXTEND_NO', 'RULE', 'COMMENT'];

export interface Act {
  readonly action: string;
  readonly reason?: string;
  readonly text?: string;
  readonly subject?: string;
  readonly other_case?: string;
  readonly until_ms?: number;
  readonly amount?: number;
}

const CONTACT_STAYS_MS = 120_000; /* long enough to dial */
const say_contact = (one: NonNullable<ActAnswer['contacts']>[number]): string => [one.name, one.phone, one.note].filter(Boolean).join(' ');

/** Sends an act on a case or one of its orders; says what came of it and offers to take it back where that is possible. */
export async function act(on: CaseDetail, order: number | null, wanted: Act, is_undo = false): Promise<boolean> {
  const path = order === null ? `cases/${on.id}/acts` : `orders/${order}/acts`;
  const done: Pair = ['case {0}: {1}', '{0} 号案件：{1}'];
  try {
    const said = await post<ActAnswer>(path, { ...wanted, action: wanted.action });
    const back = is_undo || order !== null ? undefined : UNDO[wanted.action];
    const undo = back && ((): void => {
      void act(on, null, {
        action: back.action,
        ...(back.reason ? { reason: back.reason, text: t(['taken back', '撤销误操作']) } : {}),
        ...(back.keeps && wanted.other_case ? { other_case: wanted.other_case } : {}),
      }, true);
    });
    tell([t(done, short_number(on.number), word('action', wanted.action)), ...(said.contacts ?? []).map(say_contact)].join(' · '), false, undo,
      said.contacts ? CONTACT_STAYS_MS : undefined);
    reload_detail();
    return true;
  } catch (error) {
    tell(`${t(done, short_number(on.number), word('action', wanted.action))}${t([': ', '：'])}${say_problem(error)}`, true);
    reload_detail();
    return false;
  }
}
