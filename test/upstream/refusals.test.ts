import { expect, it } from '@jest/globals';
import { fieldProblemsIn, fieldProblemsOf } from '../../src/upstream/wire/refusals.ts';

const problem = { path: 'approved', message: 'must be a boolean' };
const bodyOf = (json: unknown): Buffer => Buffer.from(JSON.stringify(json));

it('limits the reasons the upstream gives for a rejected answer', () => {
  const many = Array.from({ length: 30 }, () => ({ path: 'p'.repeat(600), message: 'm'.repeat(600) }));
  expect(fieldProblemsOf(many)).toEqual(
    Array.from({ length: 20 }, () => ({ path: 'p'.repeat(500), message: 'm'.repeat(500) })),
  );
  expect(fieldProblemsIn(bodyOf({ errors: [problem], more: 'x'.repeat(2 ** 16) }))).toEqual([]);
});

it('omits malformed reasons; one without path concerns the whole answer', () => {
  const errors = [problem, { message: 'is too long' }, { path: 1, message: 'x' }, { path: 'a' }, 'text', null];
  expect(fieldProblemsIn(bodyOf({ errors }))).toEqual([problem, { path: '', message: 'is too long' }]);
  for (const body of [bodyOf([problem]), bodyOf({ errors: 'no' }), Buffer.from('<html>')]) {
    expect(fieldProblemsIn(body)).toEqual([]);
  }
});
