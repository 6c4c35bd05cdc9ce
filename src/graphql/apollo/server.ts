/** Apollo Server for the schema. It executes every operation of every transport. */
import {
  ApolloServer,
  HeaderMap,
  type ApolloServerPlugin,
  type GraphQLRequest,
  type GraphQLResponse,
  type HTTPGraphQLRequest,
} from '@apollo/server';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from '../../observability/logger.ts';
import type { HttpSource } from '../../observability/operation-record.ts';
import type { DocumentStore } from '../operations/documents.ts';
import { MAX_TOKENS } from '../operations/limits.ts';
import type { Operation, OperationParams } from '../operations/operation.ts';
import { Execution, type OperationContext, type PluginContext, type Progress } from './execution.ts';
import { noIntrospectionRule } from './no-introspection-rule.ts';
import type { SandboxState } from './sandbox.ts';
import type { Execute } from './stages/execute.ts';
import { createStagesPlugin, type Stages } from './stages/stages.ts';

/** An embedder's Apollo Server plugin. It sees every operation, and can reject it or respond to it. */
export type StepgatePlugin = ApolloServerPlugin<PluginContext>;

export type Apollo = Awaited<ReturnType<typeof createApollo>>;

export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  /** Whether introspection, `_service` and suggestions in errors may reveal the schema. */
  readonly introspection: boolean;
  /** Initial tabs of Sandbox, or null if Sandbox is off. */
  readonly sandbox: SandboxState | null;
  readonly documentStore: DocumentStore;
  readonly stages: Stages;
  /** Plugins of an embedder. */
  readonly plugins: readonly StepgatePlugin[];
  readonly logger: Logger;
}

export async function createApollo(options: ApolloOptions) {
  const { schema, introspection, sandbox, documentStore, stages, plugins, logger } = options;
  const hasPlugins = plugins.length > 0;
  const server = new ApolloServer<OperationContext>({
    gateway: gatewayOf(schema, stages.execute),
    logger,
    plugins: [
      sandbox
        ? ApolloServerPluginLandingPageLocalDefault({ ...sandbox, embed: { runTelemetry: false } })
        : ApolloServerPluginLandingPageDisabled(),
      // These would wrap every field, or report to an unused service.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ...plugins,
      createStagesPlugin(stages, hasPlugins),
    ],
    // The gateway's own rule rejects introspection, with a message that names the variable.
    introspection: true,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    validationRules: introspection ? [] : [noIntrospectionRule],
    // The HTTP handler prevents CSRF, including for event streams: see params.ts.
    csrfPrevention: false,
    documentStore,
    // Persisted operations are resolved earlier, for every transport.
    persistedQueries: false,
    // The gateway stops Apollo Server after the HTTP server.
    stopOnTerminationSignals: false,
  });
  await server.start();

  async function renderLandingPage(): Promise<string | null> {
    const headers = new HeaderMap([['accept', 'text/html']]);
    const httpGraphQLRequest = { method: 'GET', headers, search: '', body: undefined };
    const context = () => Promise.reject(new Error('The landing page must not execute an operation'));
    const { body } = await server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context });
    return body.kind === 'complete' ? body.string : null;
  }
  let page: Promise<string | null> | undefined;

  return {
    async execute(operation: Operation): Promise<{ readonly response: GraphQLResponse; readonly progress: Progress }> {
      const execution = new Execution(operation);
      const response = await server.executeOperation(requestOf(operation, hasPlugins), {
        contextValue: contextOf(execution),
      });
      return { response, progress: execution.progress };
    },

    /** HTML of Sandbox, the same for each request, or null if Sandbox is off. */
    landingPage: (): Promise<string | null> => (page ??= sandbox ? renderLandingPage() : Promise.resolve(null)),

    close: (): Promise<void> => server.stop(),
  };
}

function requestOf({ request, params, source: { text: query } }: Operation, hasPlugins: boolean): GraphQLRequest {
  const { operationName, variables } = params;
  return {
    query,
    ...(operationName != null && { operationName }),
    ...(variables && { variables }),
    // Only an embedder's plugins read it.
    ...(hasPlugins && request.transport === 'http' && { http: httpRequestOf(request.http, params) }),
  };
}

/** A GET also becomes a POST, because Apollo Server doesn't support GET requests that accept events. */
function httpRequestOf(http: HttpSource | undefined, params: OperationParams): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(http?.request.headers ?? {})) {
    if (typeof value === 'string') headers.set(name, value);
  }
  return { method: 'POST', headers, search: '', body: params };
}

function contextOf(execution: Execution): OperationContext {
  const { requestId, caller } = execution.operation.request;
  const { viewer } = caller;
  return { requestId, viewerId: viewer?.id ?? null, attributes: viewer?.attributes ?? {}, execution };
}

/** Public interface through which Apollo Server accepts an executor. */
function gatewayOf(schema: GraphQLSchema, execute: Execute): GatewayInterface {
  return {
    onSchemaLoadOrUpdate(callback) {
      callback({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: () =>
      Promise.resolve({
        // The gateway interface isn't generic in the context.
        executor({ context }) {
          const { execution } = context as OperationContext;
          return execute(execution.operation, execution.valid);
        },
      }),
    stop: () => Promise.resolve(),
  };
}
