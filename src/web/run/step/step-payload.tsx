/** Inputs and outputs of a step: as a conversation if there is one, and as JSON. */
import { useState } from 'react';
import { graphql } from '../../__generated__/gql.ts';
import { Choice } from '../../controls/choice.tsx';
import { StepConversation } from '../../conversation/step-conversation.tsx';
import { formatBytes } from '../../format/numbers.ts';
import { JsonTree, Payload } from '../../json/payload.tsx';
import { useGatewayQuery } from '../../hooks/gateway-query.ts';
import { lazyPart } from '../../shell/lazy-part.tsx';
import { useUrl } from '../../url/url.ts';
import type { DetailedStep } from './step-facts.tsx';

const StepDiff = lazyPart(() => import('../../comparison/step-diff.tsx'), 'the differences');

const STEP_PAYLOAD = graphql(`
  query StepPayload($workflowId: ID!, $runId: ID!, $stepId: ID!, $path: String, $isInputs: Boolean!) {
    run(workflowId: $workflowId, id: $runId) {
      id
      workflowId
      redactedUnless
      step(id: $stepId) {
        id
        isRedacted
        inputs(path: $path) @include(if: $isInputs)
        outputs(path: $path) @skip(if: $isInputs)
      }
    }
  }
`);

/** Larger values are loaded on request, because they can block a slow connection for a while. */
const FETCHED_UNASKED_BYTES = 1_000_000;

interface StepIds {
  readonly workflowId: string;
  readonly runId: string;
  readonly stepId: string;
}

export interface StepPayloadProps {
  readonly workflowId: string;
  readonly runId: string;
  readonly step: DetailedStep;
}

export function StepPayload({ workflowId, runId, step }: StepPayloadProps) {
  const { id: stepId, status, conversation, previousAttempt, inputsSizeBytes, outputsSizeBytes, metadata } = step;
  const hasConversation = conversation !== null;
  const url = useUrl();
  const version = [status, inputsSizeBytes, outputsSizeBytes].join(' ');
  const sides = [
    ...(hasConversation ? [{ name: 'conversation', label: 'Conversation' }] : []),
    { name: 'outputs', label: `Outputs (${formatBytes(outputsSizeBytes)})` },
    { name: 'inputs', label: `Inputs (${formatBytes(inputsSizeBytes)})` },
    ...(isEmptyJson(metadata) ? [] : [{ name: 'metadata', label: 'Metadata' }]),
    ...(previousAttempt ? [{ name: 'attempts', label: `Compare with attempt ${previousAttempt.attempt}` }] : []),
  ];
  // The inputs explain a failed step without outputs.
  const usual = hasConversation ? 'conversation' : status === 'FAILED' && outputsSizeBytes === 0 ? 'inputs' : 'outputs';
  const side = sides.find(({ name }) => name === url.params.side)?.name ?? usual;
  return (
    <section className="payload stack" aria-label="Inputs and outputs">
      <Choice
        label="Shown payload"
        options={sides}
        value={side}
        onChange={(name) => url.go({ side: name === usual ? null : name })}
      />
      {side === 'attempts' && previousAttempt && (
        <StepDiff {...{ workflowId, baseId: runId, headId: runId, baseStep: previousAttempt, headStep: step }} />
      )}
      {side === 'metadata' && <JsonTree value={metadata} />}
      {side === 'conversation' && <StepConversation {...{ workflowId, runId, stepId, version }} />}
      {(side === 'inputs' || side === 'outputs') && (
        <JsonSide
          key={side}
          isInputs={side === 'inputs'}
          sizeBytes={side === 'inputs' ? inputsSizeBytes : outputsSizeBytes}
          workflowId={workflowId}
          runId={runId}
          stepId={stepId}
          version={version}
        />
      )}
    </section>
  );
}

const isEmptyJson = (value: unknown): boolean =>
  value == null || (typeof value === 'object' && Object.keys(value).length === 0);

interface JsonSideProps extends StepIds {
  readonly isInputs: boolean;
  readonly sizeBytes: number;
  readonly version: string;
}

function JsonSide({ workflowId, runId, stepId, isInputs, sizeBytes, version }: JsonSideProps) {
  const url = useUrl();
  const { path } = url.params;
  const [isWanted, setIsWanted] = useState(false);
  const isFetched = sizeBytes > 0 && (isWanted || path !== null || sizeBytes <= FETCHED_UNASKED_BYTES);
  const { value: run, ...query } = useGatewayQuery(STEP_PAYLOAD, {
    variables: isFetched ? { workflowId, runId, stepId, path, isInputs } : null,
    read: (data) => data.run,
    version,
    fetchPolicy: 'no-cache',
  });
  const step = run?.step;
  const side = isInputs ? 'inputs' : 'outputs';
  return (
    <Payload
      path={path}
      onPath={(wanted) => url.go({ path: wanted })}
      fileName={`${runId}-${stepId}-${side}.json`}
      value={isInputs ? step?.inputs : step?.outputs}
      what={side}
      redactedUnless={run?.step?.isRedacted ? run.redactedUnless : null}
      isEmpty={sizeBytes === 0}
      isLoading={query.isLoading}
      error={query.error}
      onRetry={query.refetch}
      onFetch={
        isFetched || sizeBytes === 0
          ? undefined
          : {
              label: `Load ${formatBytes(sizeBytes)}`,
              run: () => setIsWanted(true),
            }
      }
    />
  );
}
