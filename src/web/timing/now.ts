/** The time, as coarse as "3 minutes ago" needs it: one clock for the page, which stands still while nobody reads it. */
import { useSyncExternalStore } from 'react';

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

/** The same to the minute: what is asked of the gateway by it changes once a minute. */
export const useMinute = (): number => useSyncExternalStore(subscribe, () => nowMs - (nowMs % 60_000));
