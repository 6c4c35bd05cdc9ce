/**
 * The rule that a failure nulls the smallest thing that depends on it. It executes the operation once more, by graphql-js, over
 * the answer that came without the failures: a field that depends on a failed call throws its error, every other one has its
 * value. Nulls and paths then follow from the schema alone.
 */
import {
  execute,
  getNullableType,
  GraphQLError,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { createLookAhead, type LookAhead } from '../../src/graphql/fields/data-requirements.ts';
import { entryOf } from '../../src/graphql/fields/field-entry.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { callOf, hasRecord, historyOf, leavesToSteps, type Failures, type Fault } from './failing-calls.ts';

export interface PlainError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code?: unknown };
}

export interface PlainAnswer {
  readonly data: unknown;
  readonly errors: readonly PlainError[];
}

interface RunIds {
  readonly workflowId: string;
  readonly runId: string;
}

type Fields = Readonly<Record<string, unknown>>;
type Faults = readonly Fault[];

/** More than one code: either error may be told. */
class ExpectedError extends Error {
  readonly codes: readonly string[];
  constructor(...codes: readonly string[]) {
    super(codes.join(' or '));
    this.codes = codes;
  }
}

/** Names by which each workflow and run tells what it is. */
const ID = 'xid';
const WORKFLOW_ID = 'xwf';

/** The same operation, in which each workflow and run also tells its ids. */
export function withIds(schema: GraphQLSchema, text: string): string {
  const typeInfo = new TypeInfo(schema);
  const fields = (source: string) => {
    const [definition] = parse(`{ ${source} }`).definitions;
    return definition && 'selectionSet' in definition ? (definition.selectionSet as SelectionSetNode).selections : [];
  };
  const added: Readonly<Record<string, ReturnType<typeof fields>>> = {
    Workflow: fields(`${ID}: id`),
    Run: fields(`${ID}: id ${WORKFLOW_ID}: workflowId`),
  };
  const document = visit(
    parse(text),
    visitWithTypeInfo(typeInfo, {
      SelectionSet: {
        leave: (node) => ({
          ...node,
          selections: [...node.selections, ...(added[typeInfo.getParentType()?.name ?? ''] ?? [])],
        }),
      },
    }),
  );
  return print(document);
}

export interface Replay {
  readonly text: string;
  readonly variables: Fields;
  readonly failures: Failures;
  readonly healthy: PlainAnswer;
  /** The answer where no workflow is listed: what is derived without a graph has the values of this one. */
  readonly withoutGraph: PlainAnswer;
}

export type ExpectedAnswer = (replay: Replay) => Promise<{ readonly data: unknown; readonly errors: ExpectedErrors }>;
/** By the place that an error nulls: the codes of which one must be told. */
export type ExpectedErrors = ReadonlyMap<string, readonly string[]>;

export function createContainmentRule(): ExpectedAnswer {
  const schema = createSchema();
  const requirement = createLookAhead(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || isInterfaceType(type)) continue;
    if (isLeafType(type) && !isSpecifiedScalarType(type)) Object.assign(type, { serialize: (value: unknown) => value });
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      field.resolve = (source, args, context, info) =>
        (context as Walk).resolve(source as Fields, args as Fields, info);
    }
  }
  const union = schema.getType('_Entity');
  Object.assign(union ?? {}, {
    resolveType: (value: object, context: unknown) => (context as Walk).typeNames.get(value),
  });

  return async (replay) => {
    const walk = createWalk(replay, requirement);
    const result = await execute({
      schema,
      document: parse(replay.text),
      rootValue: replay.healthy.data,
      variableValues: replay.variables,
      contextValue: walk,
    });
    const errors = (result.errors ?? []).map(({ path, originalError }) => {
      // An argument whose variable gives no value is graphql-js' own error.
      if (originalError instanceof GraphQLError) return { path: path ?? [], codes: ['BAD_USER_INPUT'] };
      if (originalError instanceof ExpectedError) return { path: path ?? [], codes: originalError.codes };
      throw originalError;
    });
    const expected = new Map<string, readonly string[]>();
    for (const { path, codes } of errors) {
      const place = placeOf(result.data, path);
      expected.set(place, [...(expected.get(place) ?? []), ...codes]);
    }
    return { data: result.data, errors: expected };
  };
}

interface Walk {
  resolve(source: Fields, args: Fields, info: GraphQLResolveInfo): unknown;
  readonly typeNames: WeakMap<object, string>;
}

