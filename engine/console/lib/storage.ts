/* storage.ts: small things a browser keeps for one person; nothing is kept where storage is shut off. */
const PREFIX = 'gridloop.';

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) {
      localStorage.removeItem(PREFIX + key);
    } else {
      localStorage.setItem(PREFIX + key, value);
    }
  } catch {
    /* A private window: the choice lasts as long as the page. */
  }
}
