/**
 * Mercurius with JIT. Runs come from a process-wide LRU (`lru`), from mercurius-cache in front of a fetch (`cache`), or
 * from a DataLoader a request (neither).
 */
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import mercurius from 'mercurius';
import mercuriusCache from 'mercurius-cache';
import { resolvers } from './domain/resolvers.ts';
import { createLruOfRuns, createRequestLoader, type LoadRun } from './domain/runs.ts';
import { typeDefs } from './domain/schema.ts';
import { createFetchRun } from './domain/upstream.ts';
import { announce, cacheMaxBytes, cacheTtlSeconds, HOST, liveTtlMs, upstreamUrl } from './settings.ts';

const kind = process.argv[2];
const fetchRun = createFetchRun(upstreamUrl);

function loaders(): () => LoadRun {
  if (kind === 'lru') {
    const lru = createLruOfRuns(fetchRun, { maxBytes: cacheMaxBytes, liveTtlMs });
    return () => lru;
  }
  if (kind === 'cache') {
    const fetchOnly: LoadRun = async (...wanted) => (await fetchRun(...wanted)).run;
    return () => fetchOnly;
  }
  return () => createRequestLoader(fetchRun);
}

const loaderOfRequest = loaders();
const app = fastify();
await app.register(mercurius, {
  schema: typeDefs,
  resolvers: resolvers as unknown as NonNullable<Parameters<typeof mercurius>[1]['resolvers']>,
  jit: 1,
  context: (request) => ({ authorization: request.headers.authorization ?? '', loadRun: loaderOfRequest() }),
});
if (kind === 'cache') {
  // Its key does not include the caller. `extendKey` could add it, and would only make it slower.
  await app.register(mercuriusCache.default, { ttl: cacheTtlSeconds, policy: { Query: { run: true } } });
}
await app.listen({ host: HOST, port: 0 });
announce((app.server.address() as AddressInfo).port);
