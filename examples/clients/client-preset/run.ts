import { graphql } from './__generated__/index.ts';

export const RUN = graphql(`
  query Run($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      status
      totalElapsedTime
    }
  }
`);

export const RUN_AGAIN = graphql(`
  mutation RunAgain($workflowId: ID!, $inputs: JSON) {
    executeWorkflow(workflowId: $workflowId, inputs: $inputs) {
      run {
        id
        workflowId
        status
      }
    }
  }
`);

export const LIVE_RUN = graphql(`
  subscription LiveRun($workflowId: ID!, $id: ID!) {
    runUpdated(workflowId: $workflowId, id: $id) {
      run {
        id
        workflowId
        status
        stepCounts {
          total
        }
      }
    }
  }
`);
