/** Inputs and outputs of the whole run. */
import { useState } from 'react';
import { graphql } from '../__generated__/gql.ts';
import { Choice } from '../controls/choice.tsx';
import { formatBytes } from '../format/numbers.ts';
import { Payload } from '../json/payload.tsx';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { TooLargeAnswer } from '../session/bounded-fetch.ts';
import { useUrl } from '../url/url.ts';

const RUN_PAYLOAD = graphql(`
  query RunPayload($workflowId: ID!, $runId: ID!, $path: String, $isInputs: Boolean!) {
    run(workflowId: $workflowId, id: $runId) {
      id
      workflowId
      isRedacted
      redactedUnless
      inputs(path: $path) @include(if: $isInputs)
      outputs(path: $path) @skip(if: $isInputs)
    }
  }
`);

/** The run doesn't report their size, so a larger response is aborted. */
const FETCHED_UNASKED_BYTES = 1_000_000;

const SIDES = [
  { name: 'inputs', label: 'Inputs' },
  { name: 'outputs', label: 'Outputs' },
] as const;

export interface RunPayloadProps {
  readonly workflowId: string;
  readonly runId: string;
  /** Version of the run's record. */
  readonly version: string;
}

export default function RunPayload({ workflowId, runId, version }: RunPayloadProps) {
  const url = useUrl();
  const { runSide: side, runPath: path } = url.params;
  const isInputs = side === 'inputs';
  const [isWanted, setIsWanted] = useState(false);
  const { value: run, ...query } = useGatewayQuery(RUN_PAYLOAD, {
    variables: { workflowId, runId, path, isInputs },
    read: (data) => data.run,
    version: `${version} ${isWanted}`,
    fetchPolicy: 'no-cache',
    maxBytes: isWanted ? undefined : FETCHED_UNASKED_BYTES,
  });
  const isTooLarge = query.error instanceof TooLargeAnswer;
  const value = isInputs ? run?.inputs : run?.outputs;
  return (
    <section className="panel payload stack run-payload" aria-label="Inputs and outputs">
      <Choice label="Shown payload" options={SIDES} value={side} onChange={(name) => url.go({ runSide: name })} />
      <Payload
        path={path}
        onPath={(runPath) => url.go({ runPath })}
        fileName={`${runId}-${side}.json`}
        what={side}
        value={value}
        redactedUnless={run?.isRedacted ? run.redactedUnless : null}
        isEmpty={path === null && run != null && value == null}
        isLoading={query.isLoading}
        error={isTooLarge ? undefined : query.error}
        onRetry={query.refetch}
        onFetch={
          isTooLarge && !query.isLoading
            ? {
                label: `Load more than ${formatBytes(FETCHED_UNASKED_BYTES)}`,
                run: () => setIsWanted(true),
              }
            : undefined
        }
      />
    </section>
  );
}
