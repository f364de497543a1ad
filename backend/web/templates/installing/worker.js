// Looks on, and helps in one case only: a page was asked for and there is no network.
const CACHE = "shell-{{ version }}";
const PAGE = "{{ page|escapejs }}";
const SHELL = [{% for each in shell %}"{{ each|escapejs }}",{% endfor %}];

self.addEventListener("install", (event) => {
  // Without cookies: what is kept is nobody's.
  const asked = SHELL.map((path) => new Request(path, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(asked)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const others = (names) => names.filter((name) => name !== CACHE).map((name) => caches.delete(name));
  event.waitUntil(caches.keys().then((names) => Promise.all(others(names))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return; // what was typed is the browser's to send again
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
    return;
  }
  const { origin, pathname } = new URL(request.url);
  if (origin === self.location.origin && SHELL.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(pathname)));
  }
});
