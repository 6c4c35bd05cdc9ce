/** A subgraph of incidents, which refers to what the gateway under test has. Tests and routers compose both. */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';

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

/** The subgraph of incidents. */
export async function startIncidents(incidents: readonly Incident[]) {
  const subgraph = new ApolloServer({ schema: incidentsSchema(incidents), logger: SILENT });
  const { url } = await startStandaloneServer(subgraph, { listen: { port: 0, host: '127.0.0.1' } });
  return { url, close: () => subgraph.stop() };
}

const nothing = () => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };
