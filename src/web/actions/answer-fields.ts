/** Form fields that an answer's JSON Schema describes, and the answer built from their values. */
import { parseExactJson } from '../json/exact-json.ts';

export interface AnswerField {
  readonly name: string;
  readonly type: 'boolean' | 'string' | 'number' | 'integer';
  readonly title: string;
  readonly description: string | null;
  readonly isRequired: boolean;
  /** The allowed values; `null` allows any. */
  readonly options: readonly string[] | null;
}

/** Typed strings by field name. A missing or empty string leaves the field out of the answer. */
export type Texts = Readonly<Record<string, string>>;

export interface FieldProblem {
  /** Name of the field; empty for the whole answer. */
  readonly path: string;
  readonly message: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textIn = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** `null` if a form can't show the whole schema: the answer is then written as JSON. */
export function fieldsOf(schema: unknown): readonly AnswerField[] | null {
  if (!isObject(schema) || schema.type !== 'object' || !isObject(schema.properties)) return null;
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const fields = Object.entries(schema.properties).map(([name, property]) =>
    fieldOf(name, property, required.includes(name)),
  );
  const known = fields.filter((field) => field !== null);
  return known.length === fields.length && known.length > 0 ? known : null;
}

function fieldOf(name: string, property: unknown, isRequired: boolean): AnswerField | null {
  if (!isObject(property)) return null;
  const { type, title, description, enum: allowed } = property;
  const options: readonly unknown[] | null = Array.isArray(allowed) ? allowed : null;
  if (type !== 'boolean' && type !== 'string' && type !== 'number' && type !== 'integer') return null;
  const texts = options?.filter((option) => typeof option === 'string') ?? null;
  if (options && (type !== 'string' || texts?.length !== options.length)) return null;
  return {
    ...{ name, type, isRequired, options: texts },
    title: textIn(title) ?? name,
    description: textIn(description),
  };
}

export interface ReadAnswer {
  readonly answer: unknown;
  readonly problems: readonly FieldProblem[];
}

export function answerOf(fields: readonly AnswerField[], texts: Texts): ReadAnswer {
  const answer: [string, unknown][] = [];
  const problems: FieldProblem[] = [];
  for (const { name, type, isRequired } of fields) {
    const text = texts[name] ?? '';
    if (text === '') {
      if (isRequired) problems.push({ path: name, message: 'is required' });
    } else if (type === 'boolean') answer.push([name, text === 'true']);
    else if (type === 'string') answer.push([name, text]);
    else if (text.trim() === '' || !Number.isFinite(Number(text)))
      problems.push({ path: name, message: 'must be a number' });
    else if (type === 'integer' && !Number.isSafeInteger(Number(text)))
      problems.push({ path: name, message: 'must be an integer' });
    else answer.push([name, Number(text)]);
  }
  return { answer: Object.fromEntries(answer), problems };
}

/** Parses an answer written as JSON. An empty string is no answer. */
export function jsonAnswerOf(text: string): ReadAnswer {
  if (text.trim() === '') return { answer: null, problems: [] };
  const problem = (message: string): ReadAnswer => ({ answer: null, problems: [{ path: '', message }] });
  try {
    const lost: string[] = [];
    const answer = parseExactJson(text, (digits) => lost.push(digits));
    return lost.length === 0
      ? { answer, problems: [] }
      : problem(`A number would be lost or rounded: put ${lost[0]} in quotes.`);
  } catch (error) {
    return problem(`This is not JSON yet: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What the upstream says about the answer, from `extensions.fields` of an error. */
export const problemsIn = (fields: unknown): readonly FieldProblem[] =>
  Array.isArray(fields)
    ? fields.flatMap((field: unknown) =>
        isObject(field) && typeof field.path === 'string' && typeof field.message === 'string'
          ? [{ path: field.path, message: field.message }]
          : [],
      )
    : [];
