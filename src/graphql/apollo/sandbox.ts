/** Initial tabs of Apollo Sandbox: operations that work with the embedded upstream. */
import type { ApolloServerPluginLandingPageLocalDefaultOptions } from '@apollo/server/plugin/landingPage/default';
import type { Config } from '../../config/config.ts';

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

# Start a run with the mutation executeWorkflow, set runId to its id, and follow it live.
subscription WatchIt($workflowId: ID!, $runId: ID!) {
  runUpdated(workflowId: $workflowId, id: $runId) {
    run {
      status
      progress {
        finished
        total
      }
      freshness {
        isFinal
      }
    }
  }
}
`;

/** Only the embedded upstream has the sample key and the sample run. */
export const SAMPLE_KEY = 'demo-key';

export function sandboxState({ upstreamUrl, auth }: Pick<Config, 'upstreamUrl' | 'auth'>): SandboxState {
  if (upstreamUrl !== null || auth.mode !== 'passthrough') return { document: DOCUMENT };
  return {
    document: DOCUMENT,
    variables: { workflowId: 'support-triage', runId: 'run-4711' },
    headers: { authorization: `Bearer ${SAMPLE_KEY}` },
  };
}
