/** Timer hooks. */
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';

/** `null` pauses the interval. */
export function useInterval(call: () => void, everyMs: number | null): void {
  const latest = useEffectEvent(call);
  useEffect(() => {
    if (everyMs === null) return undefined;
    const timer = setInterval(() => latest(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}

/** The value once it hasn't changed for `afterMs`. */
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
