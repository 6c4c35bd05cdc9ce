/** Merges the steps of an event into the list of a live run. */

interface Placed {
  readonly id: string;
  readonly offsetMs: number | null;
}

/** Sorted by start, because a step's start may have changed. `null` is a step that could not be loaded. */
export function withNew<Step>(
  listed: readonly (Step | null)[],
  changed: readonly Step[],
  placeOf: (step: Step) => Placed,
): (Step | null)[] {
  const readable = listed.filter((step) => step !== null);
  const steps = new Map([...readable, ...changed].map((step) => [placeOf(step).id, step]));
  const startOf = (step: Step): number => placeOf(step).offsetMs ?? Infinity;
  // Infinity − Infinity is NaN, so steps without a start keep their order.
  const sorted = [...steps.values()].sort((a, b) => startOf(a) - startOf(b) || 0);
  return [...sorted, ...listed.filter((step) => step === null)];
}
