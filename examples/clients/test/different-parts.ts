/** Pairs of queries that select different fields of the same object, for each object of a run without an id. */
import {
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

export interface DifferentParts {
  readonly name: string;
  readonly one: string;
  readonly other: string;
}

/** The fields that docs/frontend.md says to select: keys of entities, and fields that identify items of lists. */
const ALWAYS: Readonly<Record<string, string>> = {
  Workflow: 'id',
  Run: 'id workflowId',
  Step: 'id runId workflowId',
  WorkflowNode: 'id',
  GraphEdge: 'from to',
  RunEdge: 'cursor',
  WorkflowEdge: 'cursor',
  TimelineBar: 'step { id runId workflowId }',
  Gap: 'offsetMs',
  RepeatedNode: 'nodeId',
  ModelTokenUsage: 'model',
  ModelUsageTrend: 'model',
  Message: 'index',
  ToolCall: 'id',
  NodeStatistics: 'nodeId',
  NodeComparison: 'nodeId',
  FailureGroup: 'workflow { id } nodeId message code',
  ChangePoint: 'run { id workflowId } nodeId kind',
  TrendBucket: 'startedAt',
  UsageBucket: 'startedAt',
  WorkflowUsage: 'workflow { id }',
};

const ROOTS: Readonly<Record<string, string>> = {
  run: 'run(workflowId: "support-triage", id: "run-4711")',
  workflow: 'workflow(id: "support-triage")',
  workflows: 'workflows',
  recentRuns: 'recentRuns',
  failureGroups: 'failureGroups',
  compareRuns: 'compareRuns(workflowId: "support-triage", baseId: "run-4711", headId: "run-4712")',
};

const MAX_DEPTH = 4;
const ENTITIES = ['Workflow', 'Run', 'Step'];

type Field = GraphQLField<unknown, unknown>;
const fieldsOf = (type: GraphQLObjectType): Field[] =>
  Object.values(type.getFields()).filter(({ args }) => !args.some(isRequiredArgument));

export function differentParts(schema: GraphQLSchema): DifferentParts[] {
  const pairs: DifferentParts[] = [];

  function visit(type: GraphQLObjectType, path: readonly string[]): void {
    const always = ALWAYS[type.name] ?? '';
    const parts = fieldsOf(type).flatMap(({ name, type: of }) => {
      const target = getNamedType(of).name;
      if (always.split(' ').includes(name)) return [];
      if (isLeafType(getNamedType(of))) return [name];
      return ENTITIES.includes(target) ? [`${name} { ${ALWAYS[target] ?? ''} }`] : [];
    });
    const [first, second] = parts;
    if (first !== undefined && second !== undefined) add(path, `${always} ${first}`, `${always} ${second}`);
    if (always !== '' && first !== undefined) add(path, always, `${always} ${first}`);
    if (path.length === MAX_DEPTH) return;
    for (const { name, type: of } of fieldsOf(type)) {
      const target = getNamedType(of);
      // All runs and workflows have the same fields, so one of each is enough.
      if (!isObjectType(target) || ['Workflow', 'Run'].includes(target.name)) continue;
      if (target.name === 'Step' && path.length > 1) continue;
      visit(target, [...path, `${always} ${name}`]);
    }
  }

  function add(path: readonly string[], one: string, other: string): void {
    const wrap = (selection: string): string => path.reduceRight((inner, step) => `${step} { ${inner} }`, selection);
    const name = path.map((step) => step.split('(')[0]?.split(' ').at(-1)).join('.');
    pairs.push({
      name: `${name}: ${one} | ${other}`,
      one: `query One { ${wrap(one)} }`,
      other: `query Other { ${wrap(other)} }`,
    });
  }

  for (const [name, call] of Object.entries(ROOTS)) {
    const type = getNamedType(schema.getQueryType()?.getFields()[name]?.type);
    if (isObjectType(type)) visit(type, [call]);
  }
  return pairs;
}
