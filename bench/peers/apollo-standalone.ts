/** The usual server: Apollo standalone and a DataLoader a request, without a cache across requests. */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { resolvers, type PeerContext } from './domain/resolvers.ts';
import { createRequestLoader } from './domain/runs.ts';
import { typeDefs } from './domain/schema.ts';
import { createFetchRun } from './domain/upstream.ts';
import { announce, HOST, upstreamUrl } from './settings.ts';

const fetchRun = createFetchRun(upstreamUrl, process.argv[2] === 'got' ? 'got' : 'node:http');
const apollo = new ApolloServer<PeerContext>({ typeDefs, resolvers });
const { url } = await startStandaloneServer(apollo, {
  listen: { host: HOST, port: 0 },
  context: ({ req }) =>
    Promise.resolve({
      authorization: req.headers.authorization ?? '',
      loadRun: createRequestLoader(fetchRun),
    }),
});
announce(Number(new URL(url).port));
