/** Header of a run: status, actions and facts. */
import { useState, type ComponentProps, type ReactNode } from 'react';
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { RunHeaderFragment } from '../__generated__/graphql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatCost, formatCount } from '../format/numbers.ts';
import { Link2, RotateCw } from '../shell/icons.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import { Ago, Moment, Ticking } from '../time/time.tsx';
import { CopyButton } from '../shell/copy-button.tsx';
import { Fact, Facts } from '../shell/facts.tsx';
import { UpstreamLink } from '../shell/upstream-link.tsx';
import { StatusBadge } from '../status/status.tsx';
import { workflowLink } from '../url/links.ts';
import { UsualDuration } from './expectation.tsx';
import { RunLiveMark, useIsMoving } from './freshness.tsx';
import { IdleTime } from './idle-time.tsx';

// Most runs are over.
const CancelRun = lazyPart(
  () => import('../actions/cancel-run.tsx'),
  'the button',
  () => null,
);
const AnswerStep = lazyPart(
  () => import('../actions/answer-step.tsx'),
  'the button',
  () => null,
);

const RUN_HEADER = graphql(`
  fragment RunHeader on Run {
    id
    workflowId
    upstreamUrl
    status
    statusIsInferred
    isFinished
    availableActions
    startedAt
    wallClockMs
    totalElapsedTime
    stepCounts {
      total
      running
      waiting
      failed
    }
    progress {
      finished
      total
      isTotalKnown
    }
    waitingSteps: steps(filter: { status: [WAITING] }) {
      workflowId
      runId
      id
      nodeId
      waitingSince
      availableActions
    }
    timing {
      ...IdleTime
      waitingMs
      wastedMs
      maxConcurrency
    }
    tokenUsage {
      counts {
        totalTokens
        inputTokens
        outputTokens
      }
    }
    estimatedCost {
      amount
      currency
      stepsUnpriced
    }
    ...RunFreshness
  }
`);

export interface RunHeaderProps {
  readonly run: FragmentType<typeof RUN_HEADER>;
  readonly mayExecute: boolean;
  /** `null` until loaded. */
  readonly figures: ComponentProps<typeof UsualDuration>['run'];
  /** Why it failed. */
  readonly children: ReactNode;
}

