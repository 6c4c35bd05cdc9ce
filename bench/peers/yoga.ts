/** Yoga with its response cache, over a process-wide LRU of runs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useResponseCache } from '@graphql-yoga/plugin-response-cache';
import { createSchema, createYoga } from 'graphql-yoga';
import { resolvers, type PeerContext } from './domain/resolvers.ts';
import { createLruOfRuns } from './domain/runs.ts';
import { typeDefs } from './domain/schema.ts';
import { createFetchRun } from './domain/upstream.ts';
import { announce, cacheMaxBytes, cacheTtlSeconds, HOST, liveTtlMs, upstreamUrl } from './settings.ts';

const loadRun = createLruOfRuns(createFetchRun(upstreamUrl), { maxBytes: cacheMaxBytes, liveTtlMs });
const yoga = createYoga({
  schema: createSchema<PeerContext>({ typeDefs, resolvers }),
  context: ({ request }) => ({ authorization: request.headers.get('authorization') ?? '', loadRun }),
  plugins: [
    useResponseCache({
      session: (request) => request.headers.get('authorization'),
      ttl: cacheTtlSeconds * 1000,
      // Without mutations no entry must be found by id.
      invalidateViaMutation: false,
    }),
  ],
  graphiql: false,
  landingPage: false,
  logging: false,
  cors: false,
  multipart: false,
});
// Yoga handles its own promise. Its documentation passes it to node:http like this.
const server = createServer((request, response) => void yoga(request, response));
server.listen(0, HOST, () => {
  announce((server.address() as AddressInfo).port);
});
