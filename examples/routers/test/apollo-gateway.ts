/** Apollo's gateway over the gateway under test and a subgraph of incidents. */
import {
  ApolloGateway,
  IntrospectAndCompose,
  RemoteGraphQLDataSource,
  type GraphQLDataSourceProcessOptions,
} from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import type { GraphqlAnswer, QueryOptions } from '../../../test/harness/gateway.ts';
import { startIncidents, type Incident } from './incidents.ts';

interface RouterContext {
  readonly authorization?: string;
}

/** As docs/federation.md says: the caller's key goes on to the subgraph. */
class WithAuthorization extends RemoteGraphQLDataSource<RouterContext> {
  override willSendRequest({ request, context }: GraphQLDataSourceProcessOptions<RouterContext>) {
    // The context is empty while the gateway requests the subgraph's SDL.
    const { authorization } = context as RouterContext;
    if (authorization !== undefined) request.http?.headers.set('authorization', authorization);
  }
}

export interface FederatedGraph {
  query(document: string, options?: QueryOptions): Promise<Pick<GraphqlAnswer, 'data' | 'errors'>>;
  close(): Promise<void>;
}

/** Composes the schemas that both subgraphs return for `_service`. */
export async function startFederatedGraph(gatewayUrl: string, incidents: readonly Incident[]): Promise<FederatedGraph> {
  const subgraph = await startIncidents(incidents);
  const router = new ApolloServer<RouterContext>({
    gateway: new ApolloGateway({
      supergraphSdl: new IntrospectAndCompose({
        subgraphs: [
          { name: 'stepgate', url: `${gatewayUrl}/graphql` },
          { name: 'incidents', url: subgraph.url },
        ],
      }),
      buildService: ({ url = '' }) => new WithAuthorization({ url }),
      logger: SILENT,
    }),
    logger: SILENT,
  });
  const { url } = await startStandaloneServer(router, {
    listen: { port: 0, host: '127.0.0.1' },
    context: ({ req: { headers } }) =>
      Promise.resolve(headers.authorization === undefined ? {} : { authorization: headers.authorization }),
  });

  return {
    async query(query, { variables = {}, key = 'demo-key' } = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
        body: JSON.stringify({ query, variables }),
      });
      const { data = null, errors = [] } = (await response.json()) as Partial<GraphqlAnswer>;
      return { data, errors };
    },
    async close() {
      await router.stop();
      await subgraph.close();
    },
  };
}

const nothing = () => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };
