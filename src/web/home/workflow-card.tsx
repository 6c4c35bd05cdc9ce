/** Card of a workflow: success rate, median duration, and the latest runs as bars. */
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatShare } from '../format/numbers.ts';
import { Ago } from '../time/time.tsx';
import { Fact, Facts } from '../shell/facts.tsx';
import { Failure } from '../shell/notices.tsx';
import { workflowLink } from '../url/links.ts';
import { Sparkline } from './sparkline.tsx';

const WORKFLOW_CARD = graphql(`
  fragment WorkflowCard on Workflow {
    id
    name
    description
    latest: runs(first: 11) {
      nodes {
        id
        startedAt
        ...SparklineRun
      }
    }
    recent: statistics(last: 8) {
      runCount
      successRate
    }
    statistics(last: 100) {
      runCount
      successRate
      wallClockMs {
        p50
      }
    }
  }
`);

type MaskedCard = FragmentType<typeof WORKFLOW_CARD>;

/** Whether the workflow's runs failed to load. */
export function isLacking(workflow: MaskedCard): boolean {
  const { latest, statistics } = readFragment(WORKFLOW_CARD, workflow);
  return !latest || !statistics;
}

export interface WorkflowCardProps {
  readonly workflow: MaskedCard;
  readonly error: Error | undefined;
  readonly onRetry: () => void;
}

export function WorkflowCard({ workflow, error, onRetry }: WorkflowCardProps) {
  const { id, name, description, latest, recent, statistics } = readFragment(WORKFLOW_CARD, workflow);
  const runs = latest?.nodes.filter((run) => run !== null) ?? [];
  return (
    <article className="panel workflow-card">
      <h3 className="clamp">
        <Link to={workflowLink(id)} title={name ?? id} data-row>
          <bdi>{name ?? id}</bdi>
        </Link>
      </h3>
      <p className="muted small ellipsis" dir="auto" title={description ?? undefined}>
        {description}
      </p>
      {error && <Failure error={error} what="runs" onRetry={onRetry} />}
      {latest && runs.length === 0 && <p>No runs yet</p>}
      {runs.length > 0 && (
        <div className="figures">
          <Sparkline label={`Latest runs of ${name ?? id}, oldest first`} runs={runs.toReversed()} />
          <Facts>
            <Fact
              name="Success rate"
              hint={statistics ? `Of the finished ones of the last ${statistics.runCount} runs` : undefined}
            >
              {formatShare(statistics?.successRate, 'none')}
              {recent && statistics && recent.runCount < statistics.runCount && (
                <span className="fact-part">
                  {' '}
                  last {recent.runCount}: {formatShare(recent.successRate, 'none')}
                </span>
              )}
            </Fact>
            <Fact name="Median" hint="Half of the finished runs took at most this long">
              {formatDuration(statistics?.wallClockMs?.p50, 'none')}
            </Fact>
            <Fact name="Last run">{runs[0]?.startedAt == null ? 'not started' : <Ago at={runs[0].startedAt} />}</Fact>
          </Facts>
        </div>
      )}
    </article>
  );
}
