/** How figures are kept up to date: nothing tells of their changes, so they are asked for from time to time. */

export const REFRESHED = {
  // Each minute asks in other words: the cache would only grow.
  fetchPolicy: 'no-cache',
  everyMs: 30_000,
  keepsPrevious: true,
} as const;
