/** Outages that the parts of the page report while they are shown. */
import { createContext, use, useEffect, useId, useSyncExternalStore } from 'react';
import { useLiveState } from './connection.ts';

export interface Outage {
  /** What doesn't respond. */
  readonly of: 'gateway' | 'upstream';
  /** RFC 3339, when the shown data was current; `null` if there is no data or the time is unknown. */
  readonly since: string | null;
}

export interface Outages {
  /** `null` ends an outage. */
  readonly report: (part: string, outage: Outage | null) => void;
  readonly read: () => Outage | null;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createOutages(): Outages {
  const reported = new Map<string, Outage>();
  const listeners = new Set<() => void>();
  let current: Outage | null = null;
  return {
    report(part, outage) {
      if (outage) reported.set(part, outage);
      else if (!reported.delete(part)) return;
      // Without the gateway nothing is known of the upstream. The oldest data decides the time.
      const [worst = null] = [...reported.values()].sort(
        (a, b) => a.of.localeCompare(b.of) || timeOf(a.since) - timeOf(b.since),
      );
      if (worst?.of === current?.of && worst?.since === current?.since) return;
      current = worst;
      for (const listener of listeners) listener();
    },
    read: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const timeOf = (since: string | null): number => (since === null ? Infinity : Date.parse(since));

export const OutagesContext = createContext(createOutages());

/** When the oldest stale part of these values was fetched; `null` if none is stale. Payloads, which have no `__typename`, are skipped. */
export function staleSince(value: unknown): string | null {
  if (Array.isArray(value)) return oldest(value.map(staleSince));
  if (typeof value !== 'object' || value === null || !('__typename' in value)) return null;
  if (value.__typename !== 'Freshness') return oldest(Object.values(value).map(staleSince));
  const { isStale, fetchedAt } = value as { readonly isStale?: boolean; readonly fetchedAt?: string };
  return isStale === true ? (fetchedAt ?? null) : null;
}

const oldest = (times: readonly (string | null)[]): string | null =>
  times.reduce((one, other) => (other === null || (one !== null && one <= other) ? one : other), null);

/** Reports an outage while this part of the page is shown. */
export function useReportedOutage(of: Outage['of'] | null, since: string | null = null): void {
  const { report } = use(OutagesContext);
  const part = useId();
  useEffect(() => report(part, of && { of, since }), [report, part, of, since]);
  useEffect(() => () => report(part, null), [report, part]);
}

export function useOutage(): Outage | null {
  const { read, subscribe } = use(OutagesContext);
  const reported = useSyncExternalStore(subscribe, read);
  const live = useLiveState();
  if (live.kind !== 'reconnecting') return reported;
  return { of: 'gateway', since: new Date(live.since).toISOString() };
}
