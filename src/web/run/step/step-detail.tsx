/** One step: status, error, facts, inputs and outputs. */
import { graphql } from '../../__generated__/gql.ts';
import AnswerStep from '../../actions/answer-step.tsx';
import { useGatewayQuery } from '../../hooks/gateway-query.ts';
import { Empty, Failure, Loading } from '../../shell/notices.tsx';
import { StatusBadge } from '../../status/status.tsx';
import { ErrorText } from '../error-text.tsx';
import { StepFacts } from './step-facts.tsx';
import { StepPayload } from './step-payload.tsx';

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
        waitingMs
        waitingSince
        availableActions
        durationSource
        clockSkewDetected
        offsetMs
        shareOfRun
        attempt
        attemptCount
        attemptKind
        itemKey
        previousAttempt {
          id
          attempt
          status
          durationMs
          inputsSizeBytes
          outputsSizeBytes
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
          counts {
            totalTokens
            inputTokens
            outputTokens
          }
          model
        }
        estimatedCost {
          amount
          currency
        }
        conversation {
          finishReason
        }
        inputsSizeBytes
        outputsSizeBytes
        metadata
      }
    }
  }
`);

/** Poll interval while the step runs: events of the run don't include the detail fields. */
const ASK_EVERY_MS = 2000;

export interface StepDetailProps {
  readonly workflowId: string;
  readonly runId: string;
  readonly stepId: string;
  /** Version of the run: its end also changes values of finished steps. */
  readonly version: string;
  /** Whether the run is final: a step without an end doesn't change anymore. */
  readonly isFinal: boolean;
}

export default function StepDetail({ workflowId, runId, stepId, version, isFinal }: StepDetailProps) {
  const { value: step, ...query } = useGatewayQuery(STEP_DETAIL, {
    variables: { workflowId, runId, stepId },
    read: (data) => data.run?.step,
    pollInterval: ({ isFinished }) => (isFinished || isFinal ? 0 : ASK_EVERY_MS),
    version,
    fetchPolicy: 'no-cache',
  });

  return (
    <div className="step-detail stack">
      {step && (
        <div className="toolbar">
          <h2 className="mono">
            <bdi>{step.nodeId}</bdi>
          </h2>
          <StatusBadge status={step.status} />
          <AnswerStep
            {...{ workflowId, runId, stepId }}
            isOffered={step.availableActions.includes('RESUME')}
            onAnswered={query.refetch}
          />
        </div>
      )}
      {query.isLoading && <Loading what="the step" />}
      {query.error && !step && <Failure error={query.error} what="step" onRetry={query.refetch} />}
      {!query.isLoading && !step && !query.error && <Empty title="This step isn’t part of the run" />}
      {step && (
        <>
          {step.node?.description != null && <p className="muted">{step.node.description}</p>}
          {step.errorInfo && <ErrorText error={step.errorInfo} label="Error" />}
          {!step.errorInfo && step.status === 'FAILED' && <p className="error-text">No error message</p>}
          <StepFacts step={step} />
          <StepPayload workflowId={workflowId} runId={runId} step={step} />
        </>
      )}
    </div>
  );
}
