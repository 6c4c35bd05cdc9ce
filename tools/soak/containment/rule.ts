/**
 * The rule that a failure nulls the smallest possible part. graphql-js executes the operation over the healthy
 * answer: a field that needs a failed call throws its error, so nulls and paths follow from the schema.
 */
import {
  execute,
  getNullableType,
  GraphQLError,
  isLeafType,
  isListType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import { createLookAhead, type LookAhead } from '../../../src/graphql/fields/data-requirements.ts';
import { createSchema } from '../../../src/graphql/schema.ts';
import { codesByPlace, placeOf, valueAt, type ExpectedAnswer, type Path, type PlainAnswer } from './answers.ts';
import { historyOf, type Failures } from './failing-calls.ts';
import type { Fault } from '../../../test/harness/quick-faults.ts';
import { createNeededCalls, ID, idsOf, isFields, type Fields, type RunIds } from './needed-calls.ts';
import { semanticLevels } from './semantic-levels.ts';

export interface Replay {
  /** As `withIds` writes it. */
  readonly text: string;
  readonly variables: Fields;
  readonly failures: Failures;
  readonly healthy: PlainAnswer;
  /** The answer without any listed workflow. Fields that are derived without a graph have these values. */
  readonly withoutGraph: PlainAnswer;
}

export type ContainmentRule = (replay: Replay) => Promise<ExpectedAnswer>;

/** With several codes, either error may be reported. */
class ExpectedError extends Error {
  readonly codes: readonly string[];
  constructor(codes: readonly string[]) {
    super(codes.join(' or '));
    this.codes = codes;
  }
}

/** The context of the execution. */
interface Walk {
  resolve(source: Fields, args: Fields, info: GraphQLResolveInfo): unknown;
  readonly typeNames: WeakMap<object, string>;
}

export function createContainmentRule(): ContainmentRule {
  const schema = createSchema();
  const requirement = createLookAhead(schema);
  resolveByWalk(schema);

  return async (replay) => {
    const { data, errors = [] } = await execute({
      schema,
      document: parse(replay.text),
      rootValue: replay.healthy.data,
      variableValues: replay.variables,
      contextValue: createWalk(replay, requirement),
    });
    const expected = new Map<string, readonly string[]>();
    for (const { path = [], originalError } of errors) {
      const place = placeOf(data, path);
      expected.set(place, [...(expected.get(place) ?? []), ...codesIn(originalError)]);
    }
    return { data, errors: expected };
  };
}

function codesIn(error: Error | undefined): readonly string[] {
  // An argument whose variable is unset is graphql-js' own error.
  if (error instanceof GraphQLError) return ['BAD_USER_INPUT'];
  if (error instanceof ExpectedError) return error.codes;
  throw error ?? new Error('expected an error of the rule');
}

function resolveByWalk(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isLeafType(type) && !isSpecifiedScalarType(type)) Object.assign(type, { serialize: (value: unknown) => value });
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      field.resolve = (source, args, walk, info) => (walk as Walk).resolve(source as Fields, args as Fields, info);
    }
  }
  const resolveType = (value: object, walk: unknown) => (walk as Walk).typeNames.get(value);
  Object.assign(schema.getType('_Entity') ?? {}, { resolveType });
}

function createWalk({ failures, healthy, withoutGraph }: Replay, requirement: LookAhead): Walk {
  const typeNames = new WeakMap<object, string>();
  const runsOfStatistics = new WeakMap<object, readonly RunIds[]>();
  const unknownRuns = new WeakMap<object, Fault>();
  const needed = createNeededCalls(failures, requirement, { runsOfStatistics, unknownRuns });
  /** Places below which the answer without a graph applies. */
  const graphless = new Set<string>();
  const [allCodes, allCodesWithoutGraph] = [codesByPlace(healthy), codesByPlace(withoutGraph)];
  const listsWorkflows = !failures.has('workflows');

  function codesAt(path: Path): readonly string[] {
    const isGraphless = path.some((_, end) => graphless.has(JSON.stringify(path.slice(0, end))));
    return (isGraphless ? allCodesWithoutGraph : allCodes).get(JSON.stringify(path)) ?? [];
  }

  /** All runs start at the same time, so a trend has one part, which has no runs if its window is empty. */
  function rememberRuns(source: Fields, args: Fields, value: Fields, info: GraphQLResolveInfo): void {
    if (!['statistics', 'trend'].includes(info.fieldName)) return;
    const workflowId = String(source[ID]);
    const { startedAfter, startedBefore } = args;
    const isEmpty = startedBefore != null && JSON.stringify(startedAfter) === JSON.stringify(startedBefore);
    const runIds = isEmpty ? [] : historyOf(workflowId).slice(0, Number(args.last));
    runsOfStatistics.set(
      value,
      runIds.map((runId) => ({ workflowId, runId })),
    );
  }

  function remember(source: Fields, args: Fields, value: Fields, info: GraphQLResolveInfo): void {
    rememberRuns(source, args, value, info);
    if (info.parentType.name !== 'ExecuteWorkflowPayload') return;
    const [unknown] = needed.ofRun(idsOf(value), info);
    if (unknown) unknownRuns.set(value, unknown);
  }

  function itemOf(item: unknown, index: number, path: Path, args: Fields, info: GraphQLResolveInfo): unknown {
    const key = info.fieldName === '_entities' && (args.representations as readonly unknown[])[index];
    if (key && isFields(key) && isFields(item)) typeNames.set(item, String(key.__typename));
    const codes = [...codesOf(needed.ofItem(item, index, args, info)), ...codesAt([...path, index])];
    return codes.length > 0 ? new ExpectedError(codes) : item;
  }

  return {
    typeNames,
    resolve(source, args, info) {
      const path = pathOf(info.path);
      let value: unknown = source[String(info.path.key)] ?? null;
      const codes = [...codesOf(needed.ofField(source, args, value, info)), ...codesAt(path)];
      if (codes.length > 0) throw new ExpectedError(codes);
      const field = info.parentType.getFields()[info.fieldName];
      const isNullByErrorOnly = field !== undefined && semanticLevels(info.schema, field).includes(0);
      if (value === null && isNullByErrorOnly) throw new Error(`${path.join('.')} is null without an error`);
      const needsGraph = info.parentType.name === 'Run' && ['criticalPath', 'progress'].includes(info.fieldName);
      if (needsGraph && !listsWorkflows && value !== null) {
        graphless.add(JSON.stringify(path));
        value = valueAt(withoutGraph.data, path);
      }
      if (isFields(value)) remember(source, args, value, info);
      if (!Array.isArray(value) || !isListType(getNullableType(info.returnType))) return value;
      for (const item of value) if (isFields(item)) rememberRuns(source, args, item, info);
      return value.map((item, index) => itemOf(item, index, path, args, info));
    },
  };
}

const codesOf = (faults: readonly Fault[]): string[] => faults.map(({ code }) => code);

function pathOf(path: GraphQLResolveInfo['path']): Path {
  return path.prev ? [...pathOf(path.prev), path.key] : [path.key];
}
