/** Largest sizes of lists and pages. */

export const MAX_LIST_SIZE = 100;
export const MAX_RUNS_IN_STATISTICS = 1000;
