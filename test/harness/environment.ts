/**
 * Jest's environment for Node with an ordinary global object. Jest's own is a proxy, and each use of `Map`, `JSON` or
 * `Error` goes through it: a third of the suite's CPU time.
 */
import { createRequire, enableCompileCache, flushCompileCache } from 'node:module';
import { constants, createContext } from 'node:vm';
import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import { ModernFakeTimers } from '@jest/fake-timers';
import { TestEnvironment } from 'jest-environment-node';
import { ModuleMocker } from 'jest-mock';

type Globals = typeof globalThis;

/** The server is loaded into Node's own realm: see load-once.ts. */
const requireOnce = createRequire(import.meta.url);
enableCompileCache();

export default class OrdinaryGlobal extends TestEnvironment {
  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    super(config, context);
    const { projectConfig } = config;
    const global = createContext(constants.DONT_CONTEXTIFY) as Globals;
    copyMissing(this.global, global);
    Object.assign(global, { global, requireOnce });
    shareWithServer(global);
    this.context = global;
    this.global = global as unknown as typeof this.global;
    this.moduleMocker = new ModuleMocker(global);
    // `@jest-environment-options {"fakeTimers":"server"}`: those of the server, and not those of the test.
    const timersOf = projectConfig.testEnvironmentOptions.fakeTimers === 'server' ? globalThis : global;
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: timersOf });
  }

  override async setup(): Promise<void> {
    await super.setup();
    // Those of Node. Jest would format 100 frames of each error, and look up each of them in a source map.
    Reflect.deleteProperty(Error, 'prepareStackTrace');
    Error.stackTraceLimit = 10;
  }

  override async teardown(): Promise<void> {
    await super.teardown();
    // At its end a worker has half a second.
    flushCompileCache();
  }
}

/** Errors, spies and environment variables are the same for a test and the server. */
function shareWithServer(global: Globals): void {
  global.process.env = process.env;
  const errors = { AggregateError, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  Object.assign(global, errors, { ArrayBuffer, Buffer, Date, Map, Math, Set, Uint8Array, WeakMap });
}

/** Copies the globals of Node (read at their first use) and of Jest that the language does not have. */
function copyMissing(from: object, to: object): void {
  for (const name of Reflect.ownKeys(from)) {
    if (name in to) continue;
    const descriptor = Object.getOwnPropertyDescriptor(from, name);
    if (!descriptor) continue;
    const isLazy = descriptor.get !== undefined && descriptor.configurable;
    Object.defineProperty(to, name, isLazy ? lazily(to, name, descriptor) : descriptor);
  }
}

function lazily(to: object, name: string | symbol, descriptor: PropertyDescriptor): PropertyDescriptor {
  const { enumerable = false } = descriptor;
  const replace = (value: unknown) => {
    Object.defineProperty(to, name, { configurable: true, enumerable, writable: true, value });
  };
  return {
    configurable: true,
    enumerable,
    get() {
      const value: unknown = descriptor.get?.call(to);
      replace(value);
      return value;
    },
    set: replace,
  };
}
