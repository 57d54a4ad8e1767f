/* words.d.ts: what the module made by vocabulary.mjs from engine/core/life.h and code.h looks like. */
declare module 'gridloop:words' {
  type Words = Readonly<Record<string, readonly [en: string, zh: string]>>;
  const words: Readonly<Record<'case_state' | 'order_state' | 'order_kind' | 'action' | 'reason' | 'clock' | 'plan_state' | 'code', Words>> & {
    readonly act_reason: Readonly<Record<string, readonly string[]>>; /* most likely first */
  };
  export default words;
}
