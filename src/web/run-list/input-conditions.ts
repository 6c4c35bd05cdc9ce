/** Conditions on inputs as a reader types them: `customer.region = eu and length of items ≥ 25`. The gateway checks the paths. */
import type { InputFilter, InputTest } from '../__generated__/graphql.ts';

const ONE =
  /^(?:(length of )?((?:"(?:[^"\\]|\\.)*"|[^\s"=<>≥])+)\s*(?:(=|≥|>=|<)\s*("(?:[^"\\]|\\.)*"|[^"]*?)|(present|missing)))(?: and |$)/;

/** `null` if the string isn't a list of conditions. An empty string has none. */
export function conditionsIn(text: string): readonly InputFilter[] | null {
  const conditions: InputFilter[] = [];
  for (let rest = text.trim(); rest !== '';) {
    const [whole, length, path = '', sign, value = '', presence] = ONE.exec(rest) ?? [];
    if (whole === undefined) return null;
    if (presence !== undefined) conditions.push({ path, test: presence === 'present' ? 'PRESENT' : 'MISSING' });
    else if (value.trim() === '') return null;
    else conditions.push({ path, test: testOf(sign ?? '', length !== undefined), value: valueOf(value.trim()) });
    rest = rest.slice(whole.length).trim();
  }
  return conditions;
}

function testOf(sign: string, isLength: boolean): InputTest {
  if (sign === '=') return 'EQUALS';
  const isBelow = sign === '<';
  if (isLength) return isBelow ? 'LENGTH_BELOW' : 'LENGTH_AT_LEAST';
  return isBelow ? 'BELOW' : 'AT_LEAST';
}

/** A number, `true`, `false`, a quoted string, or any other string as it is. */
function valueOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? text : value;
  } catch {
    return text;
  }
}
