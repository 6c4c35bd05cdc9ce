/** Row of a node in both runs, with the differences of its inputs and outputs below it. */
import { formatDelta, formatDuration } from '../format/duration.ts';
import { Link } from 'react-router';
import type { ChangeFragment, ComparisonTableFragment } from '../__generated__/graphql.ts';
import { kindsOf, sideOf } from '../failures/changes.tsx';
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

export interface NodeRowsProps {
  readonly node: ComparedNode;
  readonly workflowId: string;
  readonly baseId: string;
  readonly headId: string;
  /** Of this node. */
  readonly changes: readonly ChangeFragment[];
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

export function NodeRows({ node, changes, isOpen, onToggle, ...runs }: NodeRowsProps) {
  const { nodeId, change, baseStep, headStep, durationDeltaMs } = node;
  const url = useUrl();
  const Twisty = isOpen ? ChevronDown : ChevronRight;
  return (
    <>
      <tr>
        <td className="mono">
          <button type="button" className="quiet node-toggle" aria-expanded={isOpen} onClick={onToggle}>
            <Twisty aria-hidden="true" />
            <Name>{nodeId}</Name>
          </button>
        </td>
        <td>
          <ChangeBadge change={change} />{' '}
          {changes.length > 0 && <span className="badge status-cancelled">{kindsOf(changes)} changed</span>}
        </td>
        <td className="number">
          <StepCell step={baseStep} />
        </td>
        <td className="number">
          <StepCell step={headStep} />
        </td>
        <td className="number">{formatDelta(durationDeltaMs)}</td>
      </tr>
      {isOpen && (
        <tr className="node-detail">
          <td colSpan={5}>
            <div className="node-diff">
              <p className="toolbar">
                {headStep && <Link to={url.link({ step: headStep.id })}>Open the step</Link>}
                {baseStep && (
                  <Link to={stepLink({ workflowId: runs.workflowId, id: runs.baseId }, baseStep.id)}>
                    Open it in the other run
                  </Link>
                )}
              </p>
              {baseStep && headStep ? (
                <StepDiff
                  {...runs}
                  baseStep={baseStep}
                  headStep={headStep}
                  changedSide={changes[0] && sideOf(changes[0])}
                />
              ) : (
                <p className="muted">It ran in one of the two runs only.</p>
              )}
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

function ChangeBadge({ change }: { readonly change: keyof typeof CHANGES }) {
  const { icon: Icon, word, look } = CHANGES[change];
  return (
    <span className={`badge ${look}`}>
      <Icon />
      {word}
    </span>
  );
}

function StepCell({ step }: { readonly step: ComparedNode['headStep'] }) {
  if (!step) return <span className="muted">–</span>;
  return (
    <span className="step-cell">
      {step.status !== 'COMPLETED' && <StatusBadge status={step.status} />} {formatDuration(step.durationMs)}
    </span>
  );
}
