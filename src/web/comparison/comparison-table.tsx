/** What changed from one run to another: the whole, then each node, each change with its sign and its word. */
import { ArrowDownRight, ArrowRightLeft, ArrowUpRight, CircleCheck, CircleX, Equal, Minus, Plus } from 'lucide-react';
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { ComparisonTableFragment } from '../__generated__/graphql.ts';
import { formatDelta, formatDuration } from '../format/duration.ts';
import { formatSigned } from '../format/numbers.ts';
import { Fact, Facts } from '../shell/facts.tsx';
import { StatusBadge } from '../status/status.tsx';
import { runPath, useUrlQuery } from '../url/query.ts';

const COMPARISON_TABLE = graphql(`
  fragment ComparisonTable on RunComparison {
    wallClockDeltaMs
    elapsedTimeDelta
    tokenDelta
    base {
      id
      workflowId
      status
      wallClockMs
    }
    head {
      id
      workflowId
      status
      wallClockMs
    }
    nodes {
      nodeId
      change
      durationDeltaMs
      baseStep {
        id
        status
        durationMs
      }
      headStep {
        id
        status
        durationMs
      }
    }
  }
`);

const CHANGES = {
  BROKE: { icon: CircleX, word: 'Broke', look: 'status-failed' },
  FIXED: { icon: CircleCheck, word: 'Fixed', look: 'status-completed' },
  STATUS_CHANGED: { icon: ArrowRightLeft, word: 'Another status', look: 'status-running' },
  SLOWER: { icon: ArrowUpRight, word: 'Slower', look: 'status-cancelled' },
  FASTER: { icon: ArrowDownRight, word: 'Faster', look: 'status-completed' },
  ADDED: { icon: Plus, word: 'Only in this run', look: 'status-running' },
  REMOVED: { icon: Minus, word: 'Only in the other', look: 'status-unknown' },
  UNCHANGED: { icon: Equal, word: 'Unchanged', look: 'status-skipped' },
} as const;

type Step = ComparisonTableFragment['nodes'][number]['headStep'];

export function ComparisonTable({ comparison }: { readonly comparison: FragmentType<typeof COMPARISON_TABLE> }) {
  const { base, head, nodes, ...deltas } = readFragment(COMPARISON_TABLE, comparison);
  const url = useUrlQuery();
  return (
    <>
      <Facts>
        <Fact name="The other run">
          {base && (
            <>
              <Link to={runPath(base.workflowId, base.id)} className="mono">
                {base.id}
              </Link>{' '}
              <StatusBadge status={base.status} /> <span className="fact-part">{formatDuration(base.wallClockMs)}</span>
            </>
          )}
        </Fact>
        <Fact name="This run">
          {head && (
            <>
              <StatusBadge status={head.status} /> <span className="fact-part">{formatDuration(head.wallClockMs)}</span>
            </>
          )}
        </Fact>
        <Fact name="Wall clock">{formatDelta(deltas.wallClockDeltaMs)}</Fact>
        <Fact name="Summed elapsed">{formatSigned(deltas.elapsedTimeDelta)} s</Fact>
        <Fact name="Tokens">{formatSigned(deltas.tokenDelta)}</Fact>
      </Facts>
      <div className="panel scroll-x" tabIndex={0} role="region" aria-label="Node by node">
        <table>
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Change</th>
              <th scope="col" className="number">
                The other run
              </th>
              <th scope="col" className="number">
                This run
              </th>
              <th scope="col" className="number">
                Difference
              </th>
            </tr>
          </thead>
          <tbody>
            {nodes.map(({ nodeId, change, baseStep, headStep, durationDeltaMs }) => (
              <tr key={nodeId}>
                <td className="mono">
                  {headStep ? (
                    <Link to={url.with({ step: headStep.id })} preventScrollReset>
                      {nodeId}
                    </Link>
                  ) : (
                    nodeId
                  )}
                </td>
                <td>
                  <ChangeBadge change={change} />
                </td>
                <td className="number">
                  <StepCell step={baseStep} />
                </td>
                <td className="number">
                  <StepCell step={headStep} />
                </td>
                <td className="number">{formatDelta(durationDeltaMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function ChangeBadge({ change }: { readonly change: keyof typeof CHANGES }) {
  const { icon: Icon, word, look } = CHANGES[change];
  return (
    <span className={`badge ${look}`}>
      <Icon aria-hidden="true" />
      {word}
    </span>
  );
}

function StepCell({ step }: { readonly step: Step }) {
  if (!step) return <span className="muted">–</span>;
  return (
    <span className="step-cell">
      {step.status !== 'COMPLETED' && <StatusBadge status={step.status} />} {formatDuration(step.durationMs)}
    </span>
  );
}
