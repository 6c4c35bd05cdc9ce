/** What is wrong with a tool's arguments: which one, what it must be, and what it was. */
import type { Ajv } from '@modelcontextprotocol/server/validators/ajv';
import { nearestOf } from '../../config/misspelled.ts';
import type { JsonSchema } from '../../graphql/tools/input-schema.ts';

/** With the option `verbose`, an error has the value and its schema. */
type SchemaError = NonNullable<ReturnType<InstanceType<typeof Ajv>['compile']>['errors']>[number];

/** One sentence about an invalid argument, beginning with its name. */
export function argumentProblem({ keyword, instancePath, params, parentSchema = {}, data, message = '' }: SchemaError) {
  const path = nameOf(instancePath);
  const inside = path === '' ? '' : `${path}.`;
  const properties = (parentSchema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  switch (keyword) {
    case 'required': {
      const missing = String(params.missingProperty);
      const { description = '' } = properties[missing] ?? {};
      const given = Object.keys(data as object).slice(0, MAX_COMPARED);
      const misspelled = given.find((name) => nearestOf(name, [missing]));
      const came = misspelled === undefined ? 'nothing' : `${excerpt(misspelled)} in its place`;
      return `${inside}${missing} must be ${expected(properties[missing])}, got ${came}. ${String(description)}`.trim();
    }
    case 'additionalProperties': {
      const unknown = String(params.additionalProperty);
      const names = Object.keys(properties);
      const meant = nearestOf(unknown, names);
      const hint = meant === undefined ? `The names are ${names.join(', ')}.` : `Did you mean ${meant}?`;
      return `${inside}${excerpt(unknown)} is not an argument. ${hint}`;
    }
    case 'maxItems':
      return `${path} must have at most ${String(params.limit)} items, got ${(data as readonly unknown[]).length}.`;
    case 'type':
    case 'enum':
    case 'minimum':
    case 'maximum':
      return `${path} must be ${expected(parentSchema)}, got ${got(data)}.`;
    default:
      return `${path} ${message}, got ${got(data)}.`;
  }
}

/** Converts `/inputs/0/path` to `inputs[0].path`. */
const nameOf = (instancePath: string): string =>
  instancePath
    .slice(1)
    .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');

const TYPES: Readonly<Record<string, string>> = {
  ...{ string: 'a string', integer: 'an integer', number: 'a number', boolean: 'true or false' },
  ...{ array: 'a list', object: 'an object' },
};

function expected({ type, enum: values, minimum, maximum }: JsonSchema = {}): string {
  if (Array.isArray(values)) return `one of ${values.join(', ')}`;
  const range = typeof minimum === 'number' && typeof maximum === 'number' ? ` from ${minimum} to ${maximum}` : '';
  return `${TYPES[String(type)] ?? 'JSON'}${range}`;
}

function got(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(excerpt(value));
  if (Array.isArray(value)) return `a list of ${value.length} items`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

const MAX_LENGTH = 60;
/** Number of names to check for typos: a message of a megabyte has a hundred thousand. */
const MAX_COMPARED = 20;

/** Shortens a string from the client that is quoted back. */
export const excerpt = (text: string): string =>
  text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH).toWellFormed()}…`;
