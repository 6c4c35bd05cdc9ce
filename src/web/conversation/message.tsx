/** One message of a conversation: role, content as Markdown, and tool calls. */
import { useState } from 'react';
import type { StepConversationQuery } from '../__generated__/graphql.ts';
import { formatCount } from '../format/numbers.ts';
import { CornerDownRight, Wrench } from '../shell/icons.tsx';
import { Hinted } from '../shell/hinted.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import { prettyJson } from '../json/exact-json.ts';
import { isRendered } from './rendering.ts';

const Markdown = lazyPart(() => import('./markdown.tsx'), 'the text');

type Conversation = NonNullable<NonNullable<NonNullable<StepConversationQuery['run']>['step']>['conversation']>;
export type ConversationMessage = Conversation['messages'][number];
type ToolCall = ConversationMessage['toolCalls'][number];

export interface MessageProps {
  readonly message: ConversationMessage;
  /** Name of the tool whose result this message is. */
  readonly toolName: string | null;
}

export function Message({ message, toolName }: MessageProps) {
  const { role, content, toolCalls, toolCallId, isOutput, isRefusal, isTruncated } = message;
  const isResult = toolCallId != null;
  return (
    <li className={isOutput ? 'chat-message stack is-output' : 'chat-message stack'}>
      <p className="chat-head toolbar small">
        {isResult && <CornerDownRight />}
        <strong>{role}</strong>
        {isResult && (
          <span>
            result of <bdi className="mono">{toolName ?? toolCallId}</bdi>
          </span>
        )}
        {isOutput && <span className="tag">Answer</span>}
        {isRefusal && <span className="tag bad">Refusal</span>}
        {isTruncated && (
          <span className="tag">
            <Hinted hint="The raw JSON has all of it">Cut short</Hinted>
          </span>
        )}
      </p>
      {content != null && content !== '' && <Content text={content} isResult={isResult} />}
      {toolCalls.map((call, index) => (
        <Call key={index} call={call} />
      ))}
      {(content == null || content === '') && toolCalls.length === 0 && <p className="muted">No text</p>}
    </li>
  );
}

const SHOWN_AT_FIRST = 3000;

function Content({ text, isResult }: { readonly text: string; readonly isResult: boolean }) {
  const [isWhole, setIsWhole] = useState(false);
  const isLong = text.length > SHOWN_AT_FIRST;
  const shown = isWhole || !isLong ? text : `${text.slice(0, SHOWN_AT_FIRST)}…`;
  const json = isResult || shown.startsWith('{') || shown.startsWith('[') ? prettyJson(shown) : null;
  const isPlain = json !== null || !isRendered(shown);
  return (
    <>
      {isPlain ? (
        <pre className="text-box" tabIndex={0} aria-label="Message">
          {json ?? shown}
        </pre>
      ) : (
        <Markdown text={shown} />
      )}
      {isLong && (
        <button type="button" className="quiet" aria-expanded={isWhole} onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? 'Show less' : `Show all ${formatCount(text.length)} characters`}
        </button>
      )}
    </>
  );
}

function Call({ call }: { readonly call: ToolCall }) {
  const text = call.arguments ?? '';
  return (
    <details open={text.length < 600}>
      <summary className="inline">
        <Wrench className="muted" /> Calls <bdi className="mono">{call.name ?? 'an unnamed tool'}</bdi>
      </summary>
      {text !== '' && (
        <pre className="text-box" tabIndex={0} aria-label="Arguments">
          {prettyJson(text) ?? text}
        </pre>
      )}
    </details>
  );
}
