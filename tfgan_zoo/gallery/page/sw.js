// Keeps what was loaded, so that the page and the models that were open once work without a network.
// The network comes first: an export that was written anew is never hidden by an older one.

const CACHE = "tfgan-zoo-gallery";
// What the page's own worker asks for, which the page does not see.
const RUNTIME = [
  "worker.js",
  "vendor/litert/index.js",
  "vendor/litert/wasm-utils.js",
  "vendor/litert/litert_wasm_compat_internal.js",
  "vendor/litert/litert_wasm_compat_internal.wasm.gz",
];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(self.registration.scope)) event.respondWith(answer(event));
});

async function answer(event) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(event.request);
    // A full disk must not keep the page from its answer.
    if (response.status === 200) {
      event.waitUntil(cache.put(event.request, response.clone()).catch(() => {}));
    }
    return response;
  } catch (error) {
    const kept = await cache.match(event.request, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

// The page names what it had loaded before this worker was there to see it.
self.addEventListener("message", (event) => event.waitUntil(keep(event)));

async function keep({ data, source }) {
  const cache = await caches.open(CACHE);
  const addresses = [...data, ...RUNTIME]
    .map((name) => new URL(name, self.registration.scope).href)
    .filter((address) => address.startsWith(self.registration.scope));
  for (const address of new Set(addresses)) {
    if (await cache.match(address, { ignoreVary: true })) continue;
    try {
      const response = await fetch(address);
      if (response.status === 200) await cache.put(address, response);
    } catch {
      // The network went off meanwhile: what is kept so far is kept.
    }
  }
  source.postMessage("kept");
}
