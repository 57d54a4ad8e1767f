/* vocabulary.mjs: the words of engine/core as an object, so that pages and engine never speak of two things by one name.
 *
 * Reads the X-macro lists X(NAME, number, "english", "中文") of life.h and code.h and gives
 * {action: {ACCEPT: ["accept", "接单"], ...}, ...}, and which reasons fit which act: {act_reason: {VOID: ["FALSE_ALARM", ...]}}.
 * A list that is gone is an error, not an empty object. */
import { readFileSync } from 'node:fs';

const LISTS = {
  'engine/core/life.h': {
    case_state: 'CASE_STATE', order_state: 'ORDER_STATE', order_kind: 'ORDER_KIND', action: 'ACTION',
    reason: 'REASON', clock: 'CLOCK', plan_state: 'PLAN_STATE',
  },
  'engine/core/code.h': { code: 'CODE' },
};

function body_of(text, macro, file) {
  const start = text.indexOf(`#define ${macro}_LIST(X`);
  if (start < 0) {
    throw new Error(`${file}: no list ${macro}_LIST; engine/console/vocabulary.mjs reads it`);
  }
  const lines = text.slice(start).split('\n');
  const end = lines.findIndex((line) => !line.endsWith('\\'));
  return lines.slice(0, end + 1).join('\n').replace(/\\\n/g, ' ');
}

function entries(text, macro, file) {
  const body = body_of(text, macro, file);
  const words = {};
  for (const m of body.matchAll(/X\((\w+),\s*\d+,\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\)/g)) {
    words[m[1]] = [m[2], m[3]];
  }
  if (Object.keys(words).length === 0) {
    throw new Error(`${file}: ${macro}_LIST holds no X(NAME, number, "en", "zh")`);
  }
  return words;
}

/* X(VOID, R(FALSE_ALARM) | R(OTHER)): in the order in which they are offered. */
function act_reasons(text, file) {
  const out = {};
  for (const m of body_of(text, 'ACT_REASON', file).matchAll(/X\((\w+),((?:\s*\|?\s*R\(\w+\))+)\)/g)) {
    out[m[1]] = [...m[2].matchAll(/R\((\w+)\)/g)].map((one) => one[1]);
  }
  if (!out.VOID?.includes('OTHER')) {
    throw new Error(`${file}: ACT_REASON_LIST holds no X(VOID, R(...) | R(OTHER))`);
  }
  return out;
}

/** The words, and the files they came from. root is the root of the tree. */
export function vocabulary(root) {
  const out = {};
  for (const [file, lists] of Object.entries(LISTS)) {
    const text = readFileSync(`${root}/${file}`, 'utf8');
    for (const [name, macro] of Object.entries(lists)) {
      out[name] = entries(text, macro, file);
    }
    if (file.endsWith('/life.h')) {
      out.act_reason = act_reasons(text, file);
    }
  }
  return { words: out, files: Object.keys(LISTS).map((file) => `${root}/${file}`) };
}
