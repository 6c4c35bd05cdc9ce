/** Why the run failed: its failed steps, without those that a later attempt replaced, earliest failure first. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { countOf } from '../format/numbers.ts';
import { CircleX } from '../shell/icons.tsx';
import { headlineOf } from '../text/excerpt.ts';
import { attemptMark, Name } from '../text/name.tsx';
import { trendsLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';

export const FAILED_STEPS = graphql(`
  fragment FailedSteps on Run {
    workflowId
    stepCounts {
      failed
    }
    causes: failedSteps(latestAttemptOnly: true, first: 6) {
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

export interface FailedStepsProps {
  readonly run: FragmentType<typeof FAILED_STEPS>;
  /** What changed before. */
  readonly children: ReactNode;
}

export function FailedSteps({ run, children }: FailedStepsProps) {
  const { workflowId, stepCounts, causes } = readFragment(FAILED_STEPS, run);
  const url = useUrl();
  if (!causes || causes.length === 0) return null;
  const shown = causes.slice(0, MOST_SHOWN);
  return (
    <section className="panel failed-steps" aria-labelledby="failed-steps">
      <h2 id="failed-steps" className="toolbar">
        <CircleX />
        {titleOf(causes.length)}{' '}
        {stepCounts && stepCounts.failed > shown.length && (
          <span className="fact-part">{countOf(stepCounts.failed, 'failed execution')} in all</span>
        )}
      </h2>
      <ol>
        {shown.map((step) => (
          <li key={step.id}>
            <Link to={url.link({ step: step.id })} className="focus-inside" data-row>
              <span className="node mono">
                <Name mark={attemptMark(step.attempt, step.attemptCount)}>{step.nodeId}</Name>
              </span>
              <span className="message clamp" title={step.errorInfo?.message} dir="auto">
                {step.errorInfo ? headlineOf(step.errorInfo.message) : 'No error message'}{' '}
                {step.errorInfo?.code != null && <code className="muted">{step.errorInfo.code}</code>}
              </span>
              <span className="muted">{formatDuration(step.durationMs)}</span>
            </Link>
          </li>
        ))}
        <li>
          <Link to={trendsLink(workflowId, causes[0]?.nodeId ?? '')} className="focus-inside">
            How often, and since when?
          </Link>
        </li>
        {causes.length > MOST_SHOWN && (
          <li>
            <Link to={url.link({ tab: 'steps', status: ['FAILED'] })} className="focus-inside">
              All of them in the table of steps
            </Link>
          </li>
        )}
      </ol>
      {children}
    </section>
  );
}

function titleOf(count: number): string {
  if (count === 1) return 'A step failed';
  return count > MOST_SHOWN ? `More than ${MOST_SHOWN} steps failed` : `${count} steps failed`;
}
