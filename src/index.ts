/** The library: a gateway inside another process. docs/embedding.md describes it; the rest of `dist` may change. */
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { ConfigError, wrongMembers } from './config/config-error.ts';
import type { Config } from './config/config.ts';
import { nearestOf } from './config/misspelled.ts';
import { configOf, type Settings } from './config/settings.ts';
import { composeGateway, composeHandler, composePlugin, type Additions, type GatewayHandler } from './gateway.ts';
import { DATA_REQUIREMENTS } from './runs/loaders/run-loaders.ts';
import type { PluginContext } from './graphql/apollo/execution.ts';
import type { StepgatePlugin } from './graphql/apollo/server.ts';

export { HeaderMap } from '@apollo/server';
export { GraphQLError } from 'graphql';
export type { AuthenticateHook, Identity } from './auth/authenticate-hook.ts';
export type { RedactionRules } from './auth/redaction-rules.ts';
export { ConfigError };
export { settingsOf, type Settings } from './config/settings.ts';
export type { JsonObject, JsonValue, Run, RunRecord, Step, WorkflowGraph, WorkflowRecord } from './domain/types.ts';
export type { Additions, GatewayHandler };
export type { PluginContext, StepgatePlugin };
export type { FieldContext } from './graphql/extension/field-context.ts';
export type { ExtensionField, ExtensionFields, SchemaExtension } from './graphql/extension/schema-extension.ts';
export type { Logger } from './observability/logger.ts';
export type { OnOperation } from './observability/observer.ts';
export type { ObservedOperation } from './observability/operation-record.ts';
export type { ErrorCode } from './observability/outcome.ts';
export { GatewayError } from './upstream/errors.ts';
export {
  UpstreamError,
  type Upstream,
  type UpstreamCall,
  type UpstreamErrorOptions,
  type UpstreamRun,
  type UpstreamStart,
  type UpstreamStep,
  type UpstreamWait,
  type UpstreamWorkflow,
} from './upstream/port.ts';
export type { RunRef, RunWindow } from './upstream/api.ts';

export interface GatewayOptions extends Additions {
  /** Settings by the names of the environment variables. `settingsOf()` reads them from the environment. */
  readonly config?: Settings;
}

export interface Gateway {
  /** The address, without a path: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Accepts no more requests, lets those in progress finish (at most 10 s), and closes everything. */
  close(): Promise<void>;
}

// Each message completes "X must be …".
const isFunction = (value: unknown) => typeof value === 'function';
const aFunction = z.custom(isFunction, 'a function');
const maybeAFunction = z.custom(isFunction, 'a function, or left out').exactOptional();
const CALLS = {
  ...{ steps: aFunction, run: maybeAFunction, runs: maybeAFunction },
  ...{ workflows: maybeAFunction, execute: maybeAFunction },
};
const HOOKS = [
  ...(['serverWillStart', 'requestDidStart', 'unexpectedErrorProcessingRequest'] as const),
  ...(['contextCreationDidFail', 'invalidRequestWasReceived', 'startupDidFail'] as const),
] satisfies readonly (keyof StepgatePlugin)[];
/** A misspelled hook would never be called. Other members are allowed: a plugin may have state. */
const aPlugin = z.custom(
  (plugin) => typeof plugin === 'object' && plugin !== null && HOOKS.some((hook) => hook in plugin),
  `a plugin with one of ${HOOKS.join(', ')}`,
);

const ENTRY = {
  resolve: aFunction,
  cacheMs: z.custom((ms) => typeof ms === 'number' && ms >= 0, 'milliseconds from 0, or left out').exactOptional(),
  // Ignored: prices of an earlier version.
  calls: z.unknown().optional(),
  items: z.unknown().optional(),
};
const requirement = z.enum(DATA_REQUIREMENTS, `one of ${DATA_REQUIREMENTS.join(', ')}, or left out`).exactOptional();
const entries = (shape: z.ZodRawShape, members: string) =>
  z.record(z.string(), z.strictObject(shape, `an object of ${members}`), 'an object').optional();
