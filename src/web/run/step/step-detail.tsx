/** One step: how it went, why it failed, what it was given and what it answered. */
import { useEffect } from 'react';
import { useQuery } from '@apollo/client/react';
import { Link } from 'react-router';
import { graphql } from '../../__generated__/gql.ts';
import type { StepDetailQuery } from '../../__generated__/graphql.ts';
import { formatDuration } from '../../format/duration.ts';
import { formatCost, formatCount, formatShare } from '../../format/numbers.ts';
import { Moment, UtcMoment } from '../../format/time.tsx';
import { Fact, Facts } from '../../shell/facts.tsx';
import { Empty, Failure, Loading } from '../../shell/notices.tsx';
import { StatusBadge } from '../../status/status.tsx';
import { useUrlQuery } from '../../url/query.ts';
import { StepError } from './step-error.tsx';
import { StepPayload } from './step-payload.tsx';
import './step-detail.css';

const STEP_DETAIL = graphql(`
  query StepDetail($workflowId: ID!, $runId: ID!, $stepId: ID!) {
    run(workflowId: $workflowId, id: $runId) {
      id
      workflowId
      step(id: $stepId) {
        id
        nodeId
        status
        rawStatus
        isFinished
        startTime
        durationMs
        durationSource
        clockSkewDetected
        offsetMs
        shareOfRun
        attempt
        attemptCount
        attemptKind
        previousAttempt {
          id
        }
        node {
          type
          description
        }
        errorInfo {
          message
          type
          code
          raw
        }
        tokenUsage {
          totalTokens
          inputTokens
          outputTokens
          model
        }
        estimatedCost {
          amount
          currency
          stepsUnpriced
        }
        conversation {
          finishReason
        }
        inputsSizeBytes
        outputsSizeBytes
      }
    }
  }
`);

/** While it runs: the run's own updates don't carry what only a step's detail shows. */
const ASK_EVERY_MS = 2000;

export interface StepDetailProps {
  readonly workflowId: string;
  readonly runId: string;
  readonly stepId: string;
}

export default function StepDetail({ workflowId, runId, stepId }: StepDetailProps) {
  const { data, error, loading, refetch, startPolling, stopPolling } = useQuery(STEP_DETAIL, {
    variables: { workflowId, runId, stepId },
    fetchPolicy: 'no-cache',
  });
  const step = data?.run?.step;
  usePolling(step?.isFinished === false, startPolling, stopPolling);

  return (
    <div className="step-detail">
      {step && (
        <div className="step-title">
          <h2 className="mono">
            <bdi>{step.nodeId}</bdi>
          </h2>
          <StatusBadge status={step.status} />
        </div>
      )}
      {loading && !step && <Loading what="the step" />}
      {error && !step && <Failure error={error} what="step" onRetry={() => void refetch()} />}
      {data && !step && !error && <Empty title="This run has no such step" />}
      {step && (
        <>
          {step.node?.description != null && <p className="muted">{step.node.description}</p>}
          <StepError error={step.errorInfo ?? null} hasFailed={step.status === 'FAILED'} />
          <StepFacts step={step} />
          <StepPayload
            workflowId={workflowId}
            runId={runId}
            stepId={stepId}
            hasFailed={step.status === 'FAILED'}
            hasConversation={step.conversation != null}
            inputsSizeBytes={step.inputsSizeBytes}
            outputsSizeBytes={step.outputsSizeBytes}
          />
        </>
      )}
    </div>
  );
}

type Step = NonNullable<NonNullable<StepDetailQuery['run']>['step']>;

const KINDS = { FIRST: 'first', RETRY: 'a retry', ITERATION: 'an iteration' } as const;

function StepFacts({ step }: { readonly step: Step }) {
  const url = useUrlQuery();
  return (
    <Facts>
      <Fact name="Took" hint={`Known from: ${step.durationSource}`}>
        {formatDuration(step.durationMs)}
      </Fact>
      <Fact name="Starts at" hint="Since the run's start">
        {formatDuration(step.offsetMs)}
      </Fact>
      <Fact name="Share of run">{formatShare(step.shareOfRun)}</Fact>
      {step.attemptCount > 1 && (
        <Fact name="Execution">
          {step.attempt}{' '}
          <span className="fact-part">
            of {step.attemptCount}, {KINDS[step.attemptKind]}
          </span>{' '}
          {step.previousAttempt && (
            <Link to={url.with({ step: step.previousAttempt.id, path: null })} preventScrollReset>
              the one before
            </Link>
          )}
        </Fact>
      )}
      {step.tokenUsage && (
        <Fact name="Tokens">
          {formatCount(step.tokenUsage.totalTokens)}{' '}
          <span className="fact-part">
            {formatCount(step.tokenUsage.inputTokens)} in, {formatCount(step.tokenUsage.outputTokens)} out
          </span>
        </Fact>
      )}
      {step.tokenUsage?.model != null && <Fact name="Model">{step.tokenUsage.model}</Fact>}
      {step.estimatedCost && (
        <Fact name="Price" hint="Estimated by the list prices of the model">
          {step.estimatedCost.stepsUnpriced > 0 ? (
            <span className="muted">not known</span>
          ) : (
            formatCost(step.estimatedCost.amount, step.estimatedCost.currency)
          )}
        </Fact>
      )}
      {step.node?.type != null && <Fact name="Kind">{step.node.type}</Fact>}
      <Fact name="Started">
        <Moment at={step.startTime} />
      </Fact>
      {step.startTime != null && (
        <Fact name="Started (UTC)">
          <UtcMoment at={step.startTime} />
        </Fact>
      )}
      {step.status === 'UNKNOWN' && <Fact name="Status upstream">{step.rawStatus}</Fact>}
      {step.clockSkewDetected && <Fact name="Clocks">Its times can’t be right</Fact>}
    </Facts>
  );
}

function usePolling(isWanted: boolean, start: (everyMs: number) => void, stop: () => void): void {
  useEffect(() => {
    if (!isWanted) return undefined;
    start(ASK_EVERY_MS);
    return stop;
  }, [isWanted, start, stop]);
}
