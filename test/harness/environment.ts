/**
 * Jest's environment for Node with an ordinary global object. Jest's own is a proxy, and each use of `Map`, `JSON` or
 * `Error` goes through it: a third of the suite's CPU time.
 */
import { constants, createContext } from 'node:vm';
import fastifyStatic from '@fastify/static';
import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import { ModernFakeTimers } from '@jest/fake-timers';
import fastify from 'fastify';
import { TestEnvironment } from 'jest-environment-node';
import { ModuleMocker } from 'jest-mock';

type Globals = typeof globalThis;

/**
 * Jest would load their 170 files again for each test file: 0.3 s of CPU time. Tests get these modules through
 * `native/`.
 */
const nativeModules = { fastify, fastifyStatic };

export default class OrdinaryGlobal extends TestEnvironment {
  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    super(config, context);
    const global = createContext(constants.DONT_CONTEXTIFY) as Globals;
    copyMissing(this.global, global);
    // From Node's realm, as in Jest's own environment: Node returns instances of these.
    Object.assign(global, { global, Buffer, ArrayBuffer, Uint8Array, nativeModules });
    global.Error.prepareStackTrace = plainStack;
    this.context = global;
    this.global = global as unknown as typeof this.global;
    this.moduleMocker = new ModuleMocker(global);
    const { projectConfig } = config;
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global });
  }
}

/**
 * The format of Node. Jest looks up each frame in a source map; there is none, and GraphQLError reads the stack of
 * each error.
 */
const plainStack = (error: Error, frames: readonly unknown[]): string =>
  [Error.prototype.toString.call(error), ...frames.map(String)].join('\n    at ');

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
