/** A condition on inputs as `conditionsIn` of the lists reads it. A file of its own, since the page of a run doesn't read conditions. */
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

/** Without quotes it is read again as this text. */
const isPlain = (text: string): boolean => /^[a-z][\w-]*$/i.test(text) && !/^(?:true|false|null)$/.test(text);