function createWalk({ failures, healthy, withoutGraph }: Replay, requirement: LookAhead): Walk {
  const typeNames = new WeakMap<object, string>();
  const runsOfStatistics = new WeakMap<object, readonly RunIds[]>();
  /** Runs of which only the ids are known. */
  const unknownRuns = new WeakMap<object, Fault>();
  const graphless = new Set<string>();
  const told = errorsByPath(healthy);
  const toldWithoutGraph = errorsByPath(withoutGraph);

  const fault = (...call: Parameters<typeof callOf>): Fault | undefined => failures.get(callOf(...call));
  const workflowsFault = fault('workflows');

  /** Why a run can't be had whose record must be loaded. */
  const byIdFault = ({ workflowId, runId }: RunIds, info: GraphQLResolveInfo): Fault | undefined =>
    fault('run', workflowId, runId) ?? listedFault({ workflowId, runId }, info);

  /** Why a run can't be had whose record is there. */
  function listedFault({ workflowId, runId }: RunIds, info: GraphQLResolveInfo): Fault | undefined {
    const needs = requirement(info);
    const steps = fault('steps', workflowId, runId);
    const readsSteps = needs !== 'RECORD' || !hasRecord(runId) || leavesToSteps(runId, 'endedAt');
    if (steps && readsSteps && (steps.isDenial || !hasRecord(runId))) return steps;
    return needs === 'GRAPH' && workflowsFault?.isDenial ? workflowsFault : undefined;
  }

  /** Any of these errors may be told. */
  const allOf = (runs: readonly RunIds[], ...endpoints: readonly ('run' | 'steps')[]): Faults =>
    runs.flatMap(({ workflowId, runId }) => endpoints.flatMap((endpoint) => fault(endpoint, workflowId, runId) ?? []));

  /** Of a field as a whole. */
  function faultOf(source: Fields, args: Fields, value: unknown, info: GraphQLResolveInfo): Fault | Faults | undefined {
    const { fieldName, parentType } = info;
    const field = parentType.getFields()[fieldName];
    const workflowId = String(source[ID]);
    switch (`${parentType.name}.${fieldName}`) {
      case 'Query.run':
        return byIdFault({ workflowId: String(args.workflowId), runId: String(args.id) }, info);
      case 'Subscription.runUpdated':
        return byIdFault({ workflowId: String(args.workflowId), runId: String(args.id) }, info);
      case 'Workflow.run':
        return byIdFault({ workflowId, runId: String(args.id) }, info);
      case 'Query.compareRuns':
        return allOf(
          [args.baseId, args.headId].map((id) => ({ workflowId: String(args.workflowId), runId: String(id) })),
          'run',
          'steps',
        );
      case 'RunComparison.base':
      case 'RunComparison.head':
      case 'RunEdge.node':
        return isFields(value) ? listedFault(idsOf(value), info) : undefined;
      case 'Mutation.executeWorkflow':
        return fault('execute', String(args.workflowId));
      case 'ExecuteWorkflowPayload.run': {
        const found = isFields(value) ? byIdFault(idsOf(value), info) : undefined;
        return found?.isDenial ? found : undefined;
      }
      case 'Workflow.runs':
      case 'Workflow.statistics':
        return fault('runs', workflowId);
      case 'WorkflowStatistics.nodes':
        return allOf(runsOfStatistics.get(source) ?? [], 'steps');
    }
    if (parentType.name === 'Run' && field) {
      const { runId, ...ofRun } = idsOf(source);
      const unknown = unknownRuns.get(source);
      if (unknown && !['id', 'workflowId', 'workflow'].includes(fieldName)) return unknown;
      const needsSteps = entryOf(field).requirement !== 'RECORD' || leavesToSteps(runId, fieldName);
      return needsSteps ? fault('steps', ofRun.workflowId, runId) : undefined;
    }
    return field && entryOf(field).readsWorkflows ? workflowsFault : undefined;
  }

  /** Of one item of a list. */
  function faultOfItem(
    item: unknown,
    index: number,
    args: Fields,
    info: GraphQLResolveInfo,
  ): Fault | Faults | undefined {
    switch (`${info.parentType.name}.${info.fieldName}`) {
      case 'Workflow.runsById':
        return isFields(item) ? byIdFault(idsOf(item), info) : undefined;
      case 'RunConnection.nodes':
        return isFields(item) ? listedFault(idsOf(item), info) : undefined;
      case 'Query._entities': {
        const given = (args.representations as readonly unknown[])[index];
        const key = isFields(given) ? given : {};
        if (isFields(item)) typeNames.set(item, String(key.__typename));
        const workflowId = String(key.workflowId);
        if (key.__typename === 'Run') return byIdFault({ workflowId, runId: String(key.id) }, info);
        if (key.__typename === 'Step') return allOf([{ workflowId, runId: String(key.runId) }], 'run', 'steps');
      }
    }
    return undefined;
  }

  return {
    typeNames,
    resolve(source, args, info) {
      const path = pathOf(info.path);
      const isGraphless = path.some((_, end) => graphless.has(JSON.stringify(path.slice(0, end))));
      const errors = isGraphless ? toldWithoutGraph : told;
      const toldAt = (at: readonly (string | number)[]) => errors.get(JSON.stringify(at)) ?? [];
      let value: unknown = source[String(info.path.key)] ?? null;
      const found = codesOf(faultOf(source, args, value, info));
      const own = toldAt(path);
      if (found.length > 0) throw new ExpectedError(...found, ...own);
      if (own.length > 0) throw new ExpectedError(...own);

      const derivedWithoutGraph = ['criticalPath', 'progress'].includes(info.fieldName);
      if (info.parentType.name === 'Run' && derivedWithoutGraph && workflowsFault && value !== null) {
        graphless.add(JSON.stringify(path));
        value = at(withoutGraph.data, path);
      }
      if (info.fieldName === 'statistics' && isFields(value)) {
        const workflowId = String(source[ID]);
        const listed = historyOf(workflowId).slice(0, Number(args.last));
        runsOfStatistics.set(
          value,
          listed.map((runId) => ({ workflowId, runId })),
        );
      }
      if (info.parentType.name === 'ExecuteWorkflowPayload' && isFields(value)) {
        const unknown = byIdFault(idsOf(value), info);
        if (unknown) unknownRuns.set(value, unknown);
      }
      if (!Array.isArray(value) || !isListOf(info)) return value;
      return value.map((item: unknown, index) => {
        const ofItem = codesOf(faultOfItem(item, index, args, info));
        const toldOfItem = toldAt([...path, index]);
        const codes = [...ofItem, ...toldOfItem];
        return codes.length > 0 ? new ExpectedError(...codes) : item;
      });
    },
  };
}

