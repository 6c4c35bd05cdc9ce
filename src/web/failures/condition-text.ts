/** A condition on inputs as `conditionsIn` of the lists reads it. A separate file, since the run page doesn't read conditions. */
import type { InputTest } from '../__generated__/graphql.ts';

export interface Condition {
  readonly path: string;
  readonly test: InputTest;
  readonly value: unknown;
}

export function textOfCondition({ path, test, value }: Condition): string {
  if (test === 'PRESENT' || test === 'MISSING') return `${path} ${test.toLowerCase()}`;
  const sign = test === 'EQUALS' ? '=' : test.endsWith('BELOW') ? '<' : '≥';
  const shown = typeof value === 'string' && isPlain(value) ? value : JSON.stringify(value);
  return `${test.startsWith('LENGTH') ? 'length of ' : ''}${path} ${sign} ${shown}`;
}

/** Whether the string is read back unchanged without quotes. */
const isPlain = (text: string): boolean => /^[a-z][\w-]*$/i.test(text) && !/^(?:true|false|null)$/.test(text);
