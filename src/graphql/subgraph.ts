/** What makes the schema a subgraph of a federated graph: its SDL for whoever composes it, and its objects by their keys. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Run, Step } from '../domain/types.ts';
import { GatewayError } from '../upstream/errors.ts';
import { checkId } from '../upstream/ids.ts';
import type { Context } from './context.ts';
import type { WorkflowRef } from './object-references.ts';
import { runRequirement } from './data-requirements.ts';
import { KEYS, MAX_ENTITIES, readRepresentation, type EntityName } from './representations.ts';
import { settleAll } from './settle.ts';

/** Federation's own part of the schema, which the contract does not repeat. */
export const SUBGRAPH_SDL = `
"Federation: an object of another subgraph's, by \`__typename\` and the fields of its key."
scalar _Any
"Federation: what other subgraphs may refer to."
union _Entity = ${Object.keys(KEYS).join(' | ')}
"Federation: this subgraph."
type _Service {
  "Its schema, as text."
  sdl: String!
}
extend type Query {
  "Federation: this subgraph's schema, for whoever composes it."
  _service: _Service!
  """
  Federation: objects by their keys, at most 1000, in the same order. One that can't be had is null, with an error of its
  own; the others are answered.
  """
  _entities("Their types and keys." representations: [_Any!]!): [_Entity]!
}
`;

type Entity = WorkflowRef | Run | Step;

interface Entities {
  readonly representations: readonly unknown[];
}

export const subgraphResolvers = (sdl: string) => ({
  Query: {
    _service: () => ({ sdl }),
    _entities: (_root: unknown, { representations }: Entities, context: Context, info: GraphQLResolveInfo) =>
      settleAll(checkCount(representations), (representation) => findEntity(representation, context, info)),
  },
  _Entity: { resolveType: entityNameOf },
});

function checkCount<T>(representations: readonly T[]): readonly T[] {
  if (representations.length <= MAX_ENTITIES) return representations;
  const got = representations.length;
  throw new GatewayError('BAD_USER_INPUT', `representations: expected at most ${MAX_ENTITIES}, got ${got}`);
}

function findEntity(value: unknown, { runs }: Context, info: GraphQLResolveInfo): Entity | Promise<Entity> {
  const named = readRepresentation(value);
  if (named.__typename === 'Workflow') return { id: checkId('workflow id', named.id) };
  const { workflowId, id } = named;
  if (named.__typename === 'Run') return runs().load({ workflowId, runId: id }, runRequirement(info));
  const run = runs().load({ workflowId, runId: named.runId }, 'STEPS');
  return run instanceof Promise ? run.then((loaded) => stepOf(loaded, id)) : stepOf(run, id);
}

function stepOf({ steps }: Run, id: string): Step {
  const step = steps.find((candidate) => candidate.id === id);
  if (step) return step;
  throw new GatewayError('NOT_FOUND', 'the run has no step of this id');
}

const entityNameOf = (entity: Entity): EntityName =>
  'runId' in entity ? 'Step' : 'workflowId' in entity ? 'Run' : 'Workflow';
