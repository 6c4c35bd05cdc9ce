/** What the run as a whole was started with and what it answered. */
import { useState } from 'react';
import { useQuery } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import { Choice } from '../controls/choice.tsx';
import { formatBytes } from '../format/numbers.ts';
import { Payload } from '../json/payload.tsx';
import { useAskedAgain } from '../live/asked-again.ts';
import { TooLargeAnswer } from '../session/bounded-fetch.ts';
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

/** The run has no size of them: a larger answer is given up. */
const FETCHED_UNASKED_BYTES = 1_000_000;

const SIDES = [
  { name: 'inputs', label: 'Inputs' },
  { name: 'outputs', label: 'Outputs' },
] as const;

export interface RunPayloadProps {
  readonly workflowId: string;
  readonly runId: string;
  /** Of the run's record. */
  readonly version: string;
}

export default function RunPayload({ workflowId, runId, version }: RunPayloadProps) {
  const url = useUrlQuery();
  const side = url.read('runSide') === 'outputs' ? 'outputs' : 'inputs';
  const isInputs = side === 'inputs';
  // Those of a step beside it are `side` and `path`.
  const path = url.read('runPath');
  const [isWanted, setIsWanted] = useState(false);
  const { data, error, loading, refetch } = useQuery(RUN_PAYLOAD, {
    variables: { workflowId, runId, path, isInputs },
    fetchPolicy: 'no-cache',
    context: { fetchOptions: isWanted ? {} : { maxBytes: FETCHED_UNASKED_BYTES } },
  });
  useAskedAgain(refetch, `${version} ${isWanted}`);
  const isTooLarge = error instanceof TooLargeAnswer;
  const value = isInputs ? data?.run?.inputs : data?.run?.outputs;
  return (
    <section className="panel payload run-payload" aria-label="Inputs and outputs">
      <Choice
        label="What is shown"
        options={SIDES}
        value={side}
        onChange={(name) => {
          url.change({ runSide: name === 'inputs' ? null : name, runPath: null }, { replace: true });
        }}
      />
      <Payload
        pathName="runPath"
        fileName={`${runId}-${side}.json`}
        what={side}
        value={value}
        isEmpty={path === null && data?.run != null && value == null}
        isLoading={loading && !data}
        error={isTooLarge ? undefined : error}
        onRetry={() => void refetch()}
        onFetch={
          isTooLarge && !loading
            ? {
                label: `Load more than ${formatBytes(FETCHED_UNASKED_BYTES)}`,
                run: () => {
                  setIsWanted(true);
                },
              }
            : undefined
        }
      />
    </section>
  );
}
