/** Arguments and variables of random operations: good ones, bad ones, and those that are left out. */
import {
  getNullableType,
  GraphQLID,
  GraphQLNonNull,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
} from 'graphql';
import { workflowCursor } from '../../src/graphql/lists/cursors.ts';

/** A number from 0 to below `count`. */
export type Draw = (count: number) => number;

export const pick = <T>(draw: Draw, choices: readonly T[]): T => {
  const choice = choices[draw(choices.length)];
  if (choice === undefined) throw new Error('expected something to pick from');
  return choice;
};

/** graphql-jit 0.8.9 turns such a literal into an expression and runs it. */
export const CODE_AS_TEXT = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d(() => { throw 1 })()';

const RUN_IDS = ['r1', 'r1', 'r1', 'r2', 'r2', 'r3', 'missing', 'broken', 'gone', 'down', '..'];
/** Where both fail, either error is told: so they fail alike. */
const COMPARED_IDS = ['r1', 'r1', 'r2', 'r3', 'missing', 'gone', '..'];
const MOMENTS = ['2025-03-13T02:41:16Z', '2020-01-01T00:00:00+02:00', 'yesterday'];

/** By argument; the argument `id` goes by its field. */
const POOLS: Readonly<Record<string, readonly unknown[]>> = {
  workflow: ['wf', 'wf', 'wf', 'other', 'gone', '..', 7],
  workflowId: ['wf', 'wf', 'wf', 'wf', 'gone', '..'],
  run: RUN_IDS,
  ids: RUN_IDS,
  workflowIds: ['wf', 'wf', 'other', 'gone', '..'],
  buckets: [1, 3, 24, 0, 101],
  baseId: COMPARED_IDS,
  headId: COMPARED_IDS,
  step: ['s1', 's2', 's3', 'zzz', 12],
  nodeId: ['model_1', 'send', 'zzz'],
  first: [1, 2, 3, 20, 100, 0, -1, 101],
  last: [1, 2, 100, 0, 1001],
  after: [workflowCursor('wf'), 'x'],
  search: ['wf', 'MAIL', 'nothing', '', CODE_AS_TEXT],
  path: ['usage.total_tokens', 'choices[0].message', 'nothing', 'a[', CODE_AS_TEXT, '"\\"\u2028\n'],
  startedAfter: MOMENTS,
  startedBefore: MOMENTS,
};

const REPRESENTATIONS: readonly unknown[] = [
  { __typename: 'Run', workflowId: 'wf', id: 'r1' },
  { __typename: 'Run', workflowId: 'wf', id: 'missing' },
  { __typename: 'Run', workflowId: 'wf' },
  { __typename: 'Step', workflowId: 'wf', runId: 'r1', id: 's2' },
  { __typename: 'Step', workflowId: 'wf', runId: 'r2', id: 'zzz' },
  { __typename: 'Workflow', id: 'wf', name: 'not a key' },
  { __typename: 'Workflow', id: 7 },
  { __typename: CODE_AS_TEXT },
  7,
];

const WRONG: readonly unknown[] = [
  7,
  1.5,
  2 ** 40,
  'nope',
  true,
  [],
  {},
  { unknown: 1 },
  [null],
  [[1]],
  { field: 'NOPE' },
];

/** What an argument or an input field takes. */
interface Place {
  readonly type: GraphQLInputType;
  /** The key of its pool of values. */
  readonly pool: string;
  readonly hasDefault: boolean;
}

type Input = GraphQLArgument | GraphQLInputField;

const placeOf = ({ type, name, defaultValue }: Input, field = ''): Place => ({
  type,
  pool: name === 'id' ? field : name,
  hasDefault: defaultValue !== undefined,
});

const isRequired = ({ type, defaultValue }: Input): boolean => isNonNullType(type) && defaultValue === undefined;

const nonNull = ({ type, ...place }: Place): Place => ({ ...place, type: new GraphQLNonNull(getNullableType(type)) });

