/** What a step was given and what it answered; a large one is fetched when it is asked for. */
import { useState } from 'react';
import { skipToken, useQuery } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import { formatBytes } from '../format/numbers.ts';
import { Payload } from '../json/payload.tsx';
import { useUrlQuery } from '../url/query.ts';

const STEP_PAYLOAD = graphql(`
  query StepPayload($workflowId: ID!, $runId: ID!, $stepId: ID!, $path: String, $isInputs: Boolean!) {
    run(workflowId: $workflowId, id: $runId) {
      id
      workflowId
      step(id: $stepId) {
        id
        inputs(path: $path) @include(if: $isInputs)
        outputs(path: $path) @skip(if: $isInputs)
      }
    }
  }
`);

/** A larger one waits for a word: it may be all that a slow connection does for a while. */
const FETCHED_UNASKED_BYTES = 1_000_000;

export interface StepPayloadProps {
  readonly workflowId: string;
  readonly runId: string;
  readonly stepId: string;
  readonly inputsSizeBytes: number;
  readonly outputsSizeBytes: number;
}

export function StepPayload({ workflowId, runId, stepId, inputsSizeBytes, outputsSizeBytes }: StepPayloadProps) {
  const url = useUrlQuery();
  const isInputs = url.read('side') === 'inputs';
  const path = url.read('path');
  const sizeBytes = isInputs ? inputsSizeBytes : outputsSizeBytes;
  const [isWanted, setIsWanted] = useState(false);
  const isFetched = sizeBytes > 0 && (isWanted || path !== null || sizeBytes <= FETCHED_UNASKED_BYTES);
  const { data, error, loading } = useQuery(
    STEP_PAYLOAD,
    isFetched ? { variables: { workflowId, runId, stepId, path, isInputs }, fetchPolicy: 'no-cache' } : skipToken,
  );
  const step = data?.run?.step;

  return (
    <Payload
      sides={[
        { name: 'outputs', label: `Outputs (${formatBytes(outputsSizeBytes)})` },
        { name: 'inputs', label: `Inputs (${formatBytes(inputsSizeBytes)})` },
      ]}
      fileName={`${runId}-${stepId}-${isInputs ? 'inputs' : 'outputs'}.json`}
      value={isInputs ? step?.inputs : step?.outputs}
      isEmpty={sizeBytes === 0}
      isLoading={loading}
      error={error}
      onFetch={
        isFetched || sizeBytes === 0
          ? undefined
          : {
              label: `Load ${formatBytes(sizeBytes)}`,
              run: () => {
                setIsWanted(true);
              },
            }
      }
    />
  );
}
