/** What the run as a whole was started with and what it answered. */
import { useQuery } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import { Payload } from '../json/payload.tsx';
import { useUrlQuery } from '../url/query.ts';

const RUN_PAYLOAD = graphql(`
  query RunPayload($workflowId: ID!, $runId: ID!, $path: String, $isInputs: Boolean!) {
    run(workflowId: $workflowId, id: $runId) {
      id
      workflowId
      inputs(path: $path) @include(if: $isInputs)
      outputs(path: $path) @skip(if: $isInputs)
    }
  }
`);

export interface RunPayloadProps {
  readonly workflowId: string;
  readonly runId: string;
}

export default function RunPayload({ workflowId, runId }: RunPayloadProps) {
  const url = useUrlQuery();
  const isInputs = url.read('side') !== 'outputs';
  const path = url.read('path');
  const { data, error, loading } = useQuery(RUN_PAYLOAD, {
    variables: { workflowId, runId, path, isInputs },
    fetchPolicy: 'no-cache',
  });
  const value = isInputs ? data?.run?.inputs : data?.run?.outputs;
  return (
    <div className="panel run-payload">
      <Payload
        sides={[
          { name: 'inputs', label: 'Inputs' },
          { name: 'outputs', label: 'Outputs' },
        ]}
        fileName={`${runId}-${isInputs ? 'inputs' : 'outputs'}.json`}
        value={value}
        isEmpty={path === null && data !== undefined && value == null}
        isLoading={loading}
        error={error}
      />
    </div>
  );
}
