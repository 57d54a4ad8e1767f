/* api.ts: the engine's HTTP side as functions. Every failure is a Problem with a stable code and a sentence.
 *
 * Addresses are relative to <html data-root>, so that a page in a folder and a program behind a prefix both work. */
import { signal } from '@preact/signals';
import type { Both } from './i18n';

export interface Session {
  readonly person: string;
  readonly name: Both | null;
  readonly roles: readonly string[];
  readonly department: string | null;
  readonly csrf: string;
  readonly expires_ms: number;
  readonly can: readonly string[];
}

/** What went wrong, as the server says it (RFC 9457), or as the network did not. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly possible: readonly string[];
  /** Of the order or case that was acted on, as it is now. */
  readonly state: string | undefined;

  constructor(status: number, code: string, message: string, possible: readonly string[] = [], state?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.possible = possible;
    this.state = state;
  }

  /** Nobody answered: worth trying again with the same key. */
  get is_offline(): boolean {
    return this.status === 0;
  }
}

/* undefined: not asked yet; null: nobody is logged in. */
export const session = signal<Session | null | undefined>(undefined);

const root = document.documentElement.dataset.root ?? '';

export function url_of(path: string): URL {
  return new URL(`${root}api/v1/${path}`, document.baseURI);
}

/** A key for one request: a resend with the same key is answered, not done again. */
export function new_key(): string {
  /* Not randomUUID: it is there on https and localhost only. */
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

interface Options {
  readonly key?: string;
  readonly signal?: AbortSignal;
}

async function problem_of(response: Response): Promise<Problem> {
  try {
    const said = (await response.json()) as {
      code?: string; title?: string; detail?: string; possible?: string[]; state?: string;
    };
    return new Problem(response.status, said.code ?? String(response.status), said.detail ?? said.title ?? '',
      said.possible ?? [], said.state);
  } catch {
    return new Problem(response.status, String(response.status), response.statusText);
  }
}

export async function request<T>(method: string, path: string, body?: unknown, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') {
    headers['Idempotency-Key'] = options.key ?? new_key();
    if (session.value) {
      headers['X-CSRF-Token'] = session.value.csrf;
    }
  }
  if (body !== undefined && !(body instanceof Blob)) {
    headers['Content-Type'] = 'application/json';
  }
  let response: Response;
  try {
    response = await fetch(url_of(path), {
      method,
      headers,
      credentials: 'same-origin',
      body: body === undefined ? null : body instanceof Blob ? body : JSON.stringify(body),
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') {
      throw error;
    }
    throw new Problem(0, 'NO_CONNECTION', 'the server does not answer');
  }
  if (response.status === 401 && !path.endsWith('session')) {
    session.value = null;
  }
  if (!response.ok) {
    throw await problem_of(response);
  }
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

export const get = <T>(path: string, options?: Options): Promise<T> => request<T>('GET', path, undefined, options);
export const post = <T>(path: string, body: unknown, options?: Options): Promise<T> =>
  request<T>('POST', path, body, options);

/** Asks who is logged in; session stays undefined when nobody answers. */
export async function load_session(): Promise<void> {
  try {
    session.value = await get<Session>('session');
  } catch (error) {
    if (error instanceof Problem && !error.is_offline) {
      session.value = null;
    } else {
      throw error;
    }
  }
}

export async function log_in(person: string, password: string): Promise<void> {
  session.value = await post<Session>('session', { person, password });
}

export async function log_out(): Promise<void> {
  await request('DELETE', 'session');
  session.value = null;
}
