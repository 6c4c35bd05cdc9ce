/** One clock for all relative times of the page, such as "3 minutes ago". It pauses while the page is hidden. */
import { useEffect, useState, useSyncExternalStore } from 'react';

const EVERY_MS = 5000;

let nowMs = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  if (document.hidden) return;
  nowMs = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    nowMs = Date.now();
    timer = setInterval(tick, EVERY_MS);
    document.addEventListener('visibilitychange', tick);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
  };
}

/** Milliseconds since 1970. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => nowMs);

/** The start of the current minute: queries that depend on it change once a minute. */
export const useMinute = (): number => useSyncExternalStore(subscribe, () => nowMs - (nowMs % 60_000));

const SHORTEST_TICK_MS = 100;

/** Duration that grows between responses: `ms` of the latest one plus the time since then. */
export function useTicking(ms: number | null, isTicking: boolean, everyMs = SHORTEST_TICK_MS): number | null {
  const tickMs = Math.max(SHORTEST_TICK_MS, Math.round(everyMs));
  const [passed, setPassed] = useState({ since: ms, ms: 0 });
  useEffect(() => {
    if (!isTicking || ms === null) return undefined;
    const cameAt = performance.now();
    const timer = setInterval(() => setPassed({ since: ms, ms: performance.now() - cameAt }), tickMs);
    return () => clearInterval(timer);
  }, [ms, isTicking, tickMs]);
  if (!isTicking || ms === null) return ms;
  return ms + (passed.since === ms ? passed.ms : 0);
}
