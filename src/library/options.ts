/** The options of the library: settings, and additions that only code can provide. One schema checks all of them. */
import { z } from 'zod';
import { ConfigError, wrongMembers } from '../config/config-error.ts';
import { configOf, type Config } from '../config/config.ts';
import { nearestOf } from '../config/misspelled.ts';
import type { Settings } from '../config/options.ts';
import { SETTINGS } from '../config/settings-table.ts';
import type { Additions } from '../gateway.ts';
import type { StepgatePlugin } from '../graphql/apollo/server.ts';
import { DATA_REQUIREMENTS } from '../runs/loaders/run-loaders.ts';

/** Settings of the gateway, and additions to it. */
export interface StepgateOptions extends Settings, Additions {}

// Each message completes "X must be …".
const isFunction = (value: unknown) => typeof value === 'function';
const aFunction = z.custom(isFunction, 'a function');
const maybeAFunction = z.custom(isFunction, 'a function, or omitted').optional();
const CALLS = {
  ...{ steps: aFunction, run: maybeAFunction, runs: maybeAFunction },
  ...{ workflows: maybeAFunction, execute: maybeAFunction },
  ...{ cancelRun: maybeAFunction, resumeStep: maybeAFunction },
};
const HOOKS = [
  ...(['serverWillStart', 'requestDidStart', 'unexpectedErrorProcessingRequest'] as const),
  ...(['contextCreationDidFail', 'invalidRequestWasReceived', 'startupDidFail'] as const),
] satisfies readonly (keyof StepgatePlugin)[];
/** A misspelled hook would never be called. Other members are allowed, because a plugin may have state. */
const aPlugin = z.custom(
  (plugin) => typeof plugin === 'object' && plugin !== null && HOOKS.some((hook) => hook in plugin),
  `a plugin with one of ${HOOKS.join(', ')}`,
);

const ENTRY = {
  resolve: aFunction,
  cacheMs: z.custom((ms) => typeof ms === 'number' && ms >= 0, 'milliseconds from 0, or omitted').optional(),
};
const requirement = z.enum(DATA_REQUIREMENTS, `one of ${DATA_REQUIREMENTS.join(', ')}, or omitted`).optional();
const entries = (shape: z.ZodRawShape, members: string) =>
  z.record(z.string(), z.strictObject(shape, `an object of ${members}`), 'an object').optional();
const FIELDS = z
  .object({ Run: entries({ ...ENTRY, requirement }, 'resolve, and optionally requirement and cacheMs') }, 'an object')
  .catchall(entries(ENTRY, 'resolve, and optionally cacheMs'));
const NAME = 'a non-empty string';
const UPSTREAM =
  'an object with a name and a function steps, and optionally run, runs, workflows, execute, cancelRun and resumeStep, or omitted';

const ADDITIONS = {
  authenticate: maybeAFunction,
  extension: z
    .strictObject(
      { typeDefs: z.string('a string'), fields: FIELDS },
      'an object of typeDefs (a string) and fields (an object), or omitted',
    )
    .optional(),
  plugins: z.array(aPlugin, 'a list of plugins, or omitted').optional(),
  onOperation: maybeAFunction,
  // Other members are allowed, because an upstream may have state.
  upstream: z.looseObject({ name: z.string(NAME).min(1, NAME), ...CALLS }, UPSTREAM).optional(),
  logger: z
    .looseObject(
      {
        ...{ debug: aFunction, info: aFunction, warn: aFunction, error: aFunction, fatal: aFunction },
        ...{ child: aFunction, isLevelEnabled: aFunction, flush: aFunction },
      },
      'a pino logger, or an object with its methods, or omitted',
    )
    .optional(),
} satisfies Record<keyof Additions, z.ZodType>;

/** Throws ConfigError. */
export function checkedOptions(options: StepgateOptions): { config: Config; additions: Additions } {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new ConfigError(`The options must be an object, got ${typeof options}.`);
  }
  const given = Object.entries(options);
  const additions: Additions = Object.fromEntries(given.filter(([name]) => name in ADDITIONS));
  const settings = Object.fromEntries(given.filter(([name]) => !(name in ADDITIONS)));
  const unknown = Object.keys(settings).find((name) => !(name in SETTINGS));
  if (unknown !== undefined) {
    const meant = nearestOf(unknown, [...Object.keys(SETTINGS), ...Object.keys(ADDITIONS)]);
    const hint =
      meant === undefined ? 'docs/configuration.md and docs/embedding.md list all options.' : `Did you mean ${meant}?`;
    throw new ConfigError(`Unknown option ${unknown}. ${hint}`);
  }
  const { upstream } = additions;
  if (typeof upstream === 'object') checkSpelling(upstream);
  const { error } = z.object(ADDITIONS).safeParse(additions, { reportInput: true });
  if (error) throw new ConfigError(`${wrongMembers(error)}.`);
  return { additions, config: configOf(settings, upstream !== undefined) };
}

/** A misspelled function would disable its call. Functions with other names may be helpers. */
function checkSpelling(upstream: object): void {
  const missing = Object.keys(CALLS).filter((call) => !(call in upstream));
  for (const name of functionsOf(upstream)) {
    const meant = name in CALLS ? undefined : nearestOf(name, missing);
    if (meant !== undefined) throw new ConfigError(`Unknown upstream function ${name}. Did you mean ${meant}?`);
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
