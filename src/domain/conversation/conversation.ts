/** Conversation of a model call, read from a step's inputs and outputs in any supported shape. */
import { fieldOf, isJsonArray, isJsonObject } from '../json.ts';
import type { JsonValue } from '../types.ts';
import { refusalOf, systemOf } from './anthropic.ts';
import { MAX_MESSAGES, readMessages, type Drafts } from './envelope.ts';
import { messageOf, type Conversation, type Draft } from './message.ts';
import { modelOf } from './model-name.ts';
import { choicesOf, finishReasonOfChoices } from './openai-chat.ts';
import { finishReasonOfResponse, inputItems, lacksAnswer, outputItems } from './openai-responses.ts';
import { joinStream } from './streams/streams.ts';
import { nameIn, textOf } from './text.ts';

/**
 * Returns null if neither side has a message in a known shape. Never throws. MAX_MESSAGES and MAX_TEXT bound the
 * result. Reasoning is omitted. Images and files become references.
 */
export function conversationOf(inputs: JsonValue, outputs: JsonValue): Conversation | null {
  const answer = joinStream(outputs) ?? outputs;
  const answered = answeredIn(answer);
  const asked = askedIn(inputs, answered.drafts.length > 0 || lacksAnswer(inputs, answer));
  // A plain string is an answer only if the inputs contain messages.
  const plain: readonly Draft[] =
    typeof answer === 'string' && asked.drafts.length > 0 ? [{ role: 'assistant', content: textOf(answer) }] : [];
  const all = [
    ...asked.drafts.map((draft) => ({ draft, isOutput: false })),
    ...[...answered.drafts, ...plain].map((draft) => ({ draft, isOutput: true })),
  ];
  if (all.length === 0) return null;
  const latest = all.slice(-MAX_MESSAGES);
  const omittedMessages = asked.skipped + answered.skipped + all.length - latest.length;
  return {
    messages: latest.map(({ draft, isOutput }, at) => messageOf(draft, omittedMessages + at, isOutput)),
    omittedMessages,
    model: modelOf(inputs, answer),
    finishReason: finishReasonOf(answer),
  };
}

const NONE: Drafts = { drafts: [], skipped: 0 };

function answeredIn(answer: JsonValue): Drafts {
  if (isJsonArray(answer)) return readMessages(answer);
  const shapes = [() => choicesOf(answer), () => outputItems(answer), () => messageIn(answer)];
  for (const shape of shapes) {
    const read = readMessages(shape(), 'assistant');
    if (read.drafts.length > 0) return withRefusal(read, refusalOf(answer));
  }
  return NONE;
}

/** The answer is the message itself or contains it as `message`. */
function messageIn(answer: JsonValue): readonly JsonValue[] {
  const message = fieldOf(answer, 'message');
  const bare = [answer, message].find((each) => isJsonObject(each) && nameIn(each, 'role') !== null);
  return bare === undefined ? [] : [bare];
}

function withRefusal({ drafts, skipped }: Drafts, refusal: string | null): Drafts {
  if (refusal === null) return { drafts, skipped };
  const explanation = refusal === '' ? null : textOf(refusal);
  const explained = (draft: Draft): Draft => {
    const isEmpty = draft.content === null || draft.content === '';
    return { ...draft, content: isEmpty ? explanation : draft.content, isRefusal: true };
  };
  return { drafts: drafts.map(explained), skipped };
}

function askedIn(inputs: JsonValue, isModelCall: boolean): Drafts {
  const messages = isJsonArray(inputs) ? inputs : fieldOf(inputs, 'messages');
  const listed = isJsonArray(messages) ? readMessages(messages) : NONE;
  if (listed.drafts.length === 0) return readMessages(inputItems(inputs, isModelCall));
  return { drafts: [...readMessages(systemOf(inputs)).drafts, ...listed.drafts], skipped: listed.skipped };
}

const finishReasonOf = (answer: JsonValue): string | null =>
  finishReasonOfChoices(answer) ??
  nameIn(answer, 'stop_reason') ??
  nameIn(answer, 'finish_reason') ??
  finishReasonOfResponse(answer);
