/** Instructions that a model receives in every call, independent of the user's question. */
import { fieldOf, isJsonArray, isJsonObject } from '../json.ts';
import type { JsonObject, JsonValue } from '../types.ts';
import { systemOf } from './anthropic.ts';
import { readMessages } from './envelope.ts';
import { nameIn } from './text.ts';

/** Input fields with instructions: `instructions` of OpenAI Responses, and template fields of engines. */
const TEXT_FIELDS = ['instructions', 'system_prompt', 'prompt_template', 'template'];

/** Returns system messages, developer messages and templates. Messages of users and models are ignored. */
export function instructionsOf(inputs: JsonValue): string[] {
  const lists = [inputs, fieldOf(inputs, 'messages'), fieldOf(inputs, 'input')].filter(isJsonArray);
  const texts = TEXT_FIELDS.map((field) => nameIn(inputs, field)).filter((text) => text !== null);
  const messages = [
    ...systemOf(inputs),
    ...[...texts, ...storedPrompt(inputs)].map((content) => ({ role: 'system', content })),
    ...lists.flatMap((list) => list.filter(isInstruction)),
  ];
  return readMessages(messages).drafts.flatMap(({ content }) => content ?? []);
}

const isInstruction = (entry: JsonValue): entry is JsonObject =>
  isJsonObject(entry) && (entry.role === 'system' || entry.role === 'developer');

/** OpenAI can store prompts. The id and version then replace the text. */
function storedPrompt(inputs: JsonValue): string[] {
  const prompt = fieldOf(inputs, 'prompt');
  const id = nameIn(prompt, 'id');
  return id === null ? [] : [[id, nameIn(prompt, 'version')].filter((part) => part !== null).join(' ')];
}
