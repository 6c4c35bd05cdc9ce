/** Counts each failed field against the operation's limit of failures, whatever the source of its error. */
import {
  getNullableType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import type { Context } from '../context.ts';
import type { FailureLimit } from './failure-limit.ts';

type Resolver = GraphQLFieldResolver<unknown, Context>;

/** Types of the contract whose properties are computed when read, and may throw. All others are plain data. */
export const COMPUTED_TYPES: ReadonlySet<string> = new Set(['Run']);

/** Call it after all resolvers are attached. */
export function guardFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    // Mutations are few, and each is executed even if others fail.
    if (!isObjectType(type) || type.name.startsWith('__') || type === schema.getMutationType()) continue;
    for (const field of Object.values(type.getFields())) {
      if (COMPUTED_TYPES.has(type.name)) field.resolve ??= propertyOf(field.name);
      if (field.resolve) field.resolve = guarded(field.resolve, field.type);
    }
  }
}

/** Does not take `info`, which a compiled query copies for each call that reads it. */
const propertyOf =
  (name: string): Resolver =>
  (source) =>
    (source as Readonly<Record<string, unknown>>)[name];

const NO_ITEMS: readonly unknown[] = [];

function guarded(resolve: Resolver, type: GraphQLOutputType): Resolver {
  const isList = isListType(getNullableType(type));
  /** Value after too many failures. Undefined if the field can be neither null nor empty. */
  const instead = isList ? NO_ITEMS : isNonNullType(type) ? undefined : null;

  function fail(error: unknown, failures: FailureLimit): unknown {
    failures.add();
    if (instead !== undefined && failures.isExceeded()) return instead;
    throw error;
  }

  function check(value: unknown, failures: FailureLimit): unknown {
    if (value instanceof Error) throw value;
    return isList && Array.isArray(value) && value.some(mayFail) ? checkItems(value, failures) : value;
  }

  async function checkLater(value: Promise<unknown>, failures: FailureLimit): Promise<unknown> {
    try {
      return check(await value, failures);
    } catch (error) {
      return fail(error, failures);
    }
  }

  const guard: Resolver = (source, args, context, info) => {
    const { failures } = context.budgets;
    if (instead !== undefined && failures.isExceeded()) return instead;
    try {
      const value = resolve(source, args, context, info);
      return value instanceof Promise ? checkLater(value, failures) : check(value, failures);
    } catch (error) {
      return fail(error, failures);
    }
  };
  // A compiled query checks this length to see whether the resolver reads `info`.
  return Object.defineProperty(guard, 'length', { value: resolve.length });
}

const mayFail = (item: unknown): boolean => item instanceof Error || item instanceof Promise;

/** Items fail separately: an Error or a rejected item becomes null. */
function checkItems(items: readonly unknown[], failures: FailureLimit): readonly unknown[] {
  const checked = items.map((item) => {
    if (item instanceof Error) failures.add();
    return item instanceof Promise ? item.catch((error: unknown) => failItem(error, failures)) : item;
  });
  return failures.isExceeded() ? NO_ITEMS : checked;
}

function failItem(error: unknown, failures: FailureLimit): null {
  failures.add();
  if (failures.isExceeded()) return null;
  throw error;
}
