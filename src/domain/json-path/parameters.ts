/** What the functions of JMESPath take: the types of their arguments, and what reading an argument costs. */
import { isJsonObject } from '../json.ts';
import type { JsonObject, JsonValue } from '../types.ts';
import { costOfFields, costOfText, type Spend } from './budget.ts';
import { InvalidPathError } from './invalid-path-error.ts';

/** What an expression reference (`&…`) finds in a value. */
export type Reference = (value: JsonValue) => JsonValue;
export type Argument = JsonValue | Reference | undefined;

interface Parameter<T extends Argument> {
  readonly type: string;
  accepts(argument: Argument): argument is T;
  /** What it takes to check and to read an argument, also one that is not accepted. */
  cost(argument: Argument): number;
}

const free = (): number => 0;

const isAny = (argument: Argument): argument is JsonValue => argument !== undefined && typeof argument !== 'function';
const isArray = (argument: Argument): argument is readonly JsonValue[] => Array.isArray(argument);
const isObject = (argument: Argument): argument is JsonObject => isAny(argument) && isJsonObject(argument);

/** Its content is not read, or the function itself takes from the budget for it. */
export const any: Parameter<JsonValue> = { type: 'any', accepts: isAny, cost: free };
export const number: Parameter<number> = {
  type: 'number',
  accepts: (argument) => typeof argument === 'number',
  cost: free,
};
export const string: Parameter<string> = {
  type: 'string',
  accepts: (argument) => typeof argument === 'string',
  cost: (argument) => (typeof argument === 'string' ? costOfText(argument.length) : 0),
};
export const array: Parameter<readonly JsonValue[]> = {
  type: 'array',
  accepts: isArray,
  cost: (argument) => (isArray(argument) ? argument.length : 0),
};
export const object: Parameter<JsonObject> = {
  type: 'object',
  accepts: isObject,
  cost: (argument) => (isObject(argument) ? costOfFields(Object.keys(argument).length) : 0),
};
export const reference: Parameter<Reference> = {
  type: 'expression',
  accepts: (argument) => typeof argument === 'function',
  cost: free,
};

export const arrayOf = <T extends JsonValue>(item: Parameter<T>): Parameter<readonly T[]> => ({
  type: `array<${item.type}>`,
  accepts: (argument): argument is readonly T[] => isArray(argument) && argument.every((each) => item.accepts(each)),
  cost: (argument) =>
    isArray(argument) ? argument.reduce<number>((sum, each) => sum + item.cost(each), argument.length) : 0,
});

export const either = <A extends JsonValue, B extends JsonValue>(
  a: Parameter<A>,
  b: Parameter<B>,
): Parameter<A | B> => ({
  type: `${a.type} | ${b.type}`,
  accepts: (argument): argument is A | B => a.accepts(argument) || b.accepts(argument),
  cost: (argument) => Math.max(a.cost(argument), b.cost(argument)),
});

export const optional = <T extends Argument>(parameter: Parameter<T>): Parameter<T | undefined> => ({
  ...parameter,
  accepts: (argument): argument is T | undefined => argument === undefined || parameter.accepts(argument),
});

type ParametersOf<Args extends readonly Argument[]> = { readonly [I in keyof Args]: Parameter<Args[I]> };
export type PathFunction = (name: string, args: readonly Argument[], spend: Spend) => JsonValue;

/** A function that checks its arguments, and pays for reading them, before it answers. */
export function define<Args extends readonly Argument[] | []>(
  parameters: ParametersOf<Args>,
  answer: (args: Args, spend: Spend) => JsonValue,
): PathFunction {
  const list: readonly Parameter<Argument>[] = parameters;
  const least = list.filter((parameter) => !parameter.accepts(undefined)).length;
  const areAccepted = (name: string, args: readonly Argument[], spend: Spend): args is Args => {
    checkCount(name, args.length, least, list.length);
    for (const [i, parameter] of list.entries()) checkArgument(name, i, args[i], parameter, spend);
    return true;
  };
  return (name, args, spend) => (areAccepted(name, args, spend) ? answer(args, spend) : null);
}

/** One that takes any number of arguments, from one up. */
export function defineVariadic<T extends Argument>(
  parameter: Parameter<T>,
  answer: (args: readonly T[], spend: Spend) => JsonValue,
): PathFunction {
  const areAccepted = (name: string, args: readonly Argument[], spend: Spend): args is readonly T[] => {
    checkCount(name, args.length, 1, Infinity);
    for (const [i, argument] of args.entries()) checkArgument(name, i, argument, parameter, spend);
    return true;
  };
  return (name, args, spend) => (areAccepted(name, args, spend) ? answer(args, spend) : null);
}

function checkCount(name: string, count: number, least: number, most: number): void {
  if (count >= least && count <= most) return;
  const [bound, limit] = count < least ? ['least', least] : ['most', most];
  throw new InvalidPathError(
    `${name}() takes at ${bound} ${limit} argument${limit === 1 ? '' : 's'} but received ${count}`,
  );
}

function checkArgument(
  name: string,
  index: number,
  argument: Argument,
  parameter: Parameter<Argument>,
  spend: Spend,
): void {
  spend(parameter.cost(argument));
  if (parameter.accepts(argument)) return;
  throw new InvalidPathError(
    `${name}() expected argument ${index + 1} to be type (${parameter.type}) but received type ${typeOf(argument)}`,
  );
}

export function typeOf(argument: Argument): string {
  if (typeof argument === 'function') return 'expression';
  if (argument === null) return 'null';
  return Array.isArray(argument) ? 'array' : typeof argument;
}
