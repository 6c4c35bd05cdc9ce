/** Differences of two runs: the totals, then each node, changed nodes first. */
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { ChangeFragment } from '../__generated__/graphql.ts';
import { formatDelta, formatDuration } from '../format/duration.ts';
import { formatCount, formatSigned } from '../format/numbers.ts';
import { Fact, Facts } from '../shell/facts.tsx';
import { IdleTime } from '../run/idle-time.tsx';
import { StatusBadge } from '../status/status.tsx';
import { Name } from '../text/name.tsx';
import { runLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';
import { NodeRows } from './node-rows.tsx';

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
      timing {
        ...IdleTime
      }
    }
    head {
      id
      workflowId
      status
      wallClockMs
      timing {
        ...IdleTime
      }
    }
    nodes {
      nodeId
      change
      durationDeltaMs
      baseStep {
        id
        status
        durationMs
        inputsSizeBytes
        outputsSizeBytes
      }
      headStep {
        id
        status
        durationMs
        inputsSizeBytes
        outputsSizeBytes
      }
    }
  }
`);

/** A first node with such a change is expanded without a click. */
const WORTH_OPENING = ['BROKE', 'FIXED', 'STATUS_CHANGED'];
const NONE = '-';
/** Unchanged nodes are folded in a longer list only. */
const FEW = 12;

export interface ComparisonTableProps {
  readonly comparison: FragmentType<typeof COMPARISON_TABLE>;
  /** Between the two runs. */
  readonly changes: readonly ChangeFragment[];
}

export function ComparisonTable({ comparison, changes }: ComparisonTableProps) {
  const { base, head, nodes, ...deltas } = readFragment(COMPARISON_TABLE, comparison);
  const url = useUrl();
  const [first] = nodes;
  const broken = first && WORTH_OPENING.includes(first.change) ? first.nodeId : null;
  const usual = nodes.find(({ nodeId }) => changes.some((change) => change.nodeId === nodeId))?.nodeId ?? broken;
  const openId = url.params.node ?? usual;
  const changedCount = nodes.filter(({ change }) => change !== 'UNCHANGED').length;
  const isFolded = url.params.all === null && nodes.length > FEW && changedCount < nodes.length;
  const shown = isFolded ? nodes.filter(({ change, nodeId }) => change !== 'UNCHANGED' || nodeId === openId) : nodes;

  return (
    <>
      <Facts>
        <Fact name="The other run">
          {base && (
            <>
              <Link to={runLink(base)} className="mono">
                <Name>{base.id}</Name>
              </Link>{' '}
              <StatusBadge status={base.status} /> <span className="fact-part">{formatDuration(base.wallClockMs)}</span>{' '}
              <span className="fact-part">
                · idle <IdleTime timing={base.timing} />
              </span>
            </>
          )}
        </Fact>
        <Fact name="This run">
          {head && (
            <>
              <StatusBadge status={head.status} /> <span className="fact-part">{formatDuration(head.wallClockMs)}</span>{' '}
              <span className="fact-part">
                · idle <IdleTime timing={head.timing} />
              </span>
            </>
          )}
        </Fact>
        <Fact name="Duration differs by">{formatDelta(deltas.wallClockDeltaMs)}</Fact>
        <Fact name="Sum of steps differs by">{formatSigned(deltas.elapsedTimeDelta)} s</Fact>
        <Fact name="Tokens differ by">{formatSigned(deltas.tokenDelta)}</Fact>
      </Facts>
      {changedCount === 0 && nodes.length > 0 && <p className="muted">No node changed its status or its duration.</p>}
      <div className="panel scroll-x compared-nodes" tabIndex={0} role="region" aria-label="Node by node">
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
            {base &&
              head &&
              shown.map((node) => (
                <NodeRows
                  key={node.nodeId}
                  node={node}
                  workflowId={head.workflowId}
                  baseId={base.id}
                  headId={head.id}
                  changes={changes.filter(({ nodeId }) => nodeId === node.nodeId)}
                  isOpen={node.nodeId === openId}
                  onToggle={() => {
                    const next = node.nodeId === openId ? NONE : node.nodeId;
                    url.go({ node: next === usual ? null : next });
                  }}
                />
              ))}
          </tbody>
        </table>
      </div>
      {isFolded && (
        <div>
          <button type="button" onClick={() => url.go({ all: '1' })}>
            Show {formatCount(nodes.length - shown.length)} unchanged nodes
          </button>
        </div>
      )}
    </>
  );
}