export function RunHeader({ run: masked, mayExecute, figures, children }: RunHeaderProps) {
  const run = readFragment(RUN_HEADER, masked);
  const isMoving = useIsMoving(run);
  const { progress, stepCounts, timing, estimatedCost } = run;
  const tokens = run.tokenUsage?.counts;
  const [waiting, ...others] = run.waitingSteps ?? [];
  const cancellable = run.availableActions.includes('CANCEL') ? run.id : null;
  const answerable = waiting?.availableActions.includes('RESUME') === true && others.length === 0 ? waiting.id : null;
  const cancelId = useLastKnown(cancellable);
  const stepId = useLastKnown(answerable);
  return (
    <header className="run-header stack">
      <div className="toolbar">
        <h1 className="mono">
          <bdi>{run.id}</bdi>
        </h1>
        <StatusBadge status={run.status} isInferred={run.statusIsInferred} />
        <RunLiveMark run={run} />
        <div className="actions toolbar">
          <UpstreamLink url={run.upstreamUrl} />
          {/* The URL contains the whole view, but no key. */}
          <CopyButton label="Copy link" icon={<Link2 />} text={() => window.location.href} />
          {mayExecute && (
            <Link className="button" to={workflowLink(run.workflowId, { run: 'new', from: run.id })}>
              <RotateCw /> Run again
            </Link>
          )}
          {cancelId !== null && (
            <CancelRun key={cancelId} workflowId={run.workflowId} id={cancelId} isOffered={cancellable !== null} />
          )}
          {stepId !== null && (
            <AnswerStep
              key={stepId}
              {...{ workflowId: run.workflowId, runId: run.id, stepId }}
              isOffered={answerable !== null}
            />
          )}
        </div>
      </div>
      {children}
      <Facts>
        <Fact name="Started">
          {run.startedAt === null ? (
            'not started'
          ) : (
            <>
              <Moment at={run.startedAt} />{' '}
              <span className="fact-part">
                <Ago at={run.startedAt} hasMoment />
              </span>
            </>
          )}
        </Fact>
        <Fact name="Duration" hint="From start to end, or to now">
          <Ticking ms={run.wallClockMs} isTicking={isMoving} />{' '}
          <UsualDuration run={figures} isFinished={run.isFinished} />
        </Fact>
        {timing && timing.waitingMs > 0 && (
          <Fact name="Waiting" hint="The part of the duration in which a step waited for a person or an event">
            <Waiting waitingMs={timing.waitingMs} steps={run.waitingSteps} />
          </Fact>
        )}
        <Fact name="Idle" hint="The part of the duration in which no step ran or waited">
          <IdleTime timing={timing} />
        </Fact>
        <Fact name="Steps">
          {[
            formatCount(stepCounts?.total),
            ...(stepCounts && stepCounts.failed > 0 ? [`${formatCount(stepCounts.failed)} failed`] : []),
            ...(stepCounts && stepCounts.waiting > 0 ? [`${formatCount(stepCounts.waiting)} waiting`] : []),
            ...(stepCounts && stepCounts.running > 0 ? [`${formatCount(stepCounts.running)} running`] : []),
          ].join(', ')}
        </Fact>
        <Fact name="Tokens" hint="Total of all steps that report tokens, including failed ones">
          {formatCount(tokens?.totalTokens)}{' '}
          {tokens?.totalTokens != null && (
            <span className="fact-part">
              {formatCount(tokens.inputTokens)} in, {formatCount(tokens.outputTokens)} out
            </span>
          )}
        </Fact>
        {estimatedCost && (
          <Fact name="Cost" hint="Estimated from the models’ list prices">
            {formatCost(estimatedCost.amount, estimatedCost.currency)}{' '}
            {estimatedCost.amount !== null && estimatedCost.stepsUnpriced > 0 && (
              <span className="fact-part">
                {estimatedCost.stepsUnpriced === 1 ? '1 step' : `${estimatedCost.stepsUnpriced} steps`} not priced
              </span>
            )}
          </Fact>
        )}
      </Facts>
      <details>
        <summary>More</summary>
        <Facts>
          <Fact name="Sum of steps" hint="Sum of all steps in whole seconds, as the upstream reports them">
            {formatCount(run.totalElapsedTime)}
            {run.totalElapsedTime != null && ' s'}
          </Fact>
          <Fact name="Lost to retries" hint="Time of failed attempts that were retried">
            {formatDuration(timing?.wastedMs)}
          </Fact>
          <Fact
            name="Nodes finished"
            hint="Of the nodes that ran or are to run next: completed, failed, cancelled or skipped"
          >
            {formatCount(progress?.finished)}{' '}
            {progress && (
              <span className="fact-part">
                of {progress.total}
                {run.isFinished ? ' that ran' : progress.isTotalKnown ? '' : ' seen so far'}
              </span>
            )}
          </Fact>
          <Fact name="Most at once" hint="Highest number of steps that ran at the same time">
            {formatCount(timing?.maxConcurrency)}
          </Fact>
        </Facts>
      </details>
    </header>
  );
}

/** The last id that wasn't `null`: an open dialog stays and shows the result even if its action is no longer offered. */
function useLastKnown(id: string | null): string | null {
  const [last, setLast] = useState(id);
  if (id !== null && id !== last) setLast(id);
  return id ?? last;
}

interface WaitingProps {
  readonly waitingMs: number;
  readonly steps: RunHeaderFragment['waitingSteps'];
}

function Waiting({ waitingMs, steps }: WaitingProps) {
  const [first, ...others] = steps ?? [];
  if (!first) return formatDuration(waitingMs);
  return (
    <>
      <bdi>{first.nodeId}</bdi>
      {others.length > 0 && ` and ${others.length} more`} since <Moment at={first.waitingSince} />{' '}
      <span className="fact-part">
        <Ago at={first.waitingSince} hasMoment />
      </span>
    </>
  );
}
