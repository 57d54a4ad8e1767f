/* types.ts: what the worker page keeps and what the engine tells it. */
import type { Both, Pair } from '../lib/i18n';

export type OrderState = 'OFFERED' | 'ACCEPTED' | 'ARRIVED' | 'DONE' | 'DECLINED' | 'EXPIRED' | 'RETURNED' | 'RECALLED' | 'NONE';
export type OrderKind = 'HANDLE' | 'ASSIST' | 'VERIFY_REPORT' | 'CHECK_RESULT' | 'INFORM' | 'PLAN_TASK' | 'ADJUDICATE';

export interface Line {
  readonly id: string;
  readonly text: string;
  readonly required: boolean;
  readonly photo: boolean;
  readonly number: boolean;
}

/** One item of a poll's answer. */
export interface Item {
  readonly seq: number;
  readonly kind: 'OFFER' | 'RECALL' | 'CHANGE' | 'NOTICE';
  readonly order: number;
  readonly code?: string;
  readonly case?: string;
  readonly order_kind: OrderKind;
  readonly order_state: OrderState;
  readonly title?: Both | string; /* in both languages once the server's view has the case */
  readonly class?: string;
  readonly severity: number;
  readonly lon_e7?: number;
  readonly lat_e7?: number;
  readonly place?: Both | string;
  readonly deadline_ms?: number;
  readonly task?: string;
  readonly reporter?: string;
  readonly checklist?: readonly Line[];
}

export interface Tasks {
  readonly seq: number;
  readonly items: readonly Item[];
  readonly now_ms: number;
  readonly speed: number;
}

/** An order as this phone knows it. */
export interface OrderRow {
  readonly order: number;
  readonly case: string;
  readonly kind: OrderKind;
  readonly state: OrderState;
  readonly title: Both | string;
  readonly severity: number;
  readonly lon_e7?: number | undefined;
  readonly lat_e7?: number | undefined;
  readonly place?: Both | string | undefined;
  readonly deadline_ms?: number | undefined;
  readonly offered_ms: number; /* when the phone heard of it: where the countdown's bar begins */
  readonly task?: string | undefined;
  readonly reporter?: string | undefined;
  readonly checklist: readonly Line[];
  readonly answers: Readonly<Record<string, number>>;
  readonly photos: readonly string[];
  readonly trouble?: Trouble | undefined; /* what was refused last; until the next tap */
}

export interface Trouble {
  readonly code: string;
  readonly text: Pair;
}

export interface Fix {
  readonly lon_e7: number;
  readonly lat_e7: number;
  readonly accuracy_cm?: number;
  readonly at_ms?: number;
}

export interface Act {
  readonly action: string;
  readonly reason?: string;
  readonly text?: string;
  readonly subject?: string;
  readonly amount?: number;
  readonly fix?: Fix;
  readonly evidence?: readonly string[];
}

/** One request that is still to be sent, or whose answer has not come. */
export interface Waiting {
  readonly number: number; /* order of sending */
  readonly person: string;
  readonly key: string;
  readonly kind: 'act' | 'report' | 'photo';
  readonly path: string;
  readonly body: unknown;
  readonly order: number; /* 0: of none */
  readonly after: OrderState | null; /* what the order comes to when it is done */
  readonly what: Pair;
  readonly at_ms: number; /* of the phone's clock */
}

/** What the worker is told about something that did not go as asked, or was taken away. */
export interface Notice {
  readonly id: number;
  readonly is_bad: boolean;
  readonly text: Pair;
  readonly order: number;
}
