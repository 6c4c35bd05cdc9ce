/** Failed steps of a run without a successful retry, earliest failure first. */
import { CircleX } from 'lucide-react';
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { headlineOf } from '../text/excerpt.ts';
import { attemptMark, Name } from '../text/name.tsx';
import { trendsLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';

const FAILED_STEPS = graphql(`
  fragment FailedSteps on Run {
    workflowId
    stepCounts {
      failed
    }
    unmended: failedSteps(latestAttemptOnly: true, first: 6) {
      workflowId
      runId
      id
      nodeId
      durationMs
      attempt
      attemptCount
      errorInfo {
        message
        code
      }
    }
  }
`);

/** One less than the query loads, to detect further steps. The table of steps has all of them. */
const MOST_SHOWN = 5;

export function FailedSteps({ run }: { readonly run: FragmentType<typeof FAILED_STEPS> }) {
  const { workflowId, stepCounts, unmended } = readFragment(FAILED_STEPS, run);
  const url = useUrl();
  if (!unmended || unmended.length === 0) return null;
  const mendedCount = (stepCounts?.failed ?? 0) - unmended.length;
  return (
    <section className="panel failed-steps" aria-labelledby="failed-steps">
      <h2 id="failed-steps">
        <CircleX aria-hidden="true" />
        {titleOf(unmended.length)}{' '}
        {mendedCount > 0 && unmended.length <= MOST_SHOWN && (
          <span className="fact-part">{mendedCount} more succeeded in a later attempt</span>
        )}
      </h2>
      <ol>
        {unmended.slice(0, MOST_SHOWN).map((step) => (
          <li key={step.id}>
            <Link to={url.link({ step: step.id })} preventScrollReset>
              <span className="node mono">
                <Name mark={attemptMark(step.attempt, step.attemptCount)}>{step.nodeId}</Name>
              </span>
              <span className="message" title={step.errorInfo?.message} dir="auto">
                {step.errorInfo ? headlineOf(step.errorInfo.message) : 'No error message'}{' '}
                {step.errorInfo?.code != null && <code className="muted">{step.errorInfo.code}</code>}
              </span>
              <span className="muted">{formatDuration(step.durationMs)}</span>
            </Link>
          </li>
        ))}
        <li>
          <Link to={trendsLink(workflowId, unmended[0]?.nodeId ?? '')} className="how-often">
            How often, and since when?
          </Link>
        </li>
        {unmended.length > MOST_SHOWN && (
          <li>
            <Link to={url.link({ tab: 'steps', status: ['FAILED'] })} preventScrollReset>
              All of them in the table of steps
            </Link>
          </li>
        )}
      </ol>
    </section>
  );
}

function titleOf(count: number): string {
  if (count === 1) return 'A step failed';
  return count > MOST_SHOWN ? `More than ${MOST_SHOWN} steps failed` : `${count} steps failed`;
}
