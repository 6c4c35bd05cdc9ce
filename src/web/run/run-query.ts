/** What the page shows of a run, in two questions: in one, ten thousand steps would be more objects than an operation may answer. */
import { graphql } from '../__generated__/gql.ts';

/** What each event of a live run brings: nothing that grows with the number of steps. */
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
    }
  }
`);
