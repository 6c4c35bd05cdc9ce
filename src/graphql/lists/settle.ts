/** Lists whose items fail individually. */
import type { Run } from '../../domain/types.ts';
import type { RunRef } from '../../upstream/client.ts';
import type { Context } from '../context.ts';

/** Loads each item. A failed item becomes an Error in the list, which nulls only that item. */
export function settleAll<Item, T>(items: readonly Item[], load: (item: Item) => T | Promise<T>): (T | Promise<T>)[] {
  return items.map((item) => {
    try {
      return load(item);
    } catch (error) {
      // Executors accept an Error in a list, but the generated types do not.
      return error as T;
    }
  });
}

/** Loads a run whose steps a computed value reads; they count each time. Null if it is deleted. */
export async function loadForFigure(ref: RunRef, { runs, budgets }: Context): Promise<Run | null> {
  const run = await runs().loadWithSteps(ref);
  budgets.takeSteps(run?.steps.length ?? 0);
  return run;
}

/**
 * More responses at a time would be read in one turn of the event loop, and exceed the calls that a viewer may queue.
 */
const AT_A_TIME = 25;

/** Loads a few runs at a time, each in its own turn: cached runs would otherwise all be read in one turn. */
export async function settleInTurns<Item, T>(
  items: readonly Item[],
  load: (item: Item) => Promise<T>,
  { budgets, ticket }: Pick<Context, 'budgets' | 'ticket'>,
): Promise<PromiseSettledResult<T>[]> {
  budgets.takeObjects(items.length);
  const settled: PromiseSettledResult<T>[] = [];
  const waiting = items.entries();
  async function loadNext(): Promise<void> {
    for (const [index, item] of waiting) {
      await ticket.nextTurn();
      const [result] = await Promise.allSettled([load(item)]);
      settled[index] = result;
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, items.length) }, loadNext));
  return settled;
}

/** For lists that fail as a whole: rejects with the error of the first failed item. */
export async function loadInTurns<Item, T>(
  items: readonly Item[],
  load: (item: Item) => Promise<T>,
  context: Pick<Context, 'budgets' | 'ticket'>,
): Promise<T[]> {
  const settled = await settleInTurns(items, load, context);
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}
