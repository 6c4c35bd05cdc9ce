/** How the changed steps of a live run come among those that are held. */

interface Place {
  readonly id: string;
  readonly offsetMs: number | null;
}

/** Each changed step in place of the one that is held, new ones by start. Null stands for a step that can't be read. */
export function withChanged<Held>(
  held: readonly (Held | null)[],
  changed: readonly Held[],
  placeOf: (step: Held) => Place,
): (Held | null)[] {
  const latest = new Map(changed.map((step) => [placeOf(step).id, step]));
  const kept = held.map((step) => {
    const replaced = step && latest.get(placeOf(step).id);
    if (step && replaced) latest.delete(placeOf(step).id);
    return replaced ?? step;
  });
  const startOf = (step: Held | null): number => (step && placeOf(step).offsetMs) ?? Infinity;
  const readable = [...kept.filter((step) => step !== null), ...latest.values()];
  // Infinity − Infinity is no number: steps without a start stay as they stand.
  return [...readable.sort((a, b) => startOf(a) - startOf(b) || 0), ...kept.filter((step) => step === null)];
}
