/** A workflow in the list: its name, its latest runs as small bars, how often it succeeds and how long it takes. */
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatShare } from '../format/numbers.ts';
import { Ago } from '../format/time.tsx';
import { StatusIcon, statusClass, statusWord } from '../status/status.tsx';
import { runPath, workflowPath } from '../url/query.ts';

const WORKFLOW_CARD = graphql(`
  fragment WorkflowCard on Workflow {
    id
    name
    description
    runs(first: 12) {
      nodes {
        id
        workflowId
        status
        startedAt
        wallClockMs
      }
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

export function WorkflowCard({ workflow }: { readonly workflow: FragmentType<typeof WORKFLOW_CARD> }) {
  const { id, name, description, runs, statistics } = readFragment(WORKFLOW_CARD, workflow);
  const recent = runs?.nodes.filter((run) => run !== null) ?? [];
  return (
    <article className="panel workflow-card">
      <div>
        <h2>
          <Link to={workflowPath(id)}>{name ?? id}</Link>
        </h2>
        <p>{description}</p>
      </div>
      <div>
        {recent.length === 0 ? (
          <span className="muted">{runs ? 'No runs yet' : 'Its runs could not be loaded'}</span>
        ) : (
          <ol className="recent-runs" aria-label={`Latest runs of ${name ?? id}, oldest first`}>
            {recent.toReversed().map((run) => (
              <li key={run.id}>
                <Link
                  to={runPath(run.workflowId, run.id)}
                  className={statusClass(run.status)}
                  title={`${statusWord(run.status)} · ${formatDuration(run.wallClockMs)} · ${run.id}`}
                >
                  <StatusIcon status={run.status} />
                  <span className="visually-hidden">
                    {statusWord(run.status)}: {run.id}
                  </span>
                </Link>
              </li>
            ))}
          </ol>
        )}
      </div>
      <dl>
        <div title={statistics ? `Of the last ${statistics.runCount} runs, those that finished` : undefined}>
          <dt>Succeeded</dt>
          <dd>{formatShare(statistics?.successRate)}</dd>
        </div>
        <div title="Half of the finished runs took at most this long">
          <dt>Usual time</dt>
          <dd>{formatDuration(statistics?.wallClockMs?.p50)}</dd>
        </div>
        <div>
          <dt>Last run</dt>
          <dd>
            <Ago at={recent[0]?.startedAt} />
          </dd>
        </div>
      </dl>
    </article>
  );
}
