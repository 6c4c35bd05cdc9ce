/** Asks for confirmation before failed runs are started again, and shows the result of each. */
import { Link } from 'react-router';
import { countOf } from '../format/numbers.ts';
import { runLink, type RunIds } from '../url/links.ts';
import { ActionDialog } from './action-dialog.tsx';
import type { Outcome, useStartsAgain } from './starts-again.ts';

export interface StartAgainDialogProps {
  readonly title: string;
  readonly runs: readonly RunIds[];
  readonly starts: ReturnType<typeof useStartsAgain>;
  readonly onClose: () => void;
}

export default function StartAgainDialog({ title, runs, starts, onClose }: StartAgainDialogProps) {
  const { outcomes, isStarting, start, stop } = starts;
  const left = starts.left(runs);
  const hasBegun = runs.some(({ id }) => outcomes.has(id));
  return (
    <ActionDialog
      title={title}
      action={hasBegun && left.length > 0 ? `Start the other ${left.length}` : `Start ${countOf(runs.length, 'run')}`}
      acting="Starting…"
      leave={isStarting ? 'Stop' : hasBegun ? 'Close' : 'Not now'}
      isActing={isStarting}
      isReady={left.length > 0}
      problem={null}
      onAct={() => start(left)}
      onClose={() => {
        stop();
        onClose();
      }}
    >
      <p>
        Each starts as a new run with the inputs of the failed one. Its steps repeat whatever they do: messages,
        payments, calls of models. The failed runs stay as they are.
      </p>
      <ol className="starts" aria-label="Failed runs">
        {runs.map((run) => (
          <li key={run.id}>
            <Link to={runLink(run)} className="mono ellipsis" title={run.id}>
              <bdi>{run.id}</bdi>
            </Link>
            <span role="status">
              <Became outcome={outcomes.get(run.id)} />
            </span>
          </li>
        ))}
      </ol>
    </ActionDialog>
  );
}

function Became({ outcome }: { readonly outcome: Outcome | undefined }) {
  if (!outcome) return null;
  if (outcome.kind === 'starting') return <span className="muted">starting…</span>;
  if (outcome.kind === 'failed') return <span className="bad">{outcome.text}</span>;
  return (
    <>
      started:{' '}
      <Link to={runLink(outcome.run)} className="mono" title={outcome.run.id}>
        <bdi>{outcome.run.id}</bdi>
      </Link>
    </>
  );
}
