import { describe, expect, it } from '@jest/globals';
import {
  getNamedType,
  isListType,
  isNonNullType,
  isNullableType,
  isObjectType,
  type GraphQLField,
  type GraphQLOutputType,
} from 'graphql';
import { entryOf } from '../../src/graphql/fields/field-entry.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { semanticLevels } from '../support/semantic-levels.ts';

type Field = GraphQLField<unknown, unknown>;

const schema = createSchema();

const fields = Object.values(schema.getTypeMap()).flatMap((type): [string, string, Field][] =>
  isObjectType(type) && !type.name.startsWith('__')
    ? Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, type.name, field])
    : [],
);

/** The type of each level: 0 is the field, 1 the items of its list. */
function levelsOf(type: GraphQLOutputType): GraphQLOutputType[] {
  const nullable = isNonNullType(type) ? type.ofType : type;
  return [type, ...(isListType(nullable) ? levelsOf(nullable.ofType as GraphQLOutputType) : [])];
}

/** What nothing can be said of without it, so an event without it is none. */
const ROOTS_THAT_STAY = ['Subscription.runUpdated', 'Subscription.runsUpdated', 'Query._service', 'Query._entities'];

/** Their list came with the page; its items are loaded. */
const LISTED = ['RunConnection.nodes', 'RecentRuns.nodes'];

/** Null says something of the run here: it is not over, it has no such step, none failed, no prices. */
const NULL_HAS_A_MEANING = [
  'Run.startedAt',
  'Run.endedAt',
  'Run.wallClockMs',
  'Run.lastActivityAt',
  'Run.lastSuccessBefore',
  'Run.step',
  'Run.firstFailedStep',
  'Run.estimatedCost',
];

describe('nullability', () => {
  const ofRun = fields.filter(([, typeName]) => typeName === 'Run');

  it('knows what each field of a run needs', () => {
    expect(ofRun.filter(([, , field]) => entryOf(field).requirement === undefined)).toEqual([]);
  });

  it('of a run is that of its data: what needs more than its record is nullable, and null only beside an error', () => {
    const beyondRecord = ofRun.filter(([, , field]) => entryOf(field).requirement !== 'RECORD');
    const wrong = beyondRecord.filter(
      ([name, , field]) =>
        !isNullableType(field.type) || semanticLevels(schema, field).includes(0) === NULL_HAS_A_MEANING.includes(name),
    );
    expect(beyondRecord.length).toBeGreaterThan(10);
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  it('contains each upstream call: what makes one, reads the list of workflows or loads a run is nullable', () => {
    const making = fields.filter(([name, , field]) => {
      const { calls, readsWorkflows } = entryOf(field);
      return !ROOTS_THAT_STAY.includes(name) && (calls !== undefined || readsWorkflows === true);
    });
    const loading = fields.filter(([, , field]) => ['Run', '_Entity'].includes(getNamedType(field.type).name));
    const wrong = [
      ...making.filter(([name, , { type }]) => isNonNullType(type) && !LISTED.includes(name)),
      ...loading.filter(([name, , { type }]) => {
        const innermost = levelsOf(type).at(-1);
        return isNonNullType(innermost) && !ROOTS_THAT_STAY.includes(name);
      }),
    ];
    expect(making.length).toBeGreaterThan(15);
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  it('never lets one root field take the whole answer with it', () => {
    const roots = fields.filter(([, typeName]) => ['Query', 'Mutation', 'Subscription'].includes(typeName));
    const nonNull = roots.filter(([, , { type }]) => isNonNullType(type)).map(([name]) => name);
    expect(nonNull.sort()).toEqual(ROOTS_THAT_STAY.toSorted());
  });

  it('is semantic only at levels that are there and nullable', () => {
    const wrong = fields.filter(([, , field]) =>
      semanticLevels(schema, field).some((level) => {
        const type = levelsOf(field.type)[level];
        return !type || isNonNullType(type);
      }),
    );
    expect(fields.filter(([, , field]) => semanticLevels(schema, field).length > 0).length).toBeGreaterThan(20);
    expect(wrong.map(([name]) => name)).toEqual([]);
  });
});
