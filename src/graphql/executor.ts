/** Executes operations: compiled by graphql-jit when they come again, by graphql-js the first time and where JIT won't do. */
import {
  execute,
  getOperationAST,
  GraphQLError,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import type { OperationType } from '../observability/operation-record.ts';
import type { Context } from './context.ts';

export interface ExecutableOperation {
  readonly document: DocumentNode;
  /** Of the document's text: two operations with the same one are the same. */
  readonly queryHash: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: Context;
}

export type Executor = (operation: ExecutableOperation) => ExecutionResult | Promise<ExecutionResult>;

/** Null where it must be left to graphql-js. */
type Compiled = ((operation: ExecutableOperation) => ReturnType<Executor>) | null;

/** Compiled functions hold memory of their own, and an operation's text may come from anybody. */
const MAX_KNOWN = 500;

export function createExecutor(schema: GraphQLSchema): Executor {
  const known = new LRUCache<string, { compiled: Compiled | undefined; readonly title: Title }>({ max: MAX_KNOWN });

  const interpret: Executor = ({ document, operationName, variables, context }) =>
    execute({ schema, document, operationName, variableValues: variables, contextValue: context });

  return (operation) => {
    const key = `${operation.queryHash} ${operation.operationName ?? ''}`;
    const scope = known.get(key);
    const title = scope?.title ?? titleOf(operation);
    noteTitle(operation, title);
    if (!scope) {
      // Compiling takes some milliseconds, which an operation that comes only once would not earn back.
      known.set(key, { compiled: undefined, title });
      return interpret(operation);
    }
    if (scope.compiled === undefined) scope.compiled = compile(schema, operation, interpret);
    return (scope.compiled ?? interpret)(operation);
  };
}

/** What an operation says of itself. */
interface Title {
  readonly name: string | null;
  readonly type: OperationType;
}

export function titleOf({ document, operationName }: Pick<ExecutableOperation, 'document' | 'operationName'>): Title {
  const operation = getOperationAST(document, operationName);
  return { name: operation?.name?.value ?? null, type: operation ? operation.operation : 'unknown' };
}

export function noteTitle({ queryHash, context }: ExecutableOperation, { name, type }: Title): void {
  const { operationRecord } = context.request;
  if (!operationRecord) return;
  operationRecord.name = name;
  operationRecord.type = type;
  operationRecord.queryHash = queryHash;
}

function compile(
  schema: GraphQLSchema,
  { document, operationName }: ExecutableOperation,
  interpret: Executor,
): Compiled {
  if (!isCompilable(document)) return null;
  // What the domain answers is of the schema's types already: to serialize an ID or an enum again takes, with the place of
  // each field that may fail, half of all memory that a query needs.
  const compiled = compileQuery(schema, document, operationName ?? undefined, { disableLeafSerialization: true });
  if (!isCompiledQuery(compiled)) return null;
  const finish = (operation: ExecutableOperation, result: ExecutionResult): ReturnType<Executor> => {
    if (!result.errors) return result;
    // Only bad variables leave `data` out: nothing was executed, and graphql-js words that error better.
    if (result.data === undefined) return interpret(operation);
    return { data: result.data, errors: result.errors.map(toGraphQLError) };
  };
  return (operation) => {
    const result = compiled.query(undefined, operation.context, operation.variables);
    return result instanceof Promise ? result.then((settled) => finish(operation, settled)) : finish(operation, result);
  };
}

/** graphql-jit's errors are none of graphql-js' own making, and some of their properties can't be set. */
function toGraphQLError({ message, path, locations, originalError, extensions }: GraphQLError): GraphQLError {
  const error = new GraphQLError(message, { path, originalError, extensions });
  return Object.assign(error, { locations });
}

/**
 * graphql-jit keeps the condition of a field on the field's node, which a fragment that is spread twice shares: with
 * both fragments and conditions in a document its answers can differ. It also expands every spread, so that nested
 * fragments could take it exponential time: a document with more than a few is left alone too.
 */
function isCompilable(document: DocumentNode): boolean {
  const found = { spreads: 0, conditions: 0 };
  visit(document, {
    FragmentSpread: () => void (found.spreads += 1),
    Directive: () => void (found.conditions += 1),
  });
  return found.spreads === 0 || (found.conditions === 0 && found.spreads <= MAX_SPREADS);
}

const MAX_SPREADS = 20;
