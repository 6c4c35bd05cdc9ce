/**
 * The one gate for the transports that carry events: their operations go through Apollo as those over HTTP do, so that
 * limits, plugins and the masking of errors are the same for all three.
 */
import type { ApolloServer } from '@apollo/server';
import type { FormattedExecutionResult } from 'graphql';
import type { Logger } from '../observability/logger.ts';
import { createContext, type Context, type ContextRequest, type ContextSource } from './context.ts';
import { MASKED_ERROR } from './errors.ts';
import { OperationRefused, type LiveEvents } from './live-event.ts';

export interface OperationRequest extends Pick<ContextRequest, 'viewer' | 'requestId' | 'signal' | 'mayAct'> {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface Gate {
  /** A subscription's events, or any other operation's answer. Rejects with OperationRefused and nothing else. */
  open(request: OperationRequest): Promise<FormattedExecutionResult | LiveEvents>;
}

export const isEvents = (opened: FormattedExecutionResult | LiveEvents): opened is LiveEvents =>
  Symbol.asyncIterator in opened;

export interface GateOptions {
  readonly apollo: ApolloServer<Context>;
  readonly contextSource: ContextSource;
  readonly logger: Logger;
}

export function createGate({ apollo, contextSource, logger }: GateOptions): Gate {
  async function execute(request: OperationRequest): Promise<FormattedExecutionResult | LiveEvents> {
    const { query, operationName, variables, extensions } = request;
    const taken: LiveEvents[] = [];
    const contextValue = createContext(contextSource, { ...request, takeEvents: (events) => void taken.push(events) });
    const { body } = await apollo.executeOperation(
      {
        query,
        ...(operationName != null && { operationName }),
        ...(variables && { variables }),
        ...(extensions && { extensions }),
      },
      { contextValue },
    );
    if (taken[0]) return taken[0];
    if (body.kind !== 'single') throw new Error('incremental delivery is not part of the schema');
    const { data, errors, extensions: more } = body.singleResult;
    if (data === undefined) throw new OperationRefused(errors ?? []);
    return { ...(errors && { errors }), data, ...(more && { extensions: more }) };
  }

  return {
    async open(request) {
      try {
        return await execute(request);
      } catch (error) {
        if (error instanceof OperationRefused) throw error;
        logger.error({ err: error, requestId: request.requestId }, 'an operation failed');
        const extensions = { ...MASKED_ERROR.extensions, requestId: request.requestId };
        throw new OperationRefused([{ ...MASKED_ERROR, extensions }]);
      }
    },
  };
}
