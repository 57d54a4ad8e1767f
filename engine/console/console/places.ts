/* places.ts: places by what people call them: those of open cases at once, those of all cases by the read side's search.
 *
 * The city's own register of things is not sent to browsers: it may be a hundred thousand of them. */
import { computed } from '@preact/signals';
import { get } from '../lib/api';
import { both } from '../lib/i18n';
import { cases, cases_version } from '../lib/live';
import type { CaseRow, List } from '../lib/shapes';

export interface Place {
  readonly name: string;
  readonly lon_e7: number;
  readonly lat_e7: number;
}

const FOUND_MAX = 100;

/* A place without a name is its coordinates. */
const is_name = (text: string): boolean => text !== '' && !/^[\d.,\s-]+$/.test(text);

function gather(rows: Iterable<CaseRow>): Map<string, Place> {
  const found = new Map<string, Place>();
  for (const row of rows) {
    const name = both(row.place);
    if (is_name(name) && row.lon_e7 !== null && row.lat_e7 !== null && !found.has(name)) {
      found.set(name, { name, lon_e7: row.lon_e7, lat_e7: row.lat_e7 });
    }
  }
  return found;
}

export const known_places = computed<ReadonlyMap<string, Place>>(() => {
  void cases_version.value;
  return gather(cases.values());
});

const pairs_of = (text: string): Set<string> => {
  const low = text.toLowerCase();
  return new Set(Array.from({ length: Math.max(1, low.length - 1) }, (_, i) => low.slice(i, i + 2)));
};

/** How alike two names are, 0 to 1: pairs of letters that both have. */
export function likeness(a: string, b: string): number {
  const mine = pairs_of(a);
  const theirs = pairs_of(b);
  const shared = [...mine].filter((pair) => theirs.has(pair)).length;
  return (2 * shared) / (mine.size + theirs.size);
}

/** Names like it, the nearest first. */
export function names_like(text: string, places: Iterable<Place>, limit: number): Place[] {
  const low = text.toLowerCase();
  return [...places]
    .map((place) => ({ place, score: place.name.toLowerCase().includes(low) ? 1 : likeness(text, place.name) }))
    .filter((one) => one.score >= 0.3)
    .sort((a, b) => b.score - a.score || (a.place.name < b.place.name ? -1 : 1))
    .slice(0, limit)
    .map((one) => one.place);
}

/** Places whose name holds the words: of open cases, else of any case on record. The exact name first. */
export async function find_places(text: string): Promise<Place[]> {
  const low = text.trim().toLowerCase();
  const holds = (places: Iterable<Place>): Place[] =>
    [...places].filter((one) => one.name.toLowerCase().includes(low)).sort((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
  const open = holds(known_places.value.values());
  if (open.length > 0) {
    return open;
  }
  const said = await get<List<CaseRow>>(`cases?${new URLSearchParams({ state: 'all', q: text.trim(), limit: String(FOUND_MAX) }).toString()}`);
  return holds(gather(said.items).values());
}
