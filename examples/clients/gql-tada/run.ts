import { initGraphQLTada, type ResultOf, type VariablesOf } from 'gql.tada';
import type { introspection } from './__generated__/graphql-env.d.ts';

export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; JSON: unknown };
}>();

export const RUN = graphql(`
  query Run($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      status
      failedSteps {
        id
        runId
        workflowId
        nodeId
      }
    }
  }
`);

export const failedNodes = ({ run }: ResultOf<typeof RUN>): string[] =>
  run?.failedSteps?.map(({ nodeId }) => nodeId) ?? [];

export const variables: VariablesOf<typeof RUN> = { workflowId: 'support-triage', id: 'run-4711' };
