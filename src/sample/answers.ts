/** Validates the answer to a waiting step, with the part of JSON Schema that the sample uses. */
import type { AnswerForm, Json, JsonObject } from './definition.ts';
import { isJsonObject, type Problem } from './request.ts';

export const schemaOf = ({ properties, required }: AnswerForm): JsonObject => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...{ type: 'object', properties, required, additionalProperties: false },
});

export function problemsOf(answer: Json, { properties, required }: AnswerForm): readonly Problem[] {
  if (!isJsonObject(answer)) return [{ path: '', message: 'must be an object' }];
  const missing = required.filter((name) => !Object.hasOwn(answer, name));
  return [
    ...missing.map((path) => ({ path, message: 'is required' })),
    ...Object.entries(answer).flatMap(([path, value]) => {
      const type = Object.hasOwn(properties, path) ? properties[path]?.type : undefined;
      if (type === undefined) return [{ path, message: 'is not a member of the answer' }];
      return typeof value === type ? [] : [{ path, message: `must be a ${type}` }];
    }),
  ];
}
