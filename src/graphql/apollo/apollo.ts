/** Apollo Server over the schema: it parses and validates new operations, runs plugins, and serves Sandbox. */
import { ApolloServer, HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import type { ExecutionResult, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { Logger } from '../../observability/logger.ts';
import type { Attributes } from '../../runs/viewer.ts';
import { MAX_TOKENS } from '../operations/limits.ts';
import type { OperationRequest } from '../operations/operation.ts';
import { noIntrospectionRule } from './no-introspection-rule.ts';
import type { SandboxState } from './sandbox.ts';

/** Executes an operation that Apollo Server has validated. `queryHash` is the SHA-256 of its text. */
type ExecuteAccepted = (queryHash: string) => Promise<ExecutionResult>;

/** Calls `execute` for a valid operation. Returns the errors of an invalid one. */
export type ParseAndValidate = (
  text: string,
  request: OperationRequest,
  execute: ExecuteAccepted,
) => Promise<readonly GraphQLFormattedError[]>;

export interface Apollo {
  readonly parseAndValidate: ParseAndValidate;
  /** Sandbox as HTML, the same each time; null where it is switched off. */
  readonly landingPage: () => Promise<string | null>;
  readonly close: () => Promise<void>;
}

export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  /** False: the schema is not told, neither by introspection and `_service` nor by hints in errors. */
  readonly introspection: boolean;
  /** What Sandbox shows when it opens; null: it is switched off. */
  readonly sandbox: SandboxState | null;
  readonly plugins: readonly StepgatePlugin[];
  readonly logger: Logger;
}

/** What a plugin of an embedder finds as `contextValue`. */
export interface PluginContext {
  readonly requestId: string;
  /** Tells one caller from another, and is worthless outside this process. Null without a credential. */
  readonly viewerId: string | null;
  /** What the `authenticate` hook said of the caller. */
  readonly attributes: Attributes;
}

/** It may observe operations and refuse them. What it changes in a response has no effect. */
export type StepgatePlugin = ApolloServerPlugin<PluginContext>;

interface ApolloContext extends PluginContext {
  readonly execute: ExecuteAccepted;
}

export async function createApollo(options: ApolloOptions): Promise<Apollo> {
  const { schema, introspection, sandbox, plugins, logger } = options;
  const server = new ApolloServer<ApolloContext>({
    gateway: gatewayOf(schema),
    logger,
    plugins: [
      sandbox
        ? ApolloServerPluginLandingPageLocalDefault({ ...sandbox, embed: { runTelemetry: false } })
        : ApolloServerPluginLandingPageDisabled(),
      // These wrap every field, or report to a service that is not used here.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ...plugins,
    ],
    // Refused by a rule of the gateway's own, whose message names the variable.
    introspection: true,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    validationRules: introspection ? [] : [noIntrospectionRule],
    // The operation pipeline keeps documents and registered operations, within a bound of bytes.
    documentStore: null,
    persistedQueries: false,
    // The gateway stops it, after the HTTP server.
    stopOnTerminationSignals: false,
  });
  await server.start();

  async function renderLandingPage(): Promise<string | null> {
    const headers = new HeaderMap([['accept', 'text/html']]);
    const httpGraphQLRequest = { method: 'GET', headers, search: '', body: undefined };
    const context = () => Promise.reject(new Error('the landing page executes nothing'));
    const { body } = await server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context });
    return body.kind === 'complete' ? body.string : null;
  }
  let page: Promise<string | null> | undefined;

  return {
    async parseAndValidate(query, { params: { operationName, variables }, requestId, caller: { viewer } }, execute) {
      const request = { query, ...(operationName != null && { operationName }), ...(variables && { variables }) };
      const caller = { requestId, viewerId: viewer?.id ?? null, attributes: viewer?.attributes ?? {} };
      const { body } = await server.executeOperation(request, { contextValue: { ...caller, execute } });
      return body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
    },

    landingPage: () => (page ??= sandbox ? renderLandingPage() : Promise.resolve(null)),

    close: () => server.stop(),
  };
}

/** The public interface by which Apollo Server takes an executor. */
function gatewayOf(schema: GraphQLSchema): GatewayInterface {
  return {
    onSchemaLoadOrUpdate(callback) {
      callback({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: () =>
      Promise.resolve({
        // The gateway interface does not carry the context's type.
        executor: ({ queryHash, context }) => (context as ApolloContext).execute(queryHash),
      }),
    stop: () => Promise.resolve(),
  };
}