/** An enum's value or a variable: text without quotes in a document. */
class Word {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const toJson = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner: unknown) => (inner instanceof Word ? inner.text : inner)));

function toLiteral(value: unknown): string {
  if (value instanceof Word) return value.text;
  if (Array.isArray(value)) return `[${value.map(toLiteral).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${toLiteral(inner)}`)
    .join(', ')} }`;
}

export interface RandomInputs {
  /** The arguments of a field, with their brackets; empty if there are none. */
  argumentsOf(field: { readonly name: string; readonly args: readonly GraphQLArgument[] }): string;
  /** The declarations of the variables that were used, with their brackets; empty if there are none. */
  declarations(): string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly otherVariables: Readonly<Record<string, unknown>>;
}

export function createRandomInputs(draw: Draw): RandomInputs {
  const declared = new Map<string, string>();
  const variables: Record<string, unknown> = {};
  const otherVariables: Record<string, unknown> = {};

  /** Mostly of the place's type; parts of it may be variables. */
  function valueFor(place: Place, mayVary: boolean): unknown {
    const { type, pool } = place;
    if (mayVary && draw(4) === 0) return variableFor(place);
    if (!isNonNullType(type) && draw(12) === 0) return null;
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const item: Place = { type: nullable.ofType, pool, hasDefault: false };
      if (draw(6) === 0) return valueFor(item, mayVary);
      return Array.from({ length: draw(4) }, () => valueFor(item, mayVary));
    }
    if (isInputObjectType(nullable)) {
      const fields = Object.values(nullable.getFields()).filter((field) => isRequired(field) || draw(2) === 0);
      return Object.fromEntries(fields.map((field) => [field.name, valueFor(placeOf(field), mayVary)]));
    }
    if (isEnumType(nullable)) return new Word(pick(draw, nullable.getValues()).name);
    if (nullable.name === 'Boolean') return draw(2) === 0;
    if (nullable.name !== '_Any') return pick(draw, POOLS[pool] ?? [1]);
    const representation = pick(draw, REPRESENTATIONS);
    const id: Place = { type: GraphQLID, pool: 'run', hasDefault: false };
    return mayVary && typeof representation === 'object' && draw(3) === 0
      ? { ...representation, id: variableFor(id) }
      : representation;
  }

  /** A variable that validation allows at this place: with and without a default, given, null, wrong or left out. */
  function variableFor(place: Place): Word {
    const known = [...declared].filter(([, type]) => type === String(place.type));
    if (known.length > 0 && draw(4) === 0) return new Word(`$${pick(draw, known)[0]}`);
    const name = `${pick(draw, ['v', 'some_id_', '_'])}${declared.size}`;
    const nullable = String(getNullableType(place.type));
    const byDefault = toLiteral(valueFor(nonNull(place), false));
    const mayBeNull = !isNonNullType(place.type) || place.hasDefault;
    const type = pick(draw, [
      String(place.type),
      String(place.type),
      mayBeNull ? nullable : `${nullable}!`,
      `${nullable}!`,
      `${nullable} = ${byDefault}`,
      `${nullable}! = ${byDefault}`,
    ]);
    declared.set(name, type);
    for (const values of [variables, otherVariables]) {
      const chance = draw(40);
      if (chance === 0) values[name] = pick(draw, WRONG);
      else if (chance === 1) values[name] = null;
      else if (chance > (type.endsWith('!') ? 2 : 10)) values[name] = toJson(valueFor(nonNull(place), false));
    }
    return new Word(`$${name}`);
  }

  return {
    argumentsOf({ name, args }) {
      const given = args.filter((arg) => isRequired(arg) || draw(2) === 0);
      if (given.length === 0) return '';
      return `(${given.map((arg) => `${arg.name}: ${toLiteral(valueFor(placeOf(arg, name), true))}`).join(', ')})`;
    },
    declarations: () =>
      declared.size === 0 ? '' : `(${[...declared].map(([name, type]) => `$${name}: ${type}`).join(', ')})`,
    variables,
    otherVariables,
  };
}
