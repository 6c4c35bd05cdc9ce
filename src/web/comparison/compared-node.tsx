/** Cells of a node in both runs, and the differences between its inputs and outputs. */
import { formatDuration } from '../format/duration.ts';
import { countOf } from '../format/numbers.ts';
import { Link } from 'react-router';
import type { ChangeFragment, ComparisonTableFragment } from '../__generated__/graphql.ts';
import { sideOf } from '../failures/changes.tsx';
import {
  ArrowDownRight,
  ArrowRightLeft,
  ArrowUpRight,
  ChevronDown,
  ChevronRight,
  CircleCheck,
  CircleX,
  Equal,
  Minus,
  Plus,
} from '../shell/icons.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import { StatusBadge } from '../status/status.tsx';
import { Name } from '../text/name.tsx';
import { stepLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';

const StepDiff = lazyPart(() => import('./step-diff.tsx'), 'the differences');

type ComparedNode = ComparisonTableFragment['nodes'][number];

const CHANGES = {
  BROKE: { icon: CircleX, word: 'Now fails', look: 'status-failed' },
  FIXED: { icon: CircleCheck, word: 'Fixed', look: 'status-completed' },
  STATUS_CHANGED: { icon: ArrowRightLeft, word: 'Status changed', look: 'status-running' },
  SLOWER: { icon: ArrowUpRight, word: 'Slower', look: 'status-cancelled' },
  FASTER: { icon: ArrowDownRight, word: 'Faster', look: 'status-completed' },
  ADDED: { icon: Plus, word: 'Only in this run', look: 'status-running' },
  REMOVED: { icon: Minus, word: 'Missing here', look: 'status-unknown' },
  UNCHANGED: { icon: Equal, word: 'Unchanged', look: 'status-skipped' },
} as const;

export interface NodeToggleProps {
  readonly nodeId: string;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

export function NodeToggle({ nodeId, isOpen, onToggle }: NodeToggleProps) {
  const Twisty = isOpen ? ChevronDown : ChevronRight;
  return (
    <button type="button" className="quiet node-toggle" aria-expanded={isOpen} onClick={onToggle}>
      <Twisty />
      <Name>{nodeId}</Name>
    </button>
  );
}

export interface NodeDetailProps {
  readonly node: ComparedNode;
  readonly workflowId: string;
  readonly baseId: string;
  readonly headId: string;
  /** The first step of this node. */
  readonly change: ChangeFragment | undefined;
}

export function NodeDetail({ node: { baseStep, headStep }, change, ...runs }: NodeDetailProps) {
  const url = useUrl();
  return (
    <div className="node-diff stack">
      <p className="toolbar">
        {headStep && <Link to={url.link({ step: headStep.id })}>Open the step</Link>}
        {baseStep && (
          <Link to={stepLink({ workflowId: runs.workflowId, id: runs.baseId }, baseStep.id)}>
            Open it in the other run
          </Link>
        )}
      </p>
      {baseStep && headStep ? (
        <StepDiff {...runs} baseStep={baseStep} headStep={headStep} changedSide={change && sideOf(change)} />
      ) : (
        <p className="muted">It ran in one of the two runs only.</p>
      )}
    </div>
  );
}

export function ChangeBadge({ change }: { readonly change: keyof typeof CHANGES }) {
  const { icon: Icon, word, look } = CHANGES[change];
  return (
    <span className={`badge ${look}`}>
      <Icon />
      {word}
    </span>
  );
}

interface NodeCellProps {
  /** The latest execution. */
  readonly step: ComparedNode['headStep'];
  /** Totals over all executions. */
  readonly totalMs: number | null;
  readonly attempts: number;
}

/** A node in one of the two runs: how it ended, and the total time of its executions. */
export function NodeCell({ step, totalMs, attempts }: NodeCellProps) {
  if (!step) return <span className="muted">did not run</span>;
  return (
    <span className="inline">
      {step.status !== 'COMPLETED' && <StatusBadge status={step.status} />} {formatDuration(totalMs)}
      {attempts > 1 && <span className="muted small">{countOf(attempts, 'attempt')}</span>}
    </span>
  );
}
