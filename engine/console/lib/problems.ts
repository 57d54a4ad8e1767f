/* problems.ts: a refusal in both languages: the engine's own words of its code, else ours for what its HTTP side says itself. */
import words from 'gridloop:words';
import type { Problem } from './api';
import { lang, t, type Pair } from './i18n';

/* Codes of the HTTP side, which has English alone. English is its own sentence; it says more. */
const CHINESE: Readonly<Record<string, string>> = {
  CSRF: '登录状态已更新，请刷新页面后重试',
  EVIDENCE_MISSING: '证据尚未上传',
  HISTORY: '历史库暂时无法读取，请稍后重试',
  IN_PROGRESS: '同一请求正在处理',
  KEY_REUSED: '同一请求编号已用于其他内容',
  NO_ANSWER: '引擎未及时应答，操作可能已生效，请先查看现状',
  NOT_ENABLED: '此功能未启用',
  NOT_FOUND: '未找到',
  NOT_LOGGED_IN: '请先登录',
  NOT_READY: '引擎刚刚启动，请稍后重试',
  UNAVAILABLE: '暂不可用，请稍后重试',
  UNKNOWN_EVIDENCE: '无此证据',
  UNKNOWN_PATH: '当前引擎未提供此功能',
  UNKNOWN_RULE: '无此规则',
  WRONG_PASSWORD: '账号或密码错误',
  WRONG_SECRET: '回执密码错误',
};

const numbers_in = (text: string): string => (text.match(/\d{6}-\d{8}-\d{4,}/g) ?? []).join(' ');

/** What was refused and why, for a message that is kept and read in whatever language is chosen then. */
export function pair_of(problem: Problem): Pair {
  if (problem.is_offline) {
    return ['the server does not answer; nothing was sent', '服务器无应答，未发送'];
  }
  const known = words.code[problem.code];
  const chinese = known?.[1] ?? CHINESE[problem.code] ?? (problem.status === 401 ? '账号或密码错误' : '服务器拒绝了请求');
  const which = numbers_in(problem.message); /* open children, say */
  return [problem.message || known?.[0] || problem.code, which ? `${chinese}（${which}）` : chinese];
}

/** The same for reading now, without the code: at a login or to the public. */
export const sentence_of = (problem: Problem): string => t(pair_of(problem));

/** With its code, for who may look it up or tell it on. */
export function say_refusal(error: unknown): string {
  const problem = error as Partial<Problem>;
  if (typeof problem.code !== 'string') {
    return String(error);
  }
  const text = sentence_of(error as Problem);
  return problem.status === 0 ? text : lang.value === 'zh' ? `${text}（${problem.code}）` : `${text} (${problem.code})`;
}
