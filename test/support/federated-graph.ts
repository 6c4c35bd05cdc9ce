/** A federated graph as others run it: the gateway under test, a subgraph of incidents, and Apollo's gateway over both. */
import {
  ApolloGateway,
  IntrospectAndCompose,
  RemoteGraphQLDataSource,
  type GraphQLDataSourceProcessOptions,
} from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import type { GraphqlAnswer, QueryOptions } from './gateway.ts';

export interface Incident {
  readonly id: string;
  readonly title: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly stepId?: string;
}

/** It refers to workflows and steps by their keys, adds a field to runs, and has a type of the gateway's too. */
export const INCIDENTS_SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])
  type Query { incidents(after: String): IncidentPage! }
  type IncidentPage { nodes: [Incident!]! pageInfo: PageInfo! }
  type Incident @key(fields: "id") { id: ID! title: String! run: Run step: Step workflow: Workflow! }
  type PageInfo @shareable {
    hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String
  }
  type Workflow @key(fields: "id", resolvable: false) { id: ID! }
  type Step @key(fields: "workflowId runId id", resolvable: false) { workflowId: ID! runId: ID! id: ID! }
  type Run @key(fields: "workflowId id") { workflowId: ID! id: ID! incidents: [Incident!]! }
`;

interface RunKey {
  readonly workflowId: string;
  readonly id: string;
}

const PAGE_INFO = { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null };

function incidentsSchema(incidents: readonly Incident[]) {
  return buildSubgraphSchema([
    {
      typeDefs: parse(INCIDENTS_SDL),
      resolvers: {
        Query: { incidents: () => ({ nodes: incidents, pageInfo: PAGE_INFO }) },
        Incident: {
          run: ({ workflowId, runId }: Incident) => ({ workflowId, id: runId }),
          step: ({ workflowId, runId, stepId }: Incident) =>
            stepId === undefined ? null : { workflowId, runId, id: stepId },
          workflow: ({ workflowId }: Incident) => ({ id: workflowId }),
        },
        Run: {
          __resolveReference: (run: RunKey) => run,
          incidents: (run: RunKey) =>
            incidents.filter(({ workflowId, runId }) => workflowId === run.workflowId && runId === run.id),
        },
      },
    },
  ]);
}

interface RouterContext {
  readonly authorization?: string;
}

/** As docs/federation.md says: the caller's key goes on to the subgraph. */
class WithAuthorization extends RemoteGraphQLDataSource<RouterContext> {
  override willSendRequest({ request, context }: GraphQLDataSourceProcessOptions<RouterContext>) {
    // Empty while the gateway asks for the subgraph's SDL.
    const { authorization } = context as RouterContext;
    if (authorization !== undefined) request.http?.headers.set('authorization', authorization);
  }
}

export interface FederatedGraph {
  query(document: string, options?: QueryOptions): Promise<Pick<GraphqlAnswer, 'data' | 'errors'>>;
  close(): Promise<void>;
}

/** The subgraph of incidents. */
export async function startIncidents(incidents: readonly Incident[]) {
  const subgraph = new ApolloServer({ schema: incidentsSchema(incidents), logger: SILENT });
  const { url } = await startStandaloneServer(subgraph, { listen: { port: 0, host: '127.0.0.1' } });
  return { url, close: () => subgraph.stop() };
}

/** Composes what both subgraphs tell of themselves by `_service`. */
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
