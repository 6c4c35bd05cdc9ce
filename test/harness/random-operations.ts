/** Random queries over a schema: arguments, variables, aliases, fragments, conditions. Nearly all are valid. */
import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLUnionType,
} from 'graphql';

/** A number from 0 to `count` - 1. */
export type Draw = (count: number) => number;
type Composite = GraphQLObjectType | GraphQLUnionType;

export interface RandomOperation {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** graphql-jit 0.8.9 turns such a literal into an expression and evaluates it. */
const CODE_AS_TEXT = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d(() => { throw 1 })()';
const RUN_IDS = ['r1', 'r1', 'r2', 'r3', 'broken', 'missing', '..'];
const MOMENTS = ['2025-03-13T02:41:16Z', '2020-01-01T00:00:00+02:00', 'yesterday'];
const PATHS = [
  'usage.total_tokens',
  'choices[0].message',
  'nothing',
  'a[',
  CODE_AS_TEXT,
  '"\\"\u2028\n',
  '`{"__proto__": 1}`',
];
/** By argument; for the argument `id`, by field. */
const POOLS: Readonly<Record<string, readonly unknown[]>> = {
  workflow: ['wf', 'wf', 'other', 'gone', '..', 7],
  workflowId: ['wf', 'wf', 'wf', 'gone', '..'],
  workflowIds: ['wf', 'other', 'gone'],
  run: RUN_IDS,
  ids: RUN_IDS,
  baseId: ['r1', 'r2', 'r3'],
  headId: ['r1', 'r2', 'r3'],
  step: ['s1', 's2', 'none', 12],
  nodeId: ['model_1', 'send', 'none'],
  first: [1, 2, 3, 20, 100, 0, 101],
  last: [1, 2, 100, 0, 1001],
  buckets: [1, 3, 24, 0],
  after: ['WyJ3b3JrZmxvdyIsIndmIl0', 'x'],
  search: ['wf', 'MAIL', 'nothing', '', CODE_AS_TEXT],
  path: PATHS,
  startedAfter: MOMENTS,
  startedBefore: MOMENTS,
  representations: [
    { __typename: 'Run', workflowId: 'wf', id: 'r1' },
    { __typename: 'Run', workflowId: 'wf' },
    { __typename: 'Step', workflowId: 'wf', runId: 'r1', id: 's2' },
    { __typename: 'Workflow', id: 7 },
    { __typename: 'None' },
    7,
  ],
};
const WRONG: readonly unknown[] = [7, 1.5, 2 ** 40, 'nope', true, [], {}, { unknown: 1 }, [null]];

/** The value of an enum, or a variable: written without quotes. */
class Word {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function toLiteral(value: unknown): string {
  if (value instanceof Word) return value.text;
  if (Array.isArray(value)) return `[${value.map(toLiteral).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${toLiteral(inner)}`)
    .join(', ')} }`;
}

const toJson = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner: unknown) => (inner instanceof Word ? inner.text : inner)));

/** From this depth on, only leaves are selected. */
const MAX_DEPTH = 5;
const MAX_FIELDS = 30;

export function randomOperation(schema: GraphQLSchema, draw: Draw): RandomOperation {
  const declared: string[] = [];
  const variables: Record<string, unknown> = {};
  const fragments: { readonly type: string; readonly name: string; readonly text: string }[] = [];
  let fields = 0;

  function pick<T>(choices: readonly T[]): T {
    const choice = choices[draw(choices.length)];
    if (choice === undefined) throw new Error('expected something to pick from');
    return choice;
  }

  function valueFor(type: GraphQLInputType, pool: string, mayVary: boolean): unknown {
    if (mayVary && draw(4) === 0) return variableFor(type, pool);
    if (!isNonNullType(type) && draw(12) === 0) return null;
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      return Array.from({ length: draw(4) }, () => valueFor(nullable.ofType, pool, mayVary));
    }
    if (isInputObjectType(nullable)) {
      const given = Object.values(nullable.getFields()).filter((field) => isRequiredInputField(field) || draw(2) === 0);
      return Object.fromEntries(given.map((field) => [field.name, valueFor(field.type, field.name, mayVary)]));
    }
    if (isEnumType(nullable)) return new Word(pick(nullable.getValues()).name);
    if (nullable.name === 'Boolean') return draw(2) === 0;
    return pick(POOLS[pool] ?? [1]);
  }

  /** With and without a default; valid, null, invalid or missing. */
  function variableFor(type: GraphQLInputType, pool: string): Word {
    const name = `v${declared.length}`;
    const nullable = String(getNullableType(type));
    const byDefault = ` = ${toLiteral(valueFor(getNullableType(type), pool, false))}`;
    declared.push(
      `$${name}: ${pick([String(type), `${nullable}!`, isNonNullType(type) ? `${nullable}!` : nullable + byDefault])}`,
    );
    const chance = draw(30);
    if (chance === 0) variables[name] = pick(WRONG);
    else if (chance === 1) variables[name] = null;
    else if (chance > 3) variables[name] = toJson(valueFor(type, pool, false));
    return new Word(`$${name}`);
  }

  function argumentsOf({ name, args }: { readonly name: string; readonly args: readonly GraphQLArgument[] }): string {
    const given = args.filter((arg) => isRequiredArgument(arg) || draw(2) === 0);
    const texts = given.map(
      (arg) => `${arg.name}: ${toLiteral(valueFor(arg.type, arg.name === 'id' ? name : arg.name, true))}`,
    );
    return texts.length > 0 ? `(${texts.join(', ')})` : '';
  }

  const condition = (): string =>
    draw(12) === 0 ? ` @${pick(['skip', 'include'])}(if: ${pick(['true', 'false'])})` : '';

  function fieldOf(type: GraphQLObjectType, depth: number): string {
    const isDeep = depth >= MAX_DEPTH || fields >= MAX_FIELDS;
    const all = Object.values(type.getFields());
    const possible = all.filter((field) => !isDeep || isLeafType(getNamedType(field.type)));
    if (possible.length === 0) return '__typename';
    fields += 1;
    const field: GraphQLField<unknown, unknown> = pick(possible);
    // Without an alias, the same field with other arguments would be a conflict.
    const alias = field.args.length > 0 || draw(3) === 0 ? `${pick(['a', 'constructor'])}${fields}: ` : '';
    const named = getNamedType(field.type);
    const inner = isObjectType(named) || isUnionType(named) ? ` ${selectionOf(named, depth + 1)}` : '';
    return `${alias}${field.name}${argumentsOf(field)}${condition()}${inner}`;
  }

  function fragmentOn(type: Composite, depth: number): string {
    const known = fragments.filter((fragment) => fragment.type === type.name);
    if (known.length > 0 && draw(2) === 0) return pick(known).name;
    const text = selectionOf(type, depth);
    const name = `F${fragments.length}`;
    fragments.push({ type: type.name, name, text: `fragment ${name} on ${type.name} ${text}` });
    return name;
  }

  function selectionOf(type: Composite, depth: number): string {
    const selections = Array.from({ length: 1 + draw(depth === 0 ? 2 : 5) }, () => {
      const kind = draw(12);
      if (kind === 0) return '__typename';
      if (kind === 1) return `...${fragmentOn(type, depth)}${condition()}`;
      if (kind > 2 && isObjectType(type)) return fieldOf(type, depth);
      const inner = isUnionType(type) ? pick(type.getTypes()) : type;
      return `... on ${inner.name}${condition()} ${selectionOf(inner, depth)}`;
    });
    return `{ ${selections.join(' ')} }`;
  }

  const query = schema.getQueryType();
  if (!query) throw new Error('expected a schema with queries');
  const selection = selectionOf(query, 0);
  const declarations = declared.length > 0 ? `(${declared.join(', ')})` : '';
  return {
    text: [`query Random${declarations} ${selection}`, ...fragments.map(({ text }) => text)].join('\n'),
    variables,
  };
}
