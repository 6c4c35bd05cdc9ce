/**
 * Operations that Apollo has parsed and found valid are executed without it when they come again: its pipeline takes
 * longer than a compiled query over runs that are held. Whatever is out of the ordinary still goes through Apollo.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import { OperationTypeNode, type DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Context } from './context.ts';
import type { ErrorReporter } from './errors.ts';
import type { Executor } from './executor.ts';

export interface KnownOperations {
  /** Learns from Apollo. */
  readonly plugin: ApolloServerPlugin<Context>;
  /** The answer as JSON text; null where the request is Apollo's to answer, of which nothing was executed then. */
  tryExecute(body: unknown, context: Context): Promise<string | null>;
}

interface KnownOperation {
  readonly document: DocumentNode;
  readonly queryHash: string;
}

const MAX_KNOWN = 500;

export function createKnownOperations(executor: Executor, report: ErrorReporter): KnownOperations {
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
            if (operation && isQuery) known.set(source, { document, queryHash });
            return Promise.resolve();
          },
        }),
    },

    async tryExecute(body, context) {
      const request = readRequest(body);
      const operation = request && known.get(request.query);
      if (!operation) return null;
      const { operationName, variables } = request;
      const { data, errors } = await executor({ ...operation, operationName, variables, context });
      // No data: the variables or the operation's name are wrong, and nothing was executed.
      if (data === undefined) return null;
      return JSON.stringify(errors ? { errors: report(errors, context), data } : { data });
    },
  };
}

interface PlainRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Null for a request with extensions, or of a form that Apollo will have something to say of. */
function readRequest(body: unknown): PlainRequest | null {
  if (typeof body !== 'object' || body === null) return null;
  const { query, operationName = null, variables = null, extensions } = body as Readonly<Record<string, unknown>>;
  if (typeof query !== 'string' || extensions !== undefined) return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  if (typeof variables !== 'object' || Array.isArray(variables)) return null;
  return { query, operationName, variables: { ...variables } };
}
