/** JSON and conversations as strings for a line diff: a changed value is a changed line. */
import { prettyJson } from '../json/exact-json.ts';

/** Empty for `null` or `undefined`. Keys are sorted, because their order has no meaning. */
export function jsonText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  const text = JSON.stringify(value, (_, inner: unknown) => (isObject(inner) ? sorted(inner) : inner), 2);
  // A line break follows each `\n` of a string, so that long strings are compared line by line.
  return text.replaceAll(/(?<!\\)((?:\\\\)*)\\n/g, '$1\\n\n');
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sorted = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

interface Conversation {
  readonly messages: readonly {
    readonly role: string;
    readonly content: string | null;
    readonly isOutput: boolean;
    readonly toolCalls: readonly { readonly name: string | null; readonly arguments: string | null }[];
  }[];
}

/** Messages of the model's answer or of its prompt. */
export function conversationText(conversation: Conversation | null, isOutput: boolean): string {
  const messages = (conversation?.messages ?? []).filter((message) => message.isOutput === isOutput);
  return messages
    .flatMap(({ role, content, toolCalls }) => [
      `[${role}]`,
      ...(content === null ? [] : [prettyJson(content) ?? content]),
      ...toolCalls.map((call) => `calls ${call.name ?? 'a tool'}(${call.arguments ?? ''})`),
      '',
    ])
    .join('\n');
}
