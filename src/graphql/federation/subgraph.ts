/** Federation: `_service` (the SDL for composition) and `_entities` (objects by key). */
import type { GraphQLResolveInfo } from 'graphql';
import type { Run, Step } from '../../domain/types.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { checkId } from '../../upstream/ids.ts';
import type { Context } from '../context.ts';
import type { WorkflowRef } from '../object-references.ts';
import { KEYS, MAX_ENTITIES, readRepresentation, type EntityName } from './representations.ts';
import { settleAll } from '../lists/settle.ts';

/** Schema that federation adds to the contract. */
export const SUBGRAPH_SDL = `
"Reference to an entity (federation): \`__typename\` and the key fields."
scalar _Any
"Entity types that other subgraphs may refer to (federation)."
union _Entity = ${Object.keys(KEYS).join(' | ')}
"This subgraph (federation)."
type _Service {
  "Schema of this subgraph, as SDL."
  sdl: String!
}
extend type Query {
  "Schema of this subgraph, for composition (federation)."
  _service: _Service!
  """
  Entities by their keys, in the order of the keys, at most 1000 (federation).
  An entity that cannot be loaded is null, with its own error.
  """
  _entities("References: type and key of each entity." representations: [_Any!]!): [_Entity]!
}
`;

type Entity = WorkflowRef | Run | Step;

interface Entities {
  readonly representations: readonly unknown[];
}

export const subgraphFields = (sdl: string) => ({
  Query: {
    _service: { resolve: () => ({ sdl }) },
    _entities: {
      resolve: (_root: unknown, { representations }: Entities, context: Context, info: GraphQLResolveInfo) =>
        settleAll(checkCount(representations), (representation) => findEntity(representation, context, info)),
    },
  },
});

function checkCount<T>(representations: readonly T[]): readonly T[] {
  if (representations.length <= MAX_ENTITIES) return representations;
  const got = representations.length;
  throw new GatewayError('BAD_USER_INPUT', `representations must have at most ${MAX_ENTITIES} items, got ${got}.`);
}

function findEntity(
  value: unknown,
  { runs, requirement }: Context,
  info: GraphQLResolveInfo,
): Entity | Promise<Entity> {
  const named = readRepresentation(value);
  if (named.__typename === 'Workflow') return { id: checkId('workflow id', named.id) };
  const { workflowId, id } = named;
  if (named.__typename === 'Run') return runs().load({ workflowId, runId: id }, requirement(info));
  const run = runs().load({ workflowId, runId: named.runId }, 'STEPS');
  return run instanceof Promise ? run.then((loaded) => stepOf(loaded, id)) : stepOf(run, id);
}

function stepOf({ steps }: Run, id: string): Step {
  const step = steps.find((candidate) => candidate.id === id);
  if (step) return step;
  throw new GatewayError('NOT_FOUND', 'The run has no step with this id.');
}

export function entityNameOf(entity: unknown): EntityName {
  const { runId, workflowId } = entity as Partial<Step & Run>;
  return runId !== undefined ? 'Step' : workflowId !== undefined ? 'Run' : 'Workflow';
}
