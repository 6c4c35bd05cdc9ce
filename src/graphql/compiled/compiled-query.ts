/**
 * Operations compiled by graphql-jit, if its results provably equal those of graphql-js: see decision record 9.
 * graphql-js handles arguments, variables and all errors except those thrown by resolvers.
 */
import { setFlagsFromString } from 'node:v8';
import {
  getVariableValues,
  isObjectType,
  locatedError,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery, type ResolveInfoEnricherInput } from 'graphql-jit';
import type { Context } from '../context.ts';
import { EXECUTION_OPTIONS } from '../operations/variables.ts';
import { findCompilable, withoutVariables } from './compiled-query-document.ts';
import { createBareSchema, type CompiledExecution } from './compiled-query-schema.ts';

type Result = ExecutionResult | Promise<ExecutionResult>;

export interface CompiledQuery {
  /** `interpret` executes the operation with graphql-js, if the compiled query can't. */
  execute(context: Context, variables: Readonly<Record<string, unknown>>, interpret: () => Result): Result;
  /** Approximate memory, based on measurements. */
  readonly sizeBytes: number;
}

export type QueryCompiler = ReturnType<typeof createQueryCompiler>;

/** Measured heap growth of a compiled function that has run: 2 to 8.3 KB per field. */
export const BYTES_PER_FIELD = 8000;

export function createQueryCompiler(schema: GraphQLSchema) {
  const bareSchema = createBareSchema(schema);

  return {
    /** Returns null if graphql-js must execute the operation. The document must be valid. */
    compile(document: DocumentNode, operationName: string | null): CompiledQuery | null {
      const compilable = findCompilable(document, operationName);
      if (!compilable) return null;
      const { operation, fieldCount } = compilable;
      const { variableDefinitions = [] } = operation;
      const compiled = withoutCodeCache(() =>
        compileQuery(bareSchema, withoutVariables(compilable), undefined, {
          disablingCapturingStackErrors: true,
          resolverInfoEnricher: (info) => originalInfo(schema, operation, info),
        }),
      );
      if (!isCompiledQuery(compiled)) return null;

      return {
        sizeBytes: fieldCount * BYTES_PER_FIELD,
        execute(context, variables, interpret) {
          const { coerced } = getVariableValues(schema, variableDefinitions, variables, {
            maxErrors: EXECUTION_OPTIONS.maxCoercionErrors,
          });
          if (!coerced) return interpret();
          const finish = (result: ExecutionResult): Result => {
            const answer = finished(result);
            if (answer) return answer;
            context.budgets.renew();
            return interpret();
          };
          const execution: CompiledExecution = { context, variables: coerced, args: new Map() };
          const result = compiled.query(undefined, execution, null);
          return result instanceof Promise ? result.then(finish) : finish(result);
        },
      };
    },
  };
}

/**
 * Otherwise, V8 keeps the code of each compiled document, even of discarded functions: 450 KB for 90 fields with long
 * names.
 */
function withoutCodeCache<T>(compile: () => T): T {
  setFlagsFromString('--no-compilation-cache');
  try {
    return compile();
  } finally {
    setFlagsFromString('--compilation-cache');
  }
}

/**
 * Returns null if an error wasn't thrown by a resolver, because graphql-jit words it differently. Such errors are rare
 * defects.
 */
function finished(result: ExecutionResult): ExecutionResult | null {
  const { data = null, errors } = result;
  if (!errors) return result;
  const located = errors.flatMap(({ originalError, path }) =>
    originalError instanceof Error ? [locatedError(originalError, undefined, path)] : [],
  );
  return located.length < errors.length ? null : { errors: located, data };
}

/** Gives resolvers the client's operation and the original schema. */
function originalInfo(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  { parentType, fieldName, returnType }: ResolveInfoEnricherInput,
): object {
  const parent = schema.getType(parentType.name);
  const field = isObjectType(parent) ? parent.getFields()[fieldName] : undefined;
  return { schema, operation, parentType: parent, returnType: field?.type ?? returnType };
}
