/** Texts that a model receives in each call, whatever the user asks. */
import { fieldOf, isJsonArray, isJsonObject } from '../json.ts';
import type { JsonObject, JsonValue } from '../types.ts';
import { systemOf } from './anthropic.ts';
import { readMessages } from './envelope.ts';
import { nameIn } from './text.ts';

/** Fields of inputs that hold such a text: `instructions` of OpenAI responses, and names that engines use for templates. */
const TEXT_FIELDS = ['instructions', 'system_prompt', 'prompt_template', 'template'];

/** The texts of system and developer messages, and of templates. Messages of users and models are not read. */
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

/** A prompt that OpenAI stores: its name and version stand for its text. */
function storedPrompt(inputs: JsonValue): string[] {
  const prompt = fieldOf(inputs, 'prompt');
  const id = nameIn(prompt, 'id');
  return id === null ? [] : [[id, nameIn(prompt, 'version')].filter((part) => part !== null).join(' ')];
}
