/** Anthropic messages: the envelope of chat completions, with typed content blocks and a separate `system`. */
import { fieldOf, isJsonArray } from '../json.ts';
import type { JsonObject, JsonValue } from '../types.ts';
import type { Part, PartReaders } from './content.ts';
import { dataReference, linkReference, nameIn, textOf } from './text.ts';

const call = (block: JsonObject): Part => ({
  kind: 'call',
  call: { id: nameIn(block, 'id'), name: nameIn(block, 'name'), arguments: textOf(fieldOf(block, 'input')) },
});
const source = (block: JsonObject): Part => ({ kind: 'reference', text: sourceReference(block) });

export const ANTHROPIC_PARTS: PartReaders = new Map<string, (block: JsonObject) => Part>([
  ['image', source],
  ['document', source],
  ['tool_use', call],
  ['server_tool_use', call],
  ['mcp_tool_use', call],
  [
    'tool_result',
    (block) => ({ kind: 'result', callId: nameIn(block, 'tool_use_id'), content: fieldOf(block, 'content') }),
  ],
  ['thinking', () => null],
  ['redacted_thinking', () => null],
]);

function sourceReference(block: JsonObject): string {
  const kind = nameIn(block, 'type') ?? 'file';
  const from = fieldOf(block, 'source');
  const url = nameIn(from, 'url');
  if (url !== null) return linkReference(kind, url);
  const name = nameIn(block, 'title') ?? nameIn(from, 'file_id') ?? nameIn(from, 'media_type');
  return dataReference(kind, name, fieldOf(from, 'type') === 'base64' ? fieldOf(from, 'data') : undefined);
}

/** Reads `system`: a string or a list of text blocks. */
export function systemOf(inputs: JsonValue): JsonObject[] {
  const system = fieldOf(inputs, 'system');
  return typeof system === 'string' || isJsonArray(system) ? [{ role: 'system', content: system }] : [];
}

/** Reason for a refusal. The content of the same response may be empty. */
export const refusalOf = (answer: JsonValue): string | null =>
  fieldOf(answer, 'stop_reason') === 'refusal' ? (nameIn(fieldOf(answer, 'stop_details'), 'explanation') ?? '') : null;