const codesOf = (faults: Fault | Faults | undefined): string[] =>
  (faults ? [faults].flat() : []).map(({ code }) => code);

const isListOf = ({ returnType }: GraphQLResolveInfo): boolean => isListType(getNullableType(returnType));

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const idsOf = (run: Fields): RunIds => ({ workflowId: String(run[WORKFLOW_ID]), runId: String(run[ID]) });

function pathOf(path: GraphQLResolveInfo['path']): (string | number)[] {
  return path.prev ? [...pathOf(path.prev), path.key] : [path.key];
}

const at = (data: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Readonly<Record<string | number, unknown>> | null)?.[key], data) ??
  null;

/** The path of the value that an error has nulled: its own, or one above. */
export function placeOf(data: unknown, path: readonly (string | number)[]): string {
  const depth = path.findIndex((_, end) => at(data, path.slice(0, end)) === null);
  return JSON.stringify(path.slice(0, depth < 0 ? path.length : depth));
}

/** The codes of the errors that have nulled the value at a path. */
function errorsByPath({ data, errors }: PlainAnswer): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(errors, ({ path = [] }) => placeOf(data, path));
  return new Map(
    [...groups].map(([place, ofPlace]) => [place, ofPlace.map(({ extensions }) => String(extensions.code))]),
  );
}

/** Null if the answer is as expected. */
export function differenceFrom(
  expected: { readonly data: unknown; readonly errors: ExpectedErrors },
  { data, errors }: PlainAnswer,
): string | null {
  const [expectedData, actualData] = [JSON.stringify(expected.data), JSON.stringify(data)];
  if (expectedData !== actualData) return `expected the data ${expectedData}\ngot ${actualData}`;
  const actual = errorsByPath({ data, errors });
  for (const place of new Set([...expected.errors.keys(), ...actual.keys()])) {
    const allowed = expected.errors.get(place) ?? [];
    const got = actual.get(place) ?? [];
    if (got.length === 0 || got.some((code) => !allowed.includes(code))) {
      return `expected an error at ${place}, one of ${allowed.join(', ')}; got ${got.join(', ')}`;
    }
  }
  return null;
}
