/** Form that starts a run and opens it. The initial inputs are those of the run in `from`, or of the latest run. */
import { useId, useState } from 'react';
import { Link } from 'react-router';
import { messageOf } from '../live/errors.ts';
import { graphql } from '../__generated__/gql.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { runLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';
import { problemOf, textOf } from './inputs-text.ts';
import { useRunStart } from './run-start.ts';

const FIRST_INPUTS = graphql(`
  query FirstInputs($workflowId: ID!, $runId: ID!, $isLatest: Boolean!) {
    run(workflowId: $workflowId, id: $runId) @skip(if: $isLatest) {
      id
      workflowId
      isRedacted
      inputs
    }
    workflow(id: $workflowId) @include(if: $isLatest) {
      id
      runs(first: 1) {
        nodes {
          id
          workflowId
          isRedacted
          inputs
        }
      }
    }
  }
`);

/** The run that provides the initial inputs. */
function useFirstInputs(workflowId: string, from: string | null) {
  const { value, isLoading, error } = useGatewayQuery(FIRST_INPUTS, {
    variables: { workflowId, runId: from ?? '', isLatest: from === null },
    read: (data) => data.run ?? data.workflow?.runs?.nodes[0],
    fetchPolicy: 'no-cache',
  });
  return { run: value ?? null, isLoading, error };
}

export interface RunFormProps {
  readonly workflowId: string;
  readonly onCancel: () => void;
}

export function RunForm(props: RunFormProps) {
  const { from } = useUrl().params;
  // A new `from` discards what was typed, which belongs to the previous run.
  return <FormFrom key={from} {...props} from={from} />;
}

function FormFrom({ workflowId, onCancel, from }: RunFormProps & { readonly from: string | null }) {
  const id = useId();
  const first = useFirstInputs(workflowId, from);
  const run = useRunStart(workflowId);
  const [typed, setTyped] = useState<string | null>(null);

  const text = typed ?? (first.isLoading ? '' : textOf(first.run?.inputs ?? {}));
  const isWaiting = typed === null && first.isLoading;
  const problem = isWaiting ? null : problemOf(text, first.run?.isRedacted === true);
  const isReady = problem === null && !isWaiting && !run.isStarting;

  return (
    <form
      className="panel run-form stack"
      aria-label="Run this workflow"
      aria-busy={isWaiting}
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) run.start(text);
      }}
    >
      <label htmlFor={id}>
        Inputs <span className="muted">(JSON)</span>
      </label>
      <Origin from={from} {...first} />
      <textarea
        id={id}
        className="mono"
        rows={Math.min(14, Math.max(4, text.split('\n').length))}
        spellCheck={false}
        autoFocus
        value={text}
        placeholder={isWaiting ? 'Loading…' : undefined}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-problem`}
        onChange={({ target }) => setTyped(target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }
        }}
      />
      <p id={`${id}-problem`} className="bad" role="status">
        {problem}
      </p>
      {run.error && (
        <p className="bad" role="alert">
          {messageOf(run.error)}
          {run.isUnanswered && ' It may have started anyway: then starting again leads to the same run.'}
        </p>
      )}
      <div className="toolbar">
        <button type="submit" className="primary" disabled={!isReady}>
          {run.isStarting ? 'Starting…' : 'Start'}
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
        <span className="muted keys">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> starts
        </span>
      </div>
    </form>
  );
}

interface OriginProps extends ReturnType<typeof useFirstInputs> {
  readonly from: string | null;
}

/** Origin of the inputs, or the error that prevented loading them. */
function Origin({ from, run, isLoading, error }: OriginProps) {
  if (isLoading) return <p className="muted ellipsis">Loading the inputs…</p>;
  if (error) {
    return (
      <p className="bad" role="alert">
        The inputs of {from === null ? 'the latest run' : <bdi>{from}</bdi>} could not be loaded. {messageOf(error)} You
        can write them yourself.
      </p>
    );
  }
  if (!run) return <p className="muted ellipsis">No runs yet: write its inputs.</p>;
  return (
    <p className="muted ellipsis">
      {run.inputs == null ? 'No inputs are known for ' : 'The inputs of '}
      {from === null && 'the latest run, '}
      <Link to={runLink(run)} className="mono" title={run.id}>
        <bdi>{run.id}</bdi>
      </Link>
    </p>
  );
}
