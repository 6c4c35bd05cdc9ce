/**
 * The shape of an operation's data, from its selection: JSON Schema for clients, and which numbers are rounded for
 * them.
 */
import {
  getNullableType,
  isEnumType,
  isListType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type SelectionSetNode,
} from 'graphql';
import { roundAmount, roundMs, roundShare } from '../../domain/rounding.ts';
import { SCALARS, type JsonSchema } from './input-schema.ts';

export type Shape = LeafShape | ListShape | ObjectShape;

/** A value that isn't taken apart, such as a payload. */
interface LeafShape {
  readonly kind: 'leaf';
  readonly schema: JsonSchema;
  /** Rounds the value, or null to keep it unchanged. */
  readonly round: Round | null;
}

interface ListShape {
  readonly kind: 'list';
  readonly items: Shape;
}

export interface ObjectShape {
  readonly kind: 'object';
  readonly typeName: string;
  /** Members by response key. */
  readonly members: ReadonlyMap<string, Shape>;
}

type Members = Readonly<Record<string, unknown>>;
/** `siblings` are the members of the object that contains the value. */
type Round = (value: number, siblings: Members) => number;
export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** `around` rounds the field that contains this object. */
export function objectShape(
  type: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
  fragments: Fragments,
  around: Round | null = null,
): ObjectShape {
  const members = new Map<string, Shape>();
  for (const [key, nodes] of fieldsOf(selectionSets, fragments)) {
    const field = nodes[0]?.name.value ?? '';
    const fieldType = type.getFields()[field]?.type;
    const inner = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    // The fields of a type don't include `__typename`.
    members.set(key, fieldType ? shapeOf(fieldType, inner, fragments, roundOf(type.name, field, around)) : STRING);
  }
  return { kind: 'object', typeName: type.name, members };
}

function shapeOf(
  type: GraphQLOutputType,
  selectionSets: readonly SelectionSetNode[],
  fragments: Fragments,
  round: Round | null,
): Shape {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    return { kind: 'list', items: shapeOf(nullable.ofType, selectionSets, fragments, round) };
  }
  if (isObjectType(nullable)) return objectShape(nullable, selectionSets, fragments, round);
  const schema = isEnumType(nullable) ? STRING.schema : (SCALARS[nullable.name] ?? {});
  return { kind: 'leaf', schema, round: nullable.name === 'Float' ? round : null };
}

const STRING: LeafShape = { kind: 'leaf', schema: { type: 'string' }, round: null };

/** The fields of a selection, by response key. */
function fieldsOf(
  selectionSets: readonly SelectionSetNode[],
  fragments: Fragments,
  found = new Map<string, FieldNode[]>(),
): ReadonlyMap<string, readonly FieldNode[]> {
  for (const selection of selectionSets.flatMap(({ selections }) => selections)) {
    if (selection.kind === Kind.FIELD) {
      const key = (selection.alias ?? selection.name).value;
      found.set(key, [...(found.get(key) ?? []), selection]);
    } else {
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (fragment) fieldsOf([fragment.selectionSet], fragments, found);
    }
  }
  return found;
}

/** Names include the unit throughout the schema. A `Distribution` has the unit of its field. */
function roundOf(typeName: string, field: string, around: Round | null): Round | null {
  if (field.endsWith('Ms')) return roundMs;
  if (/(?:Rate|Share)$/.test(field) || field === 'shareOfRun') return roundShare;
  if (typeName === 'Cost' && field === 'amount') return roundAmount;
  if (typeName === 'Shift' && (field === 'before' || field === 'after')) return roundShift;
  return typeName === 'Distribution' ? around : null;
}

const BY_METRIC: Readonly<Record<string, Round>> = { DURATION: roundMs, COST: roundAmount, TOKENS: Math.round };

function roundShift(value: number, { metric }: Members): number {
  const round = typeof metric === 'string' ? BY_METRIC[metric] : undefined;
  return round ? round(value, {}) : value;
}

/** Everything may be null, because failed parts are, or missing, because results are bounded. */
export function schemaOf(shape: Shape): JsonSchema {
  if (shape.kind === 'leaf') {
    const { type, ...rest } = shape.schema;
    return type === undefined ? rest : { type: [type, 'null'], ...rest };
  }
  if (shape.kind === 'list') return { type: ['array', 'null'], items: schemaOf(shape.items) };
  const properties = Object.fromEntries(Array.from(shape.members, ([key, member]) => [key, schemaOf(member)]));
  return { type: ['object', 'null'], properties };
}

/** The data as an agent needs it: numbers rounded as in the web UI, and a cursor only if there is a next page. */
export function forAgents(value: unknown, shape: Shape, siblings: Members = {}): unknown {
  if (value === null || value === undefined) return value;
  if (shape.kind === 'leaf') {
    return shape.round && typeof value === 'number' ? shape.round(value, siblings) : value;
  }
  // An operation's data matches its shape.
  if (shape.kind === 'list') return (value as readonly unknown[]).map((item) => forAgents(item, shape.items));
  const members = value as Members;
  const isLastPage = shape.typeName === 'PageInfo' && members.hasNextPage === false;
  const entries = Object.entries(members).filter(([key]) => !(isLastPage && key === 'endCursor'));
  return Object.fromEntries(
    entries.map(([key, member]) => {
      const inner = shape.members.get(key);
      return [key, inner ? forAgents(member, inner, members) : member];
    }),
  );
}
