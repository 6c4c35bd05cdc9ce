/** Messages in the common envelope `{ role, content }`, and items of OpenAI Responses between them. */
import { fieldOf, isJsonObject } from '../json.ts';
import type { JsonObject, JsonValue } from '../types.ts';
import { ANTHROPIC_PARTS } from './anthropic.ts';
import { readContent, type PartReaders } from './content.ts';
import type { Draft } from './message.ts';
import { callsOf, CHAT_PARTS } from './openai-chat.ts';
import { callItemOf, RESPONSES_PARTS } from './openai-responses.ts';
import { nameIn, reference, textOf } from './text.ts';

const READERS: PartReaders = new Map([...CHAT_PARTS, ...RESPONSES_PARTS, ...ANTHROPIC_PARTS]);

/** Maximum number of messages to read from one side. Earlier messages are only counted. */
export const MAX_MESSAGES = 200;

export interface Drafts {
  readonly drafts: readonly Draft[];
  /** Number of unread earlier entries. */
  readonly skipped: number;
}

/** Reads a list of messages or items. Other entries are ignored. */
export function readMessages(list: readonly JsonValue[], defaultRole: string | null = null): Drafts {
  const drafts: Draft[] = [];
  for (const entry of list.slice(-MAX_MESSAGES)) {
    if (!isJsonObject(entry)) continue;
    const role = nameIn(entry, 'role') ?? (isMessage(entry) ? defaultRole : null);
    if (role === null) addItem(drafts, entry);
    else for (const draft of messageDrafts(entry, role)) drafts.push(draft);
  }
  return { drafts, skipped: Math.max(0, list.length - MAX_MESSAGES) };
}

const isMessage = (entry: JsonObject): boolean =>
  ['content', 'tool_calls', 'function_call', 'refusal'].some((key) => Object.hasOwn(entry, key));

/** Tool results inside a message become separate messages: before a user's message, after a model's. */
function messageDrafts(entry: JsonObject, role: string): Draft[] {
  const isModel = role === 'assistant';
  const content = readContent(fieldOf(entry, 'content'), READERS, isModel);
  const refusal = textOf(fieldOf(entry, 'refusal'));
  const toolCalls = [...callsOf(entry), ...content.calls];
  const text = [content.text, refusal].filter((each) => each).join('\n');
  const message: Draft = {
    role,
    content: content.text === null && refusal === null ? heard(entry) : text,
    toolCalls,
    toolCallId: nameIn(entry, 'tool_call_id'),
    isRefusal: content.isRefusal || refusal !== null,
    isCut: content.isCut,
  };
  const results = content.results.map(({ callId, content: result }) => resultDraft(callId, result));
  if (results.length === 0) return [message];
  if (message.content === null && toolCalls.length === 0) return results;
  return isModel ? [message, ...results] : [...results, message];
}

/** Transcript of an audio answer, or a reference to the audio. */
function heard(entry: JsonObject): string | null {
  const audio = fieldOf(entry, 'audio');
  return isJsonObject(audio) ? (nameIn(audio, 'transcript') ?? reference('audio', nameIn(audio, 'id'))) : null;
}

function resultDraft(toolCallId: string | null, content: JsonValue | undefined): Draft {
  const { text, isCut } = readContent(content, READERS, false);
  return { role: 'tool', content: text, toolCallId, isCut };
}

/** A call after a model's message or another call belongs to the same turn of the model. */
function addItem(drafts: Draft[], item: JsonObject): void {
  const read = callItemOf(item);
  if (!read) return;
  const { call, result, made } = read;
  if (call) {
    const turn = drafts.at(-1)?.role === 'assistant' ? drafts.pop() : undefined;
    const content = [turn?.content ?? null, made].filter((each) => each !== null).join('\n');
    drafts.push({
      ...turn,
      role: 'assistant',
      content: turn?.content == null && made === null ? null : content,
      toolCalls: [...(turn?.toolCalls ?? []), call],
    });
  }
  if (result) drafts.push(resultDraft(result.callId, result.content));
}
