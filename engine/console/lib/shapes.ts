/* shapes.ts: what the engine answers, as far as the pages read it. Names are those of the API; instants are log time in ms. */
import type { FeatureCollection, Geometry } from 'geojson';
import type { Both } from './i18n';

export type Text = Both | string | null;

export interface Holder {
  readonly kind: string;
  readonly id: string | null;
  readonly name: Text;
}

export interface CaseRow {
  readonly id: string;
  readonly number: string;
  readonly title: Text;
  readonly class: string | null;
  readonly rule?: string | null;
  readonly severity: number;
  readonly state: string;
  readonly lon_e7: number | null;
  readonly lat_e7: number | null;
  readonly cell: string | null;
  readonly place: Text;
  readonly holder: Holder | null;
  readonly clock: string | null;
  readonly deadline_ms: number | null;
  readonly handle_deadline_ms?: number | null;
  readonly handled_at_ms?: number | null; /* of rows from the history */
  readonly clock_set_ms?: number | null; /* when the deadline was set, as far as the stream showed it */
  readonly opened_at_ms: number;
  readonly closed_at_ms: number | null;
  readonly events: number;
  readonly need: readonly string[];
  readonly order: { readonly number: number; readonly state: string; readonly person: string | null } | null;
  readonly is_overdue: boolean;
}

export interface TimelineLine {
  readonly at_ms: number;
  readonly action: string;
  readonly zh: string | null;
  readonly en: string | null;
  readonly actor: string | null;
  readonly subject?: string | null;
  readonly order: number | null;
}

/** Codes of those who could have taken an order. */
export const COULD: ReadonlySet<string> = new Set(['ELIGIBLE', 'FARTHER', 'BUSIER', 'OTHER_OWNER', 'OTHER_VISIT']);

export interface Candidate {
  readonly person: string;
  readonly name: Text;
  readonly code: string;
  readonly load: number;
  readonly capacity: number;
  readonly is_home_cell: boolean;
  readonly distance_cm: number | null;
  readonly travel_ms: number | null;
}

export interface Decision {
  readonly at_ms: number;
  readonly order: number | null;
  readonly chosen: Text;
  readonly considered: number | null;
  readonly detail: {
    readonly removed?: Readonly<Record<string, number>>;
    readonly candidates?: readonly Candidate[];
  } | null;
  readonly zh: string | null;
  readonly en: string | null;
}

export interface OrderRow {
  readonly number: number;
  readonly kind: string;
  readonly state: string;
  readonly person: string | null;
  readonly clock?: string | null;
  readonly deadline_ms?: number | null;
  readonly offered_at_ms?: number | null;
}

export interface EvidenceRow {
  readonly digest: string;
  readonly at_ms: number;
  readonly action: string;
  readonly actor: string | null;
  readonly is_there: boolean;
  readonly size: number | null;
  readonly type: string | null;
}

export interface CaseDetail extends CaseRow {
  readonly timeline: readonly TimelineLine[];
  readonly orders: readonly OrderRow[];
  readonly decisions: readonly Decision[];
  readonly evidence?: readonly EvidenceRow[];
  readonly can: readonly string[];
}

export interface WorkerRow {
  readonly id: string;
  readonly name?: Text;
  readonly department?: string | null;
  readonly cell?: string | null;
  readonly lon_e7: number | null;
  readonly lat_e7: number | null;
  readonly fix_at_ms?: number | null;
  readonly on_shift?: boolean;
  readonly load?: number;
  readonly capacity?: number;
  readonly status?: string;
}

export interface Named {
  readonly id: string;
  readonly name: Text;
}

export interface City {
  readonly name: Text;
  readonly box?: Readonly<Record<string, unknown>> | readonly number[] | null;
  readonly clock: { readonly mode: string; readonly speed: number };
  readonly map?: { readonly tiles: string; readonly attribution: string; readonly max_zoom: number } | null;
  readonly cells: FeatureCollection<Geometry, { readonly id?: string; readonly code?: string; readonly name?: Text }>;
  readonly units: readonly (Named & { readonly level?: number })[];
  readonly departments: readonly Named[];
  readonly posts: readonly Named[];
  readonly classes: readonly { readonly id: string; readonly title: Text }[];
  readonly persons: readonly (Named & {
    readonly roles?: readonly string[];
    readonly department?: string | null;
    readonly cell?: string | null;
  })[];
  readonly rules: readonly { readonly id: string; readonly title: Text; readonly lane?: string; readonly status?: string }[];
}

export interface List<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly position: number;
  readonly now_ms: number;
  readonly age_ms: number;
}

export interface RuleFinding {
  readonly code: string;
  readonly level: string;
  readonly text: string;
  readonly waived: string | null;
}

export interface RuleRow {
  readonly id: string;
  readonly title: Text;
  readonly lane?: string;
  readonly status?: string;
  readonly file?: string | null;
  readonly line?: number | null;
  readonly text?: string | null;
  readonly department?: string | null;
  readonly cases?: number;
  readonly confirmed?: number;
  readonly false_alarms?: number;
  readonly precision?: number | null; /* 0..1 */
  readonly override_rate?: number | null;
  readonly would?: Readonly<Record<string, number>> | null; /* of a rule in shadow: what it would have come to */
  readonly findings?: readonly (RuleFinding | null)[] | null; /* null: the linter still runs */
}

export type Counters = Readonly<Record<string, number | string | null>>;

export type LiveMessage =
  | { readonly type: 'hello'; readonly position: number; readonly now_ms: number; readonly speed: number; readonly epoch: number; readonly resume?: 'none' | 'resumed' | 'reload' }
  | {
      readonly type: 'snapshot';
      readonly position?: number;
      readonly sequence?: number;
      readonly now_ms?: number;
      readonly cases: readonly CaseRow[];
      readonly workers: readonly WorkerRow[];
      readonly counters: Counters;
    }
  | {
      readonly type: 'delta';
      readonly position: number;
      readonly sequence?: number;
      readonly now_ms: number;
      readonly cases?: readonly CaseRow[];
      readonly gone?: readonly string[];
      readonly workers?: readonly WorkerRow[];
      readonly counters?: Counters;
    };

export interface ActAnswer {
  readonly code: string;
  readonly contacts?: readonly { readonly name?: string; readonly phone?: string; readonly note?: string }[]; /* of a reveal */
  readonly state?: string | null;
  readonly possible?: readonly string[];
}

export interface ReportAnswer {
  readonly code: string;
  readonly case: string | null;
  readonly receipt: string | number | null;
  readonly secret?: string;
}
