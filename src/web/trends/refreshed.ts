/** Query options for figures. No event reports their changes, so they are polled. */

export const REFRESHED = {
  // The variables change every minute, so cached answers would only accumulate.
  fetchPolicy: 'no-cache',
  pollInterval: 30_000,
  keepsPrevious: true,
} as const;
