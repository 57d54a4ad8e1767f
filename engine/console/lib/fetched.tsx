/* fetched.tsx: something read from the engine, kept fresh, with its age and what went wrong. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, Problem } from './api';
import { set_log_clock } from './clock';
import { t } from './i18n';
import { sentence_of } from './problems';

const RETRY_MS = 2_000;

export interface Fetched<T> {
  readonly data: T | null;
  readonly at: number; /* performance.now() of the answer */
  readonly problem: Problem | null;
  readonly reload: () => void;
}

/** Reads path now, whenever it changes, and every every_ms; null: nothing to read. */
export function use_fetched<T>(path: string | null, every_ms = 30_000): Fetched<T> {
  const [state, set_state] = useState<{ data: T | null; at: number; problem: Problem | null; path: string | null }>(
    { data: null, at: 0, problem: null, path: null });
  const [turn, set_turn] = useState(0);
  const last = useRef(0);
  useEffect(() => {
    if (path === null) {
      return undefined;
    }
    const mine = ++last.current;
    let retry = 0;
    const ask = async (): Promise<void> => {
      try {
        const data = await get<T & { now_ms?: number }>(path);
        if (data.now_ms) {
          set_log_clock(data.now_ms);
        }
        if (mine === last.current) {
          set_state({ data, at: performance.now(), problem: null, path });
        }
      } catch (error) {
        if (mine === last.current && error instanceof Problem && error.status === 429) {
          /* Worked out one at a time: ours comes when the other is done. */
          retry = window.setTimeout(() => void ask(), RETRY_MS);
        } else if (mine === last.current) {
          set_state((old) => ({ ...old, problem: error instanceof Problem ? error : new Problem(0, 'UNKNOWN', String(error)) }));
        }
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), every_ms);
    return () => {
      clearInterval(timer);
      clearTimeout(retry);
    };
  }, [path, turn, every_ms]);
  const is_mine = state.path === path;
  return {
    data: is_mine ? state.data : null, at: state.at, problem: state.problem, reload: () => set_turn((old) => old + 1),
  };
}

/** Age of what is shown below a heading, told each second. */
export function Age({ of }: { readonly of: Fetched<unknown> }) {
  const [, set_tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => set_tick((old) => old + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  if (of.at === 0) {
    return <span class="panel-age">{of.problem ? '' : t(['reading …', '读取中…'])}</span>;
  }
  return <span class="panel-age">{t(['read {0} s ago', '{0} 秒前读取'], Math.round((performance.now() - of.at) / 1000))}</span>;
}

export function Trouble({ of }: { readonly of: Fetched<unknown> }) {
  if (!of.problem) {
    return null;
  }
  const text = of.problem.is_offline
    ? t(['The server does not answer; what is shown is what it said last.', '服务器无应答，显示的是最近一次数据。'])
    : of.problem.status === 404
      ? t(['This engine does not offer this list.', '当前引擎未提供此列表。'])
      : sentence_of(of.problem);
  return (
    <p class="problem" role="alert">
      {text} <button type="button" onClick={of.reload}>{t(['Try again', '重试'])}</button>
    </p>
  );
}

export function PageHead({ title, of, children }: {
  readonly title: string;
  readonly of: Fetched<unknown>;
  readonly children?: ComponentChildren;
}) {
  return (
    <>
      <div class="page-head">
        <h2>{title}</h2>
        {children}
        <Age of={of} />
      </div>
      <Trouble of={of} />
    </>
  );
}
