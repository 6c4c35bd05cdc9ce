/** The list of the steps of a live run, with those that an event has brought. */

interface Placed {
  readonly id: string;
  readonly offsetMs: number | null;
}

/** By start: that of a step may have changed, too. Null stands for a step that can't be read. */
export function withNew<Step>(
  listed: readonly (Step | null)[],
  changed: readonly Step[],
  placeOf: (step: Step) => Placed,
): (Step | null)[] {
  const readable = listed.filter((step) => step !== null);
  const steps = new Map([...readable, ...changed].map((step) => [placeOf(step).id, step]));
  const startOf = (step: Step): number => placeOf(step).offsetMs ?? Infinity;
  // Infinity − Infinity is not a number: steps without a start stay as they stand.
  const sorted = [...steps.values()].sort((a, b) => startOf(a) - startOf(b) || 0);
  return [...sorted, ...listed.filter((step) => step === null)];
}
