/**
 * Operations that Apollo has parsed and found valid are executed without it when they come again: its pipeline takes
 * longer than a compiled query over runs that are cached. Whatever is out of the ordinary still goes through Apollo.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import { OperationTypeNode, type DocumentNode, type ExecutionResult } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Context } from './context.ts';
import type { CostLimit } from './cost-limit.ts';
import type { ErrorReporter } from './errors.ts';
import type { Executor } from './executor.ts';
import { withoutPersistedQuery, type PersistedDocuments } from './persisted-documents.ts';

export interface KnownOperations {
  /** Learns from Apollo. */
  readonly plugin: ApolloServerPlugin<Context>;
  /** Reads the text of a request; null where it is Apollo's to answer. */
  find(body: string): KnownRequest | null;
  /** The answer as JSON text; null where it is Apollo's to answer after all, and nothing was executed. */
  execute(request: KnownRequest, context: Context): string | null | Promise<string | null>;
}

export interface KnownRequest {
  readonly operation: KnownOperation;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface KnownOperation {
  readonly document: DocumentNode;
  readonly queryHash: string;
  /** The last time, for what was not cached; true as long as it was not executed. */
  hadToWait: boolean;
}

const MAX_KNOWN = 500;

export interface KnownOperationsOptions {
  readonly executor: Executor;
  readonly report: ErrorReporter;
  readonly costLimit: CostLimit;
  readonly documents: PersistedDocuments;
}

export function createKnownOperations(options: KnownOperationsOptions): KnownOperations {
  const { executor, report, costLimit, documents } = options;
  const known = new LRUCache<string, KnownOperation>({ max: MAX_KNOWN });

  return {
    plugin: {
      requestDidStart: () =>
        Promise.resolve({
          // Comes after validation. An operation that acts is none to be had twice by a mistake of ours.
          didResolveOperation({ source, document, queryHash, operation }) {
            const isQuery = document.definitions.every(
              (definition) => !('operation' in definition) || definition.operation === OperationTypeNode.QUERY,
            );
            if (operation && isQuery) known.set(source, { document, queryHash, hadToWait: true });
            return Promise.resolve();
          },
        }),
    },

    find(body) {
      const request = readRequest(parseJson(body), documents);
      const operation = request && known.get(request.query);
      return operation ? { operation, operationName: request.operationName, variables: request.variables } : null;
    },

    execute({ operation, operationName, variables }, context) {
      // What it costs may hang on the variables, which are new each time.
      if (!costLimit.allows(operation.document, operationName, variables)) return null;
      const finish = ({ data, errors }: ExecutionResult): string | null => {
        // No data: the variables or the operation's name are wrong, and nothing was executed.
        if (data === undefined) return null;
        return JSON.stringify(errors ? { errors: report(errors, context), data } : { data });
      };
      const result = executor({ ...operation, operationName, variables, context });
      return result instanceof Promise ? result.then(finish) : finish(result);
    },
  };
}

/** Undefined for what is no JSON: that is Apollo's to complain of. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface PlainRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Null for a request with extensions of its own, or of a form that somebody will have something to say of. */
function readRequest(body: unknown, documents: PersistedDocuments): PlainRequest | null {
  if (typeof body !== 'object' || body === null) return null;
  const { operationName = null, variables = null, extensions } = body as Readonly<Record<string, unknown>>;
  if (extensions !== undefined && !namesOnly(extensions)) return null;
  const query = documents.resolve(body);
  if (typeof query !== 'string') return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  if (typeof variables !== 'object' || Array.isArray(variables)) return null;
  return { query, operationName, variables: { ...variables } };
}

const namesOnly = (extensions: unknown): boolean =>
  typeof extensions === 'object' && extensions !== null && withoutPersistedQuery(extensions) === null;
