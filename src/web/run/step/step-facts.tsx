/** The facts of a step. */
import { Link } from 'react-router';
import type { StepDetailQuery } from '../../__generated__/graphql.ts';
import { formatDuration } from '../../format/duration.ts';
import { formatCost, formatCount, formatShare } from '../../format/numbers.ts';
import { Ago, Moment, UtcMoment } from '../../time/time.tsx';
import { Fact, Facts } from '../../shell/facts.tsx';
import { useUrl } from '../../url/url.ts';

export type DetailedStep = NonNullable<NonNullable<StepDetailQuery['run']>['step']>;

const KINDS = { FIRST: 'The first', RETRY: 'A retry', ITERATION: 'An iteration' } as const;

export function StepFacts({ step }: { readonly step: DetailedStep }) {
  const url = useUrl();
  return (
    <Facts>
      <Fact name="Duration" hint={`Known from: ${step.durationSource}`}>
        {formatDuration(step.durationMs)}
      </Fact>
      {step.waitingSince != null && (
        <Fact name="Waiting since" hint="For a person or an event">
          <Moment at={step.waitingSince} />{' '}
          <span className="fact-part">
            <Ago at={step.waitingSince} hasMoment />
          </span>
        </Fact>
      )}
      {step.waitingSince == null && step.waitingMs > 0 && (
        <Fact name="Waited" hint="For a person or an event: not part of the duration">
          {formatDuration(step.waitingMs)}
        </Fact>
      )}
      {step.itemKey != null && <Fact name="Item">{step.itemKey}</Fact>}
      <Fact name="Starts at" hint="Since the run's start">
        {formatDuration(step.offsetMs)}
      </Fact>
      <Fact name="Share of run">{formatShare(step.shareOfRun)}</Fact>
      {step.attemptCount > 1 && (
        <Fact name="Attempt" hint={KINDS[step.attemptKind]}>
          {step.attempt} of {step.attemptCount}{' '}
          {step.previousAttempt && (
            <Link to={url.link({ step: step.previousAttempt.id })}>see attempt {step.previousAttempt.attempt}</Link>
          )}
        </Fact>
      )}
      {step.tokenUsage && (
        <Fact name="Tokens">
          {formatCount(step.tokenUsage.counts.totalTokens)}{' '}
          <span className="fact-part">
            {formatCount(step.tokenUsage.counts.inputTokens)} in, {formatCount(step.tokenUsage.counts.outputTokens)} out
          </span>
        </Fact>
      )}
      {/* The conversation shows the model too. */}
      {step.tokenUsage?.model != null && !step.conversation && <Fact name="Model">{step.tokenUsage.model}</Fact>}
      {step.estimatedCost && (
        <Fact name="Cost" hint="Estimated from the model’s list prices">
          {formatCost(step.estimatedCost.amount, step.estimatedCost.currency)}
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
