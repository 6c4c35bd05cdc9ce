/** Queries of the run page. A single query over ten thousand steps would exceed the object limit of an operation. */
import { graphql } from '../__generated__/gql.ts';

/** Fields of each event of a live run. None grows with the number of steps. */
export const RUN_VIEW = graphql(`
  fragment RunView on Run {
    id
    workflowId
    status
    isFinished
    startedAt
    wallClockMs
    timeline {
      startedAt
      durationMs
    }
    freshness {
      isFinal
      fetchedAt
    }
    ...RunHeader
    ...RunFreshness
    ...RunTimeline
  }
`);

/** Statistics over all steps. */
export const RUN_FIGURES = graphql(`
  fragment RunFigures on Run {
    ...RunExpectation
    ...RunInsights
    ...RunLayout
  }
`);

/** Why the run failed: the first failed steps that no later attempt replaced, earliest first, and the run's own error. */
export const RUN_CAUSES = graphql(`
  fragment RunCauses on Run {
    id
    workflowId
    errorInfo {
      message
      code
      raw
    }
    stepCounts {
      failed
    }
    causes: failedSteps(latestAttemptOnly: true, first: 6) {
      workflowId
      runId
      id
      nodeId
      attempt
      attemptCount
      itemKey
      itemAttempt
      errorInfo {
        message
        code
        raw
      }
    }
  }
`);

export const RUN = graphql(`
  query Run($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      workflow {
        id
        name
        mayExecute
      }
      ...RunView
      ...RunCauses
      ...RunSteps
    }
  }
`);

export const FIGURES_OF_RUN = graphql(`
  query FiguresOfRun($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      freshness {
        fetchedAt
      }
      ...RunCauses
      ...RunFigures
      ...StuckRun
    }
  }
`);
