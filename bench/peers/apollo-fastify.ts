/**
 * Apollo behind Fastify over a process-wide LRU of runs. With `response-cache`: Apollo's response cache over its in-memory LRU.
 * Without: its cache control plugin, which hooks every field, is disabled as useless.
 */
import type { AddressInfo } from 'node:net';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import responseCachePlugin from '@apollo/server-plugin-response-cache';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import { fastify } from 'fastify';
import { resolvers, type PeerContext } from './domain/resolvers.ts';
import { createLruOfRuns } from './domain/runs.ts';
import { typeDefs } from './domain/schema.ts';
import { createFetchRun } from './domain/upstream.ts';
import { announce, cacheMaxBytes, cacheTtlSeconds, HOST, liveTtlMs, upstreamUrl } from './settings.ts';

const isCached = process.argv.includes('response-cache');

/** All data may be cached, but only for its caller, identified by the session id. */
const PRIVATE = /* GraphQL */ `
  enum CacheControlScope {
    PUBLIC
    PRIVATE
  }
  directive @cacheControl(
    maxAge: Int
    scope: CacheControlScope
    inheritMaxAge: Boolean
  ) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  extend type Run @cacheControl(scope: PRIVATE)
`;
const caching: ApolloServerPlugin<PeerContext>[] = isCached
  ? [
      ApolloServerPluginCacheControl({ defaultMaxAge: cacheTtlSeconds }),
      responseCachePlugin({
        sessionId: ({ request }) => Promise.resolve(request.http?.headers.get('authorization') ?? null),
      }),
    ]
  : [ApolloServerPluginCacheControlDisabled()];

const app = fastify();
const apollo = new ApolloServer<PeerContext>({
  typeDefs: isCached ? [typeDefs, PRIVATE] : typeDefs,
  resolvers,
  cache: new InMemoryLRUCache({ maxSize: cacheMaxBytes }),
  plugins: [fastifyApolloDrainPlugin(app), ApolloServerPluginLandingPageDisabled(), ...caching],
});
await apollo.start();

const loadRun = createLruOfRuns(createFetchRun(upstreamUrl), { maxBytes: cacheMaxBytes, liveTtlMs });
await app.register(fastifyApollo(apollo), {
  context: (request) => Promise.resolve({ authorization: request.headers.authorization ?? '', loadRun }),
});
await app.listen({ host: HOST, port: 0 });
announce((app.server.address() as AddressInfo).port);
