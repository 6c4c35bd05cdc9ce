/** Differences of a node between two runs: answer, prompt, outputs and inputs. */
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { ComparedStepFragment, ComparisonTableFragment } from '../__generated__/graphql.ts';
import { Choice } from '../controls/choice.tsx';
import { formatBytes } from '../format/numbers.ts';
import { useAnswer } from '../live/answer.ts';
import { Failure, Loading } from '../shell/notices.tsx';
import { runPath, useUrlQuery } from '../url/query.ts';
import { conversationText, jsonText } from './compared-text.ts';
import { TextDiff } from './text-diff.tsx';

const COMPARED_STEP = graphql(`
  fragment ComparedStep on Step {
    id
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

export type ComparedNode = ComparisonTableFragment['nodes'][number];

export interface NodeDiffProps {
  readonly node: ComparedNode;
  readonly workflowId: string;
  readonly baseId: string;
  readonly headId: string;
}

export default function NodeDiff({ node: { baseStep, headStep }, workflowId, baseId, headId }: NodeDiffProps) {
  const url = useUrlQuery();
  const [isWanted, setIsWanted] = useState(false);
  const steps = [baseStep, headStep].filter((step) => step !== null);
  const bytes = steps.reduce(
    (sum, { inputsSizeBytes, outputsSizeBytes }) => sum + inputsSizeBytes + outputsSizeBytes,
    0,
  );
  const versions = steps.map((step) => [step.status, step.inputsSizeBytes, step.outputsSizeBytes].join(' '));
  const variables = baseStep && headStep && { baseStepId: baseStep.id, headStepId: headStep.id };
  const isFetched = variables !== null && (isWanted || bytes <= FETCHED_UNASKED_BYTES);
  const { value, error, isLoading, retry } = useAnswer(COMPARED_STEPS, {
    variables: isFetched ? { workflowId, baseId, headId, ...variables } : null,
    read: (data) => data,
    version: versions.join(', '),
    fetchPolicy: 'no-cache',
  });
  const base = readFragment(COMPARED_STEP, value?.base?.step);
  const head = readFragment(COMPARED_STEP, value?.head?.step);

  return (
    <>
      <p className="toolbar">
        {headStep && (
          <Link to={url.with({ step: headStep.id, path: null, side: null })} preventScrollReset>
            Open the step
          </Link>
        )}
        {baseStep && (
          <Link to={`${runPath(workflowId, baseId)}?step=${encodeURIComponent(baseStep.id)}`}>
            Open it in the other run
          </Link>
        )}
      </p>
      {!variables && <p className="muted">It ran in one of the two runs only.</p>}
      {variables && !isFetched && (
        <button
          type="button"
          onClick={() => {
            setIsWanted(true);
          }}
        >
          Load {formatBytes(bytes)}
        </button>
      )}
      {isLoading && <Loading what="both steps" />}
      {error && !(base && head) && <Failure error={error} what="pair of steps" onRetry={retry} />}
      {base && head && <Sides base={base} head={head} />}
    </>
  );
}

interface SidesProps {
  readonly base: ComparedStepFragment;
  readonly head: ComparedStepFragment;
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

function Sides({ base, head }: SidesProps) {
  const url = useUrlQuery();
  const texts = useMemo(
    () => SIDES.map(({ name, label, textOf }) => ({ name, label, before: textOf(base), after: textOf(head) })),
    [base, head],
  );
  const present = texts.filter(({ before, after }) => before !== '' || after !== '');
  // A text that only one step has cannot be compared line by line: a failed step may have no answer.
  const usual = present.find(({ before, after }) => before !== '' && after !== '') ?? present[0];
  const side = present.find(({ name }) => name === url.read('diff')) ?? usual;
  if (!side) return <p className="muted">Neither has inputs or outputs.</p>;
  return (
    <>
      <Choice
        label="What is compared"
        options={present}
        value={side.name}
        onChange={(name) => {
          url.change({ diff: name === usual?.name ? null : name }, { replace: true });
        }}
      />
      <TextDiff key={side.name} before={side.before} after={side.after} />
    </>
  );
}
