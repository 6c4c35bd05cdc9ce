/** Name of the model that a step ran. */
import type { JsonValue } from '../types.ts';
import { clip, nameIn } from './text.ts';

const MAX_MODEL_NAME = 256;

/** `outputs.model` names the model that answered, `inputs.model` the requested model. Null if neither is a string. */
export function modelOf(inputs: JsonValue, outputs: JsonValue): string | null {
  const model = nameIn(outputs, 'model') ?? nameIn(inputs, 'model');
  if (model === null || model.length <= MAX_MODEL_NAME) return model;
  // A slice would keep the whole string in memory, and the name is cached.
  return Buffer.from(clip(model, MAX_MODEL_NAME)).toString();
}
