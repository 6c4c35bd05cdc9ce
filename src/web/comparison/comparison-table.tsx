/** Differences between two runs: the totals, then each node, changed nodes first. */
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { ChangeFragment } from '../__generated__/graphql.ts';
import { DataTable } from '../controls/data-table.tsx';
import { kindsOf } from '../failures/changes.tsx';
import { formatDelta, formatDuration } from '../format/duration.ts';
import { formatCount, formatSigned } from '../format/numbers.ts';
import { Fact, Facts } from '../shell/facts.tsx';
import { IdleTime } from '../run/idle-time.tsx';
import { StatusBadge } from '../status/status.tsx';
import { Name } from '../text/name.tsx';
import { runLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';
import { ChangeBadge, NodeDetail, NodeToggle, NodeCell } from './compared-node.tsx';

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
      baseTotalMs
      baseAttempts
      headTotalMs
      headAttempts
      baseStep {
        id
        status
        inputsSizeBytes
        outputsSizeBytes
      }
      headStep {
        id
        status
        inputsSizeBytes
        outputsSizeBytes
      }
    }
  }
`);

/** Results that expand the first node that has one. */
const WORTH_OPENING = ['BROKE', 'FIXED', 'STATUS_CHANGED'];
const NONE = '-';
/** Unchanged nodes are folded only in a longer list. */
const FEW = 12;

export interface ComparisonTableProps {
  readonly comparison: FragmentType<typeof COMPARISON_TABLE>;
  /** Changes of the workflow between the two runs. */
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

  const changesOf = (id: string) => changes.filter(({ nodeId }) => nodeId === id);

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
      {base && head && (
        <DataTable
          label="Node by node"
          className="compared-nodes"
          rows={shown}
          keyOf={({ nodeId }) => nodeId}
          columns={[
            {
              name: 'Node',
              className: 'mono',
              cell: ({ nodeId }) => {
                const isOpen = nodeId === openId;
                const next = isOpen ? NONE : nodeId;
                return (
                  <NodeToggle
                    nodeId={nodeId}
                    isOpen={isOpen}
                    onToggle={() => url.go({ node: next === usual ? null : next })}
                  />
                );
              },
            },
            {
              name: 'Change',
              cell: ({ nodeId, change }) => (
                <>
                  <ChangeBadge change={change} />{' '}
                  {changesOf(nodeId).length > 0 && (
                    <span className="badge status-cancelled">{kindsOf(changesOf(nodeId))} changed</span>
                  )}
                </>
              ),
            },
            {
              name: 'The other run',
              isNumber: true,
              cell: (node) => <NodeCell step={node.baseStep} totalMs={node.baseTotalMs} attempts={node.baseAttempts} />,
            },
            {
              name: 'This run',
              isNumber: true,
              cell: (node) => <NodeCell step={node.headStep} totalMs={node.headTotalMs} attempts={node.headAttempts} />,
            },
            { name: 'Difference', isNumber: true, cell: ({ durationDeltaMs }) => formatDelta(durationDeltaMs) },
          ]}
          detailOf={(node) =>
            node.nodeId === openId ? (
              <NodeDetail
                node={node}
                workflowId={head.workflowId}
                baseId={base.id}
                headId={head.id}
                change={changesOf(node.nodeId)[0]}
              />
            ) : null
          }
        />
      )}
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
