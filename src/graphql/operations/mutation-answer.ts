/**
 * The part of a mutation's response that never waits for capacity. The mutation has been executed, so its client must
 * learn ids and messages, or it would send it again.
 */
import {
  getOperationAST,
  GraphQLError,
  isNonNullType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FormattedExecutionResult,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { isRecord } from '../json-kinds.ts';
import { selectedFields, type Fragments } from '../fields/selection.ts';

type Data = NonNullable<FormattedExecutionResult['data']>;
type Path = readonly (string | number)[];

export interface EssentialAnswer {
  /** Data, or null if a root field that can't be null was left out. */
  readonly data: Data | null;
  /** One for each part that is null instead. */
  readonly errors: readonly GraphQLError[];
}

/** Longer strings are left out, like objects. */
const MAX_STRING_LENGTH = 1000;

/** Keeps the scalars of each payload and of the objects directly in it. Everything else is null with the error. */
export function essentialAnswer(
  data: Data,
  { schema, document, operationName }: { schema: GraphQLSchema; document: DocumentNode; operationName: string | null },
  error: Error,
): EssentialAnswer {
  const root = getOperationAST(document, operationName);
  const type = schema.getMutationType();
  if (!root || !type) throw new Error('Only mutations have an essential response');
  const reader = new Essentials(fragmentsOf(document), error);
  const kept = reader.objectOf(data, type, [root.selectionSet], [], PAYLOAD_LEVELS) ?? null;
  return { data: kept, errors: reader.errors };
}

/** Levels below the root: the payload, and an object in it, such as the started run. */
const PAYLOAD_LEVELS = 2;

class Essentials {
  readonly errors: GraphQLError[] = [];
  readonly #fragments: Fragments;
  readonly #error: Error;

  constructor(fragments: Fragments, error: Error) {
    this.#fragments = fragments;
    this.#error = error;
  }

  /** Returns undefined if a field that can't be null was left out. `levels` of objects below this one are kept. */
  objectOf(
    value: Data,
    type: GraphQLObjectType,
    selections: readonly SelectionSetNode[],
    path: Path,
    levels: number,
  ): Data | undefined {
    const fields = selections.flatMap((set) => selectedFields(set, this.#fragments));
    const kept: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) {
      const nodes = fields.filter(({ name, alias }) => (alias ?? name).value === key);
      const own = nodes[0] && type.getFields()[nodes[0].name.value];
      const inner = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      const essential = own ? this.#valueOf(member, own.type, inner, [...path, key], levels) : member;
      if (essential === undefined) return undefined;
      kept[key] = essential;
    }
    return kept;
  }

  #valueOf(
    value: unknown,
    type: GraphQLOutputType,
    selections: readonly SelectionSetNode[],
    path: Path,
    levels: number,
  ): unknown {
    if (isNonNullType(type)) return this.#essentialOf(value, type.ofType, selections, path, levels);
    const essential = levels > 0 ? this.#essentialOf(value, type, selections, path, levels) : undefined;
    if (essential !== undefined || isSmall(value)) return essential ?? value;
    this.errors.push(new GraphQLError(this.#error.message, { path, originalError: this.#error }));
    return null;
  }

  /** Returns undefined for what isn't essential. */
  #essentialOf(
    value: unknown,
    type: GraphQLOutputType,
    selections: readonly SelectionSetNode[],
    path: Path,
    levels: number,
  ): unknown {
    if (isSmall(value)) return value;
    if (!isObjectType(type) || !isRecord(value)) return undefined;
    return this.objectOf(value, type, selections, path, levels - 1);
  }
}

const isSmall = (value: unknown): boolean =>
  typeof value === 'string' ? value.length <= MAX_STRING_LENGTH : typeof value !== 'object' || value === null;

const fragmentsOf = (document: DocumentNode): Fragments =>
  Object.fromEntries(
    document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  );
