/* outbox_worker.ts: the service worker of the phone page: opens the page without a network, so that what waits can be seen and added to.
 *
 * Keeps the files of the pages as they were last fetched; asks the network first. Nothing under /api/ is kept. */
export {};

interface Fetched extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Lived extends Event {
  waitUntil(work: Promise<unknown>): void;
}
const scope = self as unknown as {
  addEventListener(kind: 'fetch', take: (event: Fetched) => void): void;
  addEventListener(kind: 'install' | 'activate', take: (event: Lived) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
};

const KEPT = 'gridloop-pages-1'; /* main.tsx puts there what it was made of */

async function answer(request: Request): Promise<Response> {
  const kept = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.ok) {
      await kept.put(request, response.clone());
    }
    return response;
  } catch (error) {
    const found = await kept.match(request, { ignoreSearch: true });
    if (found) {
      return found;
    }
    throw error;
  }
}

scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === 'GET' && url.origin === location.origin && !url.pathname.includes('/api/')) {
    event.respondWith(answer(event.request));
  }
});
