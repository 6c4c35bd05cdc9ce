/** A conversation, line by line. */
import { conversationOf } from '../../../src/domain/conversation/conversation.ts';
import type { Message } from '../../../src/domain/conversation/message.ts';
import type { JsonValue } from '../../../src/domain/types.ts';

/**
 * `user: Hi`, or `→ assistant: Hello` for an output. A message without content is only its role, a result names its
 * call (`tool(call_1): 21`), and each call has its own line: `call_1 = save({"celsius":21})`.
 */
function linesOf({ role, content, toolCalls, toolCallId, isOutput, isRefusal }: Message): string[] {
  const author = `${role}${toolCallId === null ? '' : `(${toolCallId})`}${isRefusal ? ' refuses' : ''}`;
  const said = `${isOutput ? '→ ' : ''}${author}${content === null ? '' : `: ${content}`}`;
  return [said, ...toolCalls.map((call) => `${call.id} = ${call.name}(${call.arguments ?? ''})`)];
}

/** Returns null without a conversation. */
export const transcript = (inputs: JsonValue, outputs: JsonValue): string[] | null =>
  conversationOf(inputs, outputs)?.messages.flatMap(linesOf) ?? null;
