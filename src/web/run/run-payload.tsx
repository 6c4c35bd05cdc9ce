/** What the run as a whole was started with and what it answered. */
import { useQuery } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import { Choice } from '../controls/choice.tsx';
import { Payload } from '../json/payload.tsx';
import { useAskedAgain } from '../live/asked-again.ts';
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
  const { data, error, loading, refetch } = useQuery(RUN_PAYLOAD, {
    variables: { workflowId, runId, path, isInputs },
    fetchPolicy: 'no-cache',
  });
  useAskedAgain(refetch, version);
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
        error={error}
        onRetry={() => void refetch()}
      />
    </section>
  );
}
