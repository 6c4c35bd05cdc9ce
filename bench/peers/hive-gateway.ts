/** Hive Gateway with its response cache: the upstream as a REST source, derived values as additional types and resolvers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime, type GatewayPlugin } from '@graphql-hive/gateway-runtime';
import InMemoryLRUCache from '@graphql-mesh/cache-inmemory-lru';
import pLimit from 'p-limit';
import { resolvers, type PeerContext } from './domain/resolvers.ts';
import { deriveRun, typeDefs } from './domain/schema.ts';
import { CONCURRENCY } from './domain/upstream.ts';
import type { WireStep } from './domain/wire.ts';
import { supergraph } from './hive-supergraph.ts';
import { announce, cacheTtlSeconds, HOST } from './settings.ts';

interface Upstream {
  readonly Query: {
    wireSteps(call: { args: object; context: object; selectionSet: string }): Promise<readonly WireStep[]>;
  };
}

const SELECTION = '{ id node_id status start_time end_time elapsed_time error }';
const limit = pLimit(CONCURRENCY);

/** The context of all peers. Each request for a run is one operation of the source. */
const peerContext: GatewayPlugin = {
  onContextBuilding({ context, extendContext }) {
    const { request, upstream } = context as unknown as { request: Request; upstream: Upstream };
    const own: PeerContext = {
      authorization: request.headers.get('authorization') ?? '',
      loadRun: async (_authorization, workflowId, id) => {
        const call = { args: { workflowId, runId: id }, context, selectionSet: SELECTION };
        return deriveRun(workflowId, id, await limit(() => upstream.Query.wireSteps(call)));
      },
    };
    extendContext(own as object);
  },
};

const gateway = createGatewayRuntime({
  supergraph,
  additionalTypeDefs: typeDefs.replace('type Query', 'extend type Query'),
  additionalResolvers: resolvers as unknown as Record<string, Record<string, () => unknown>>,
  plugins: () => [peerContext],
  cache: new InMemoryLRUCache(),
  responseCaching: {
    session: (request: Request) => request.headers.get('authorization'),
    ttl: cacheTtlSeconds * 1000,
  },
  logging: false,
  landingPage: false,
  graphiql: false,
});
const server = createServer((request, response) => void gateway(request, response));
server.listen(0, HOST, () => {
  announce((server.address() as AddressInfo).port);
});
