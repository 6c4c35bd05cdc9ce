import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import type { Payload, PayloadField, PayloadText } from '../../src/domain/types.ts';
import { createReadingQueue, createReadingTurns, TURN_BYTES } from '../../src/graphql/reading-turns.ts';
import { AbandonedError } from '../../src/upstream/errors.ts';

const MEGABYTE = 2 ** 20;

/** Of outputs and metadata of this size each. */
function payloadOf(sizeBytes: number): Payload {
  const text = { sizeBytes } as PayloadText;
  return { inputs: null, outputs: text, metadata: text, heldBytes: 0 };
}
const NONE: Payload = { inputs: null, outputs: null, metadata: null, heldBytes: 0 };

function start(queue = createReadingQueue()) {
  const client = { isGone: false };
  const admitted: number[] = [];
  const admit = (bytes: number) => {
    admitted.push(bytes);
    if (bytes > 2 * TURN_BYTES) throw new Error('too much');
  };
  const readings = createReadingTurns({ queue, isGone: () => client.isGone, admit });
  const read: string[] = [];
  const take = (payload: Payload, name: string, fields: readonly PayloadField[] = ['inputs', 'outputs']) =>
    Promise.try(() =>
      readings.take(payload, fields, () => {
        read.push(name);
        return name;
      }),
    );
  return { readings, take, read, admitted, client };
}

/** What is read in each turn of the event loop from now on. */
async function turnsOf(read: string[], count: number): Promise<(readonly string[])[]> {
  const turns: (readonly string[])[] = [];
  while (turns.length < count) {
    turns.push(read.splice(0));
    await nextTurn();
  }
  return turns;
}

describe('the payloads that one operation reads', () => {
  it('are read at once as far as a turn of the event loop allows, and one that was read just before', async () => {
    const { take, read } = start();
    const [a, b, none] = [payloadOf(TURN_BYTES), payloadOf(1), NONE];
    const all = [take(none, 'none'), take(a, 'a1'), take(a, 'a2'), take(b, 'b1'), take(a, 'a3')];
    expect(read).toEqual(['none', 'a1', 'a2', 'a3']);
    expect(await Promise.all(all)).toEqual(['none', 'a1', 'a2', 'b1', 'a3']);
    expect(read).toEqual(['none', 'a1', 'a2', 'a3', 'b1']);
  });

  it('wait by payloads: each is read once, in a turn that has room for it', async () => {
    const { take, read } = start();
    const first = payloadOf(TURN_BYTES);
    const payloads = [payloadOf(TURN_BYTES / 2), payloadOf(TURN_BYTES / 2), payloadOf(2 * TURN_BYTES), payloadOf(1)];
    const all = [take(first, 'first')];
    for (const alias of ['x', 'y']) all.push(...payloads.map((payload, at) => take(payload, `${alias}${at}`)));
    expect(await turnsOf(read, 4)).toEqual([['first'], ['x0', 'y0', 'x1', 'y1'], ['x2', 'y2'], ['x3', 'y3']]);
    expect(await Promise.all(all)).toHaveLength(9);
  });

  it('count field by field: what was read just before costs nothing, and another field of the same payload does', async () => {
    const { take, read } = start();
    const [a, b] = [payloadOf(TURN_BYTES), payloadOf(TURN_BYTES)];
    const all = (['outputs', 'metadata', 'outputs'] as const).flatMap((field, at) => [
      take(a, `a.${field}${at}`, [field]),
      take(b, `b.${field}${at}`, [field]),
    ]);
    expect(await turnsOf(read, 5)).toEqual([
      ['a.outputs0', 'a.outputs2'],
      ['b.outputs0'],
      ['b.metadata1'],
      ['b.outputs2'],
      ['a.metadata1'],
    ]);
    await Promise.all(all);
  });

  it('are all read before those of another operation that wait, too', async () => {
    const queue = createReadingQueue();
    const [one, another] = [start(queue), start(queue)];
    const read: string[] = [];
    for (const name of ['a', 'b', 'c'])
      for (const [operation, of] of [
        [one, 1],
        [another, 2],
      ] as const)
        void operation.take(payloadOf(TURN_BYTES), `${name}${of}`).then((taken) => read.push(taken));
    expect(await turnsOf(read, 6)).toEqual([[], ['a1', 'a2', 'b1'], ['c1'], ['b2'], ['c2'], []]);
    void one.take(payloadOf(1), 'later').then((taken) => read.push(taken));
    await nextTurn();
    await nextTurn();
    expect(read).toEqual(['later']);
  });

  it('take no turn when none of them waits any more', async () => {
    const { take } = start();
    await Promise.all([take(payloadOf(TURN_BYTES), 'a'), take(payloadOf(1), 'b')]);
    const turns = jest.spyOn(globalThis, 'setImmediate');
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    const { length } = turns.mock.calls;
    turns.mockRestore();
    expect(length).toBe(0);
  });

  it('are admitted first where they are long, also those that have waited', async () => {
    const { take, read, admitted } = start();
    await take(payloadOf(MEGABYTE - 1), 'short');
    expect(admitted).toEqual([]);
    await take(payloadOf(MEGABYTE), 'long');
    await expect(take(payloadOf(2 * TURN_BYTES + 1), 'refused')).rejects.toThrow('too much');
    expect(admitted).toEqual([MEGABYTE, 2 * TURN_BYTES + 1]);
    expect(read).toEqual(['short', 'long']);
  });

  it('need no admission for a figure', () => {
    const { readings, admitted } = start();
    expect(readings.takeFigures(payloadOf(2 * TURN_BYTES + 1), ['outputs'], () => 7)).toBe(7);
    expect(admitted).toEqual([]);
  });

  it('fail alone, and are not read any more when the client has gone', async () => {
    const { take, client } = start();
    const full = payloadOf(TURN_BYTES);
    await take(full, 'full');
    const failing = take(payloadOf(2 * TURN_BYTES + 1), 'failing');
    const good = take(payloadOf(1), 'good');
    await expect(failing).rejects.toThrow('too much');
    expect(await good).toBe('good');
    const late = take(full, 'late');
    client.isGone = true;
    await expect(late).rejects.toThrow(AbandonedError);
  });
});
