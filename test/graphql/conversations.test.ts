import { describe, expect, it } from '@jest/globals';
import { createContext, type Context, type ContextSource } from '../../src/graphql/context.ts';
import type { PayloadText } from '../../src/domain/types.ts';
import { step as fields } from '../../src/graphql/resolvers/step.ts';
import { payloadOf, runOf, stepFacts } from '../support/facts.ts';

describe('the conversation of a step', () => {
  it('is read once in an operation, and not kept for the next', () => {
    const source = { now: () => 0, maxUpstreamCalls: 1, maxObjects: 1, prices: null } as unknown as ContextSource;
    const signal = () => new AbortController().signal;
    const next = (): Context => createContext(source, { viewer: null, authError: null, requestId: 'r', signal });
    let readings = 0;
    const inputs = {
      ...{ problem: null, cost: 1, sizeBytes: 1 },
      read() {
        readings += 1;
        return { messages: [{ role: 'user', content: 'Hi' }] };
      },
    } as unknown as PayloadText;
    const [step] = runOf([stepFacts({ payload: { ...payloadOf({}), inputs } })]).steps;
    const { resolve } = fields.conversation as unknown as {
      resolve: (parent: unknown, args: unknown, context: Context) => unknown;
    };
    const context = next();
    readings = 0;
    const answers = Array.from({ length: 100 }, () => resolve(step, {}, context));
    expect(readings).toBe(1);
    expect(new Set(answers).size).toBe(1);
    expect(resolve(step, {}, next())).toEqual(answers[0]);
    expect(readings).toBe(2);
  });
});
