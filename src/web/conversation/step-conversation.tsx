/** Conversation between a step and its model, message by message. */
import { useMemo, useState } from 'react';
import { graphql } from '../__generated__/gql.ts';
import { formatCount, NOT_REPORTED } from '../format/numbers.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { Fact, Facts } from '../shell/facts.tsx';
import { Failure, Loading } from '../shell/notices.tsx';
import { Message } from './message.tsx';

const STEP_CONVERSATION = graphql(`
  query StepConversation($workflowId: ID!, $runId: ID!, $stepId: ID!) {
    run(workflowId: $workflowId, id: $runId) {
      id
      workflowId
      step(id: $stepId) {
        id
        conversation {
          model
          finishReason
          omittedMessages
          messages {
            index
            role
            content
            toolCallId
            isOutput
            isRefusal
            isTruncated
            toolCalls {
              id
              name
              arguments
            }
          }
        }
      }
    }
  }
`);

export interface StepConversationProps {
  readonly workflowId: string;
  readonly runId: string;
  readonly stepId: string;
  /** Version of the step's inputs and outputs. */
  readonly version: string;
}

/** Number of latest messages shown at first. */
const SHOWN_AT_FIRST = 20;

export function StepConversation({ workflowId, runId, stepId, version }: StepConversationProps) {
  const { value: conversation, ...query } = useGatewayQuery(STEP_CONVERSATION, {
    variables: { workflowId, runId, stepId },
    read: (data) => data.run?.step?.conversation,
    version,
    fetchPolicy: 'no-cache',
  });
  const [areAllShown, setAreAllShown] = useState(false);
  const messages = useMemo(() => conversation?.messages ?? [], [conversation]);
  const toolNames = useMemo(
    () => new Map(messages.flatMap(({ toolCalls }) => toolCalls).map(({ id, name }) => [id, name])),
    [messages],
  );
  if (query.error && !conversation) return <Failure error={query.error} what="conversation" onRetry={query.refetch} />;
  if (query.isLoading) return <Loading what="the conversation" />;
  if (!conversation) return null;

  const shown = areAllShown ? messages : messages.slice(-SHOWN_AT_FIRST);
  const hidden = messages.length - shown.length;
  return (
    <div className="conversation stack">
      <Facts>
        {conversation.model != null && <Fact name="Model">{conversation.model}</Fact>}
        <Fact name="Finish reason">
          {isCutOff(conversation.finishReason) ? (
            <span className="amber">{conversation.finishReason}: the answer was cut off</span>
          ) : (
            (conversation.finishReason ?? NOT_REPORTED)
          )}
        </Fact>
        <Fact name="Messages">{formatCount(messages.length + conversation.omittedMessages)}</Fact>
      </Facts>
      {conversation.omittedMessages > 0 && (
        <p className="muted">
          {formatCount(conversation.omittedMessages)} earlier messages are left out: the inputs have them.
        </p>
      )}
      {hidden > 0 && (
        <button type="button" onClick={() => setAreAllShown(true)}>
          Show {formatCount(hidden)} earlier messages
        </button>
      )}
      <ol className="stack">
        {shown.map((message) => (
          <Message
            key={message.index}
            message={message}
            toolName={message.toolCallId == null ? null : (toolNames.get(message.toolCallId) ?? null)}
          />
        ))}
      </ol>
    </div>
  );
}

/** The vendors' names for an answer that reached its token limit. */
const isCutOff = (reason: string | null): boolean =>
  reason !== null && ['length', 'max_tokens', 'max_output_tokens'].includes(reason);
