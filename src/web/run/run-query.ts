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

/** Figures over all steps. */
export const RUN_FIGURES = graphql(`
  fragment RunFigures on Run {
    ...RunExpectation
    ...RunInsights
    ...RunLayout
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
      ...FailedSteps
      ...RunFigures
      ...StuckRun
    }
  }
`);
