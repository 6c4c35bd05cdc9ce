/** Bounded messages of a conversation. */
import { clip, MAX_TEXT } from './text.ts';

export interface ToolCall {
  readonly id: string | null;
  readonly name: string | null;
  /** Usually JSON, but a model may write anything. */
  readonly arguments: string | null;
}

export interface Message {
  /** Position in the conversation, from 0. Omitted messages count. */
  readonly index: number;
  readonly role: string;
  readonly content: string | null;
  readonly toolCalls: readonly ToolCall[];
  /** Id of the call that this message answers, or null. */
  readonly toolCallId: string | null;
  readonly isOutput: boolean;
  readonly isRefusal: boolean;
  /** Whether a string or list of the message is cut. */
  readonly isTruncated: boolean;
}

export interface Conversation {
  readonly messages: readonly Message[];
  /** Number of earlier messages that are left out. */
  readonly omittedMessages: number;
  readonly model: string | null;
  readonly finishReason: string | null;
}

/** A parsed message before its strings are cut. */
export interface Draft {
  readonly role: string;
  readonly content: string | null;
  readonly toolCalls?: readonly ToolCall[];
  readonly toolCallId?: string | null;
  readonly isRefusal?: boolean;
  /** Whether the message was only partly read. */
  readonly isCut?: boolean;
}

/** Limit per message. */
export const MAX_TOOL_CALLS = 100;
const MAX_NAME = 256;

export function messageOf(draft: Draft, index: number, isOutput: boolean): Message {
  let isTruncated = draft.isCut ?? false;
  function bounded(text: string | null, max: number): string | null {
    if (text === null || text.length <= max) return text;
    isTruncated = true;
    return clip(text, max);
  }
  const { role, content, toolCalls = [], toolCallId = null, isRefusal = false } = draft;
  if (toolCalls.length > MAX_TOOL_CALLS) isTruncated = true;
  const message = {
    index,
    role: clip(role, MAX_NAME),
    content: bounded(content, MAX_TEXT),
    toolCalls: toolCalls.slice(0, MAX_TOOL_CALLS).map((call) => ({
      id: bounded(call.id, MAX_NAME),
      name: bounded(call.name, MAX_NAME),
      arguments: bounded(call.arguments, MAX_TEXT),
    })),
    toolCallId: bounded(toolCallId, MAX_NAME),
    isOutput,
    isRefusal,
  };
  return { ...message, isTruncated };
}
