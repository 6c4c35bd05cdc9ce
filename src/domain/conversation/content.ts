/** Content of a message: a string or a list of parts. Each vendor's file defines its parts. */
import { fieldOf, isJsonArray, isJsonObject } from '../json.ts';
import type { JsonObject, JsonValue } from '../types.ts';
import type { ToolCall } from './message.ts';
import { MAX_TEXT, nameIn, textOf, unknownReference } from './text.ts';

/** Meaning of a part, or null if it isn't shown, such as reasoning. */
export type Part =
  | { readonly kind: 'text' | 'reference' | 'refusal'; readonly text: string }
  | { readonly kind: 'call'; readonly call: ToolCall }
  | { readonly kind: 'result'; readonly callId: string | null; readonly content: JsonValue | undefined }
  | null;

/** Part readers by `type`. */
export type PartReaders = ReadonlyMap<string, (part: JsonObject) => Part>;

export interface Content {
  readonly text: string | null;
  readonly calls: readonly ToolCall[];
  readonly results: readonly { readonly callId: string | null; readonly content: JsonValue | undefined }[];
  readonly isRefusal: boolean;
  readonly isCut: boolean;
}

const MAX_PARTS = 500;

/**
 * Joins the pieces of a model's text without a separator. Other texts and references get separate lines. Reads at most
 * MAX_PARTS parts, and no text beyond MAX_TEXT characters.
 */
export function readContent(content: JsonValue | undefined, readers: PartReaders, isOneText: boolean): Content {
  const list = isJsonArray(content) ? content : content === undefined || content === null ? [] : [content];
  const calls: ToolCall[] = [];
  const results: { readonly callId: string | null; readonly content: JsonValue | undefined }[] = [];
  let text: string | null = null;
  let wasText = false;
  let isRefusal = false;
  const isCut = list.length > MAX_PARTS;
  for (const each of list.slice(0, MAX_PARTS)) {
    const part = partOf(each, readers);
    if (part === null) continue;
    if (part.kind === 'call') {
      calls.push(part.call);
    } else if (part.kind === 'result') {
      results.push(part);
    } else if (text === null || text.length <= MAX_TEXT) {
      isRefusal ||= part.kind === 'refusal';
      const isText = part.kind !== 'reference';
      const separator: string = text === null || (isOneText && isText && wasText) ? '' : '\n';
      text = `${text ?? ''}${separator}${part.text}`;
      wasText = isText;
    }
  }
  return { text, calls, results, isRefusal, isCut };
}

function partOf(part: JsonValue, readers: PartReaders): Part {
  if (!isJsonObject(part)) return { kind: 'text', text: textOf(part) ?? '' };
  const type = nameIn(part, 'type') ?? '';
  const reader = readers.get(type);
  if (reader) return reader(part);
  if (type.endsWith('_tool_result')) return readers.get('tool_result')?.(part) ?? null;
  const text = fieldOf(part, 'text');
  if (typeof text === 'string') return textPart(text);
  return type === '' ? textPart(textOf(part) ?? '') : { kind: 'reference', text: unknownReference(type, part) };
}

export const textPart = (text: string): Part => ({ kind: 'text', text: textOf(text) ?? '' });
