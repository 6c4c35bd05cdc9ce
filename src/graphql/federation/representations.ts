/** Entity references from a federation router: a type and its key fields. */
import { GatewayError } from '../../upstream/errors.ts';
import { isRecord, kindOf } from '../json-kinds.ts';

/** Types that other subgraphs may refer to, with the key fields of `@key` in the schema. */
export const KEYS = {
  Workflow: ['id'],
  Run: ['workflowId', 'id'],
  Step: ['workflowId', 'runId', 'id'],
} as const;

/** Limit per list. */
export const MAX_ENTITIES = 1000;

export type EntityName = keyof typeof KEYS;

export type Representation = {
  readonly [Name in EntityName]: { readonly __typename: Name } & Readonly<Record<(typeof KEYS)[Name][number], string>>;
}[EntityName];

/** Throws BAD_USER_INPUT for an invalid reference. Fields outside the key are ignored. */
export function readRepresentation(value: unknown): Representation {
  const given = isRecord(value) ? value : fail(`must be an object with __typename and its key, got ${kindOf(value)}`);
  const { __typename } = given;
  if (!isEntityName(__typename)) {
    const got = typeof __typename === 'string' ? JSON.stringify(__typename.slice(0, 100)) : kindOf(__typename);
    return fail(`must have the __typename ${Object.keys(KEYS).join(', ')}, got ${got}`);
  }
  const keys = KEYS[__typename].map((name) => [name, readId(__typename, name, given[name])]);
  return { __typename, ...Object.fromEntries(keys) } as Representation;
}

/** Accepts strings and whole numbers, as the type ID does. */
function readId(typeName: EntityName, name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (Number.isSafeInteger(value)) return String(value);
  return fail(
    `must name ${typeName} by its key { ${KEYS[typeName].join(' ')} }, each an ID, got ${kindOf(value)} for ${name}`,
  );
}

function fail(sentence: string): never {
  throw new GatewayError('BAD_USER_INPUT', `A representation ${sentence}.`);
}

const isEntityName = (name: unknown): name is EntityName => typeof name === 'string' && Object.hasOwn(KEYS, name);