const FIELDS = z
  .object({ Run: entries({ ...ENTRY, requirement }, 'resolve, and maybe requirement and cacheMs') }, 'an object')
  .catchall(entries(ENTRY, 'resolve, and maybe cacheMs'));
const NAME = 'a text that is not empty';
const UPSTREAM = 'an object with a name and a function steps, and maybe run, runs, workflows and execute, or left out';

const OPTIONS = z.strictObject(
  {
    config: z.looseObject({}, 'an object of settings, or left out').exactOptional(),
    authenticate: maybeAFunction,
    extension: z
      .strictObject(
        { typeDefs: z.string('a text'), fields: FIELDS },
        'an object of typeDefs (a text) and fields (an object), or left out',
      )
      .exactOptional(),
    plugins: z.array(aPlugin, 'a list of plugins, or left out').exactOptional(),
    onOperation: maybeAFunction,
    // Other members are allowed: an upstream may have state.
    upstream: z.looseObject({ name: z.string(NAME).min(1, NAME), ...CALLS }, UPSTREAM).exactOptional(),
    redaction: z.looseObject({}, 'an object of rules, or left out').exactOptional(),
    logger: z
      .looseObject(
        {
          ...{ debug: aFunction, info: aFunction, warn: aFunction, error: aFunction, fatal: aFunction },
          ...{ child: aFunction, isLevelEnabled: aFunction, flush: aFunction },
        },
        'a logger of pino, or another with its methods, or left out',
      )
      .exactOptional(),
  } satisfies Record<keyof GatewayOptions, z.ZodType>,
  'an object of config, authenticate, extension, plugins, onOperation, upstream, redaction and logger',
);

/** Resolves when the gateway listens. Rejects with ConfigError for wrong options or settings, before a port is opened. */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { config, ...additions } = checked('createGateway', options);
  const gateway = await composeGateway(config, additions);
  return { url: gateway.url, close: () => gateway.close() };
}

/**
 * The gateway as a Fastify 5 plugin: `app.register(stepgate(options), { prefix: '/workflows' })`. Opens on registration, and closes
 * with the server. Throws ConfigError for wrong options or settings.
 */
export function stepgate(options: GatewayOptions = {}): FastifyPluginAsync {
  const { config, ...additions } = checked('stepgate', options);
  return composePlugin(config, additions);
}

/**
 * The gateway without a server of its own: a handler for Express and `node:http`, and `fetch` for serverless functions and tests.
 * Rejects with ConfigError for wrong options or settings.
 */
export async function createHandler(options: GatewayOptions = {}): Promise<GatewayHandler> {
  const { config, ...additions } = checked('createHandler', options);
  return composeHandler(config, additions);
}

function checked(name: string, options: GatewayOptions): Additions & { readonly config: Config } {
  const { upstream } = options;
  if (typeof upstream === 'object') refuseMisspelled(name, upstream);
  const { error } = OPTIONS.safeParse(options, { reportInput: true });
  if (error) throw new ConfigError(`${name}: ${wrongMembers(error)}.`);
  const { config = {}, ...additions } = options;
  return { ...additions, config: configOf(config, upstream !== undefined) };
}

/** A misspelled function would switch its call off. Functions of other names may be helpers. */
function refuseMisspelled(option: string, upstream: object): void {
  const missing = Object.keys(CALLS).filter((call) => !(call in upstream));
  for (const name of functionsOf(upstream)) {
    const meant = name in CALLS ? undefined : nearestOf(name, missing);
    if (meant !== undefined)
      throw new ConfigError(`${option}: upstream.${name} is not a call of the workflow API: ${meant} may be meant.`);
  }
}

/** The names of its own functions, and of those of its class. */
function functionsOf(owner: object): string[] {
  const prototype = Object.getPrototypeOf(owner) as object | null;
  const own = Object.entries(Object.getOwnPropertyDescriptors(owner));
  return [
    ...own.flatMap(([name, { value }]) => (typeof value === 'function' ? [name] : [])),
    ...(prototype === null || prototype === Object.prototype ? [] : functionsOf(prototype)),
  ];
}
