import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Admission } from '../../src/graphql/admission/admission.ts';
import type { Ticket } from '../../src/graphql/admission/ticket.ts';
import { ArrivingMessage } from '../../src/http/arriving-message.ts';

const OWNER = { name: 'caller a', kind: 'caller' } as const;
const here = () => false;
/** As much as the socket reads at once. */
const MAX_CHUNK = 65_536;

function start() {
  const admission = new Admission({ after: () => () => undefined });
  /** True if nothing of the owner weighs. */
  const isEmpty = () => {
    const halves: Ticket[] = [];
    try {
      for (let half = 0; half < 2; half += 1) halves.push(admission.admit(OWNER, here, 4_000_000));
      return true;
    } catch {
      return false;
    } finally {
      for (const half of halves) half.end();
    }
  };
  return { arriving: new ArrivingMessage((bytes) => admission.admitLater(OWNER, here, bytes)), isEmpty };
}

/** The shortest and the longest head of a frame with this payload. */
const headOf = (length: number): number => (length < 126 ? 6 : length < 65_536 ? 8 : 14);

it('Whatever messages and pings have arrived, none of them weighs after its end', async () => {
  const length = fc.oneof({ weight: 5, arbitrary: fc.nat(200) }, fc.nat(20_000), fc.nat(100_000));
  const scenes = fc.tuple(fc.array(length, { minLength: 1, maxLength: 50, size: 'max' }), fc.constantFrom(1, 100));
  const chunks = fc.integer({ min: 1000, max: MAX_CHUNK });
  await fc.assert(
    fc.asyncProperty(scenes, chunks, async ([some, times], chunk) => {
      const { arriving, isEmpty } = start();
      const frames = Array.from({ length: times }, () => some).flat();
      let missing = frames.reduce((sum, each) => sum + headOf(each) + each, 0);
      let arrived = 0;
      for (const each of frames) {
        for (arrived -= headOf(each) + each; arrived < 0;) {
          const bytes = Math.min(chunk, missing);
          await arriving.receive(bytes);
          arrived += bytes;
          missing -= bytes;
        }
        (await arriving.complete(each))?.end();
      }
      await Promise.resolve();
      expect(isEmpty()).toBe(true);
    }),
    { numRuns: 100 },
  );
});

it('A message weighs from 16 KiB on, until it is dropped', async () => {
  const { arriving, isEmpty } = start();
  expect(arriving.receive(16_384)).toBeNull();
  expect(isEmpty()).toBe(true);
  await arriving.receive(1);
  expect(isEmpty()).toBe(false);
  await arriving.receive(100_000);
  arriving.drop();
  await Promise.resolve();
  expect(isEmpty()).toBe(true);
});
