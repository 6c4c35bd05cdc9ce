/** What Apollo Sandbox shows when it opens: a query that answers at once over the embedded upstream. */
import type { ApolloServerPluginLandingPageLocalDefaultOptions } from '@apollo/server/plugin/landingPage/default';

export type SandboxState = Pick<ApolloServerPluginLandingPageLocalDefaultOptions, 'document' | 'headers' | 'variables'>;

const DOCUMENT = `query WhyDidItFail($workflowId: ID!, $runId: ID!) {
  run(workflowId: $workflowId, id: $runId) {
    status
    totalElapsedTime
    failedSteps(latestAttemptOnly: true) {
      nodeId
      durationMs
      errorInfo {
        message
        code
      }
    }
  }
}
`;

/** The sample key and the sample run belong to the embedded upstream alone. */
export const SAMPLE_KEY = 'demo-key';

export function sandboxState(isOverEmbeddedUpstream: boolean): SandboxState {
  if (!isOverEmbeddedUpstream) return { document: DOCUMENT };
  return {
    document: DOCUMENT,
    variables: { workflowId: 'support-triage', runId: 'run-4711' },
    headers: { authorization: `Bearer ${SAMPLE_KEY}` },
  };
}
