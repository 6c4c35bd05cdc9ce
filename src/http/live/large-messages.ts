/**
 * Large messages of one socket. graphql-ws writes each message as one text, which would hold the event loop: it writes a placeholder
 * in place of a large result, and what is sent for that was written in pieces.
 */
import type { FormattedExecutionResult } from 'graphql';
import { isLarge, jsonInPieces } from '../graphql/answer-bytes.ts';

export interface LargeMessages {
  /** The payload that graphql-ws is to write: the result, or its placeholder. */
  payloadOf(id: string, result: FormattedExecutionResult): Promise<FormattedExecutionResult>;
  /** What is to be sent for a text of graphql-ws: once. */
  take(text: string): string | Buffer;
}

export function createLargeMessages(): LargeMessages {
  /** By the text of their placeholder. */
  const messages = new Map<string, Buffer>();
  let count = 0;

  return {
    async payloadOf(id, result) {
      if (!isLarge(result)) return result;
      const message = await jsonInPieces(result, `{"id":${JSON.stringify(id)},"type":"next","payload":`, '}');
      // A result has data or errors: no other message has this text.
      const placeholder = { extensions: { message: (count += 1) } };
      messages.set(JSON.stringify({ id, type: 'next', payload: placeholder }), message);
      return placeholder;
    },
    take(text) {
      if (messages.size === 0) return text;
      const message = messages.get(text);
      messages.delete(text);
      return message ?? text;
    },
  };
}
