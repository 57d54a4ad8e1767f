/* store.ts: what the phone keeps when the page is closed: orders, what waits to be sent, how far the engine's items were taken.
 *
 * IndexedDB; where a browser shuts it off, memory, and is_durable says so. Everything belongs to one person: a phone that is handed on shows
 * nothing of whoever had it before, and sends nothing in another's name. */
import type { OrderRow, Waiting } from './types';

const NAME = 'gridloop-worker';
const VERSION = 1;
type Table = 'waiting' | 'orders' | 'notes';
const TABLES: readonly Table[] = ['waiting', 'orders', 'notes'];

interface Kept {
  readonly put: (table: Table, key: string, value: unknown) => Promise<void>;
  readonly remove: (table: Table, key: string) => Promise<void>;
  readonly all: (table: Table, prefix: string) => Promise<unknown[]>;
}

function promised<T>(asked: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error('IndexedDB'));
  });
}

/* Written means on the disk of the phone: the promise waits for the transaction, not for the request. */
function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error ?? new Error('IndexedDB'));
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB: no room'));
  });
}

function in_database(database: IDBDatabase): Kept {
  const change = (table: Table, act: (store: IDBObjectStore) => void): Promise<void> => {
    const transaction = database.transaction(table, 'readwrite');
    act(transaction.objectStore(table));
    return finished(transaction);
  };
  return {
    put: (table, key, value) => change(table, (store) => store.put(value, key)),
    remove: (table, key) => change(table, (store) => store.delete(key)),
    all: (table, prefix) =>
      promised(database.transaction(table).objectStore(table).getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`))),
  };
}

function in_memory(): Kept {
  const tables = new Map(TABLES.map((table) => [table, new Map<string, unknown>()]));
  const of = (table: Table): Map<string, unknown> => tables.get(table) ?? new Map<string, unknown>();
  return {
    put: async (table, key, value) => void of(table).set(key, value),
    remove: async (table, key) => void of(table).delete(key),
    all: async (table, prefix) =>
      [...of(table)].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value),
  };
}

let kept: Kept = in_memory();
export let is_durable = false;

export async function open_store(): Promise<void> {
  try {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => TABLES.forEach((table) => asked.result.createObjectStore(table));
    kept = in_database(await promised(asked));
    is_durable = true;
  } catch {
    kept = in_memory();
  }
}

const in_order = (number: number): string => String(number).padStart(16, '0');

/* ---- what waits to be sent, oldest first ---- */
export const put_waiting = (entry: Waiting): Promise<void> =>
  kept.put('waiting', `${entry.person} ${in_order(entry.number)}`, entry);
export const remove_waiting = (entry: Waiting): Promise<void> =>
  kept.remove('waiting', `${entry.person} ${in_order(entry.number)}`);
export const all_waiting = async (person: string): Promise<Waiting[]> =>
  (await kept.all('waiting', `${person} `)) as Waiting[];
/** Of whoever used this phone before, and has not sent all. */
export const count_others = async (person: string): Promise<number> =>
  ((await kept.all('waiting', '')) as Waiting[]).filter((entry) => entry.person !== person).length;

/* ---- orders ---- */
export const put_order = (person: string, row: OrderRow): Promise<void> =>
  kept.put('orders', `${person} ${in_order(row.order)}`, row);
export const remove_order = (person: string, order: number): Promise<void> =>
  kept.remove('orders', `${person} ${in_order(order)}`);
export const all_orders = async (person: string): Promise<OrderRow[]> =>
  (await kept.all('orders', `${person} `)) as OrderRow[];

/* ---- small things: how far items were taken, the list of what may be reported ---- */
export const put_note = (person: string, name: string, value: unknown): Promise<void> =>
  kept.put('notes', `${person} ${name}`, value);
export const find_note = async <T>(person: string, name: string): Promise<T | undefined> =>
  (await kept.all('notes', `${person} ${name}`))[0] as T | undefined;
