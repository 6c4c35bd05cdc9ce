/** Timer hooks. */
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';

/** Null pauses the interval. */
export function useInterval(call: () => void, everyMs: number | null): void {
  const latest = useEffectEvent(call);
  useEffect(() => {
    if (everyMs === null) return undefined;
    const timer = setInterval(() => latest(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}

/** The value after it has not changed for `afterMs`. */
export function useSettled<Value>(value: Value, afterMs: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}

/** Throttles frequent calls: the first call starts a timer, and one call at its end covers the others. */
export function useThrottled(call: () => void, everyMs: number): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(call);
  useEffect(() => {
    latest.current = call;
  }, [call]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, everyMs);
  }, [everyMs]);
}

const SHORTEST_TICK_MS = 100;

/** Duration that grows between answers: `ms` of the latest answer plus the time since then. */
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
