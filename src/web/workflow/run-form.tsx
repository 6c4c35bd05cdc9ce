/** Starts a run with inputs of one's own, beginning with those of the latest run, and goes to it. */
import { useId, useState } from 'react';
import { useMutation, useQuery } from '@apollo/client/react';
import { useNavigate } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { messageOf } from '../shell/notices.tsx';
import { runPath, useUrlQuery } from '../url/query.ts';
import './run-form.css';

const LATEST_INPUTS = graphql(`
  query LatestInputs($workflowId: ID!) {
    workflow(id: $workflowId) {
      id
      runs(first: 1) {
        nodes {
          id
          workflowId
          inputs
        }
      }
    }
  }
`);

const EXECUTE = graphql(`
  mutation ExecuteWorkflow($workflowId: ID!, $inputs: JSON) {
    executeWorkflow(workflowId: $workflowId, inputs: $inputs) {
      message
      run {
        id
        workflowId
      }
    }
  }
`);

export function RunForm({ workflowId }: { readonly workflowId: string }) {
  const id = useId();
  const url = useUrlQuery();
  const navigate = useNavigate();
  const latest = useQuery(LATEST_INPUTS, { variables: { workflowId }, fetchPolicy: 'no-cache' });
  const [execute, { loading, error }] = useMutation(EXECUTE, { errorPolicy: 'none' });
  const [typed, setTyped] = useState<string | null>(null);

  const suggested = latest.data?.workflow?.runs?.nodes[0]?.inputs ?? {};
  const text = typed ?? JSON.stringify(suggested, null, 2);
  const problem = problemOf(text);

  async function start(): Promise<void> {
    const inputs: unknown = text.trim() === '' ? null : JSON.parse(text);
    const { data } = await execute({ variables: { workflowId, inputs } });
    // Without errors there is a run.
    const run = data.executeWorkflow?.run;
    if (run) await navigate(runPath(run.workflowId, run.id));
  }

  return (
    <form
      className="panel run-form"
      aria-label="Run this workflow"
      onSubmit={(event) => {
        event.preventDefault();
        // A refusal is shown from the mutation's own state.
        if (problem === null) start().catch(() => undefined);
      }}
    >
      <label htmlFor={id}>
        Inputs <span className="muted">(JSON; those of the latest run to begin with)</span>
      </label>
      <textarea
        id={id}
        className="mono"
        rows={Math.min(14, Math.max(4, text.split('\n').length))}
        spellCheck={false}
        value={text}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-problem`}
        onChange={({ target }) => {
          setTyped(target.value);
        }}
      />
      <p id={`${id}-problem`} className="problem" role="status">
        {problem}
      </p>
      {error && (
        <p className="problem" role="alert">
          {messageOf(error)}
        </p>
      )}
      <div className="toolbar">
        <button type="submit" className="primary" disabled={loading || problem !== null}>
          {loading ? 'Starting…' : 'Start'}
        </button>
        <button
          type="button"
          onClick={() => {
            url.change({ run: null }, { replace: true });
          }}
        >
          Cancel
        </button>
      </div>
    </form>
  );
}

function problemOf(text: string): string | null {
  if (text.trim() === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? null : 'Inputs are a JSON object.';
  } catch (error) {
    return `This is not JSON yet: ${error instanceof Error ? error.message : String(error)}`;
  }
}
