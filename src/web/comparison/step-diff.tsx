/** Differences between two executions of a node: prompt, answer, inputs and outputs. */
import './comparison.css';
import { useMemo, useState } from 'react';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { ComparedStepFragment, ComparisonTableFragment } from '../__generated__/graphql.ts';
import { Choice } from '../controls/choice.tsx';
import { formatBytes } from '../format/numbers.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { Failure, Loading } from '../shell/notices.tsx';
import { ErrorText } from '../run/error-text.tsx';
import { useUrl } from '../url/url.ts';
import { conversationText, jsonText } from './compared-text.ts';
import { TextDiff } from './text-diff.tsx';

const COMPARED_STEP = graphql(`
  fragment ComparedStep on Step {
    id
    errorInfo {
      message
      type
      code
      raw
    }
    inputs
    outputs
    conversation {
      messages {
        role
        content
        isOutput
        toolCalls {
          name
          arguments
        }
      }
    }
  }
`);

const COMPARED_STEPS = graphql(`
  query ComparedSteps($workflowId: ID!, $baseId: ID!, $headId: ID!, $baseStepId: ID!, $headStepId: ID!) {
    base: run(workflowId: $workflowId, id: $baseId) {
      id
      workflowId
      step(id: $baseStepId) {
        ...ComparedStep
      }
    }
    head: run(workflowId: $workflowId, id: $headId) {
      id
      workflowId
      step(id: $headStepId) {
        ...ComparedStep
      }
    }
  }
`);

/** Larger steps are loaded on request. */
const FETCHED_UNASKED_BYTES = 2_000_000;

type ComparedStep = NonNullable<ComparisonTableFragment['nodes'][number]['headStep']>;

export interface StepDiffProps {
  readonly workflowId: string;
  /** The runs of the two steps; the same run for two attempts. */
  readonly baseId: string;
  readonly headId: string;
  readonly baseStep: ComparedStep;
  readonly headStep: ComparedStep;
  /** The part to show first. */
  readonly changedSide?: string | null | undefined;
}

export default function StepDiff({ workflowId, baseId, headId, baseStep, headStep, changedSide }: StepDiffProps) {
  const [isWanted, setIsWanted] = useState(false);
  const steps = [baseStep, headStep];
  const bytes = steps.reduce(
    (sum, { inputsSizeBytes, outputsSizeBytes }) => sum + inputsSizeBytes + outputsSizeBytes,
    0,
  );
  const versions = steps.map((step) => [step.status, step.inputsSizeBytes, step.outputsSizeBytes].join(' '));
  const isFetched = isWanted || bytes <= FETCHED_UNASKED_BYTES;
  const { value, error, isLoading, refetch } = useGatewayQuery(COMPARED_STEPS, {
    variables: isFetched ? { workflowId, baseId, headId, baseStepId: baseStep.id, headStepId: headStep.id } : null,
    read: (data) => data,
    version: versions.join(', '),
    fetchPolicy: 'no-cache',
  });
  const base = readFragment(COMPARED_STEP, value?.base?.step);
  const head = readFragment(COMPARED_STEP, value?.head?.step);

  return (
    <>
      {!isFetched && (
        <button type="button" onClick={() => setIsWanted(true)}>
          Load {formatBytes(bytes)}
        </button>
      )}
      {isLoading && <Loading what="both steps" />}
      {error && !(base && head) && <Failure error={error} what="pair of steps" onRetry={refetch} />}
      {base && head && <Sides base={base} head={head} isOneRun={baseId === headId} changedSide={changedSide} />}
    </>
  );
}

interface SidesProps {
  readonly base: ComparedStepFragment;
  readonly head: ComparedStepFragment;
  /** Whether both are attempts of one run: the error of `head` is then shown next to its attempts. */
  readonly isOneRun: boolean;
  readonly changedSide: string | null | undefined;
}

const SIDES = [
  {
    name: 'answer',
    label: 'Answer',
    textOf: (step: ComparedStepFragment) => conversationText(step.conversation, true),
  },
  {
    name: 'prompt',
    label: 'Prompt',
    textOf: (step: ComparedStepFragment) => conversationText(step.conversation, false),
  },
  { name: 'outputs', label: 'Outputs', textOf: ({ outputs }: ComparedStepFragment) => jsonText(outputs) },
  { name: 'inputs', label: 'Inputs', textOf: ({ inputs }: ComparedStepFragment) => jsonText(inputs) },
] as const;

function Sides({ base, head, isOneRun, changedSide }: SidesProps) {
  const url = useUrl();
  const texts = useMemo(
    () => SIDES.map(({ name, label, textOf }) => sideOf(name, label, textOf(base), textOf(head))),
    [base, head],
  );
  const present = texts.filter(({ before, after }) => before !== '' || after !== '');
  const differing = present.filter(({ differs }) => differs);
  // A failed step often has no answer: then a part that both steps have explains it.
  const usual =
    differing.find(({ name }) => name === changedSide) ??
    differing.find(({ before, after }) => before !== '' && after !== '') ??
    differing[0] ??
    present[0];
  const side = present.find(({ name }) => name === url.params.diff) ?? usual;
  const isOfHead = head.errorInfo !== null && !isOneRun;
  const { errorInfo } = isOfHead ? head : base;
  return (
    <>
      {errorInfo && !isOfHead && (
        <p className="muted">{isOneRun ? 'The attempt before failed:' : 'In the other run it failed:'}</p>
      )}
      {errorInfo && <ErrorText error={errorInfo} label="Error" />}
      {side ? (
        <>
          <Choice
            label="Compared text"
            options={present}
            value={side.name}
            onChange={(name) => url.go({ diff: name === usual?.name ? null : name })}
          />
          <TextDiff key={side.name} before={side.before} after={side.after} />
        </>
      ) : (
        <p className="muted">Neither has inputs or outputs.</p>
      )}
    </>
  );
}

function sideOf(name: string, label: string, before: string, after: string) {
  const differs = before !== after;
  return { name, label: differs ? `${label} · differs` : label, before, after, differs };
}
