/** What the operators of JMESPath do with the values of their operands. */
import { isJsonArray, isJsonObject } from '../json.ts';
import type { JsonValue } from '../types.ts';
import { costOfFields, costOfText, type Spend } from './budget.ts';
import { InvalidPathError } from './invalid-path-error.ts';
import type { NodeOf } from './syntax.ts';

export function isTruthy(value: JsonValue, spend: Spend): boolean {
  if (typeof value !== 'object') return value !== '' && value !== false;
  if (value === null) return false;
  if (isJsonArray(value)) return value.length > 0;
  const { length } = Object.keys(value);
  spend(costOfFields(length));
  return length > 0;
}

const calculations: Readonly<Record<string, (a: number, b: number) => number>> = {
  Plus: (a, b) => a + b,
  Minus: (a, b) => a - b,
  Multiply: (a, b) => a * b,
  Star: (a, b) => a * b,
  Divide: (a, b) => a / b,
  Div: (a, b) => Math.floor(a / b),
  Modulo: (a, b) => a % b,
};

export function calculate(operator: string, left: JsonValue, right: JsonValue): number {
  const calculation = calculations[operator];
  if (calculation && typeof left === 'number' && typeof right === 'number') return calculation(left, right);
  throw new InvalidPathError('expected numbers around an operator');
}

export function compare(
  name: NodeOf<'Comparator'>['name'],
  left: JsonValue,
  right: JsonValue,
  spend: Spend,
): boolean | null {
  if (name === 'EQ') return isEqual(left, right, spend);
  if (name === 'NE') return !isEqual(left, right, spend);
  if (typeof left !== 'number' || typeof right !== 'number') return null;
  if (name === 'GT') return left > right;
  if (name === 'GTE') return left >= right;
  return name === 'LT' ? left < right : left <= right;
}

/** Without recursion: a value may be nested deeper than the stack. */
export function isEqual(left: JsonValue, right: JsonValue, spend: Spend): boolean {
  const rest: [JsonValue | undefined, JsonValue | undefined][] = [[left, right]];
  for (let pair = rest.pop(); pair; pair = rest.pop()) {
    const [a, b] = pair;
    if (typeof a === 'string' && typeof b === 'string' && a.length === b.length) spend(costOfText(a.length));
    if (a === b) continue;
    if (isJsonArray(a) && isJsonArray(b) && a.length === b.length) {
      spend(a.length);
      for (const [i, item] of a.entries()) rest.push([item, b[i]]);
    } else if (isJsonObject(a) && isJsonObject(b)) {
      const keys = Object.keys(a);
      const { length } = Object.keys(b);
      spend(costOfFields(keys.length) + costOfFields(length));
      if (keys.length !== length || !keys.every((key) => Object.hasOwn(b, key))) return false;
      for (const key of keys) rest.push([a[key], b[key]]);
    } else return false;
  }
  return true;
}

export function flatten(value: JsonValue, spend: Spend): JsonValue {
  if (!isJsonArray(value)) return null;
  for (const item of value) spend(isJsonArray(item) ? 1 + item.length : 1);
  return value.flat();
}

/** Of an array, or of the characters of a text. */
export function sliceOf(value: JsonValue, node: NodeOf<'Slice'>, spend: Spend): JsonValue {
  if (typeof value !== 'string' && !isJsonArray(value)) return null;
  if (node.step === 0) throw new InvalidPathError('a slice: step cannot be 0');
  spend(value.length);
  return typeof value === 'string' ? slice(Array.from(value), node).join('') : slice(value, node);
}

function slice<T>(items: readonly T[], { start, stop, step }: NodeOf<'Slice'>): T[] {
  const by = step ?? 1;
  const lowest = by > 0 ? 0 : -1;
  const highest = items.length + lowest;
  const offsetOf = (index: number): number =>
    Math.min(Math.max(index < 0 ? index + items.length : index, lowest), highest);
  const [first, end] = by > 0 ? [lowest, highest] : [highest, lowest];
  const from = start === null ? first : offsetOf(start);
  const to = stop === null ? end : offsetOf(stop);
  const found: T[] = [];
  for (let at = from; by > 0 ? at < to : at > to; at += by) {
    const item = items[at];
    if (item !== undefined) found.push(item);
  }
  return found;
}
