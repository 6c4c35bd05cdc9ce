/** Hooks for what happens later, or again and again. */
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';

/** Null: not now. */
export function useInterval(call: () => void, everyMs: number | null): void {
  const latest = useEffectEvent(call);
  useEffect(() => {
    if (everyMs === null) return undefined;
    const timer = setInterval(() => {
      latest();
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs]);
}

/** The value, once it has not changed for a moment. */
export function useSettled<Value>(value: Value, afterMs: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(value);
    }, afterMs);
    return () => {
      clearTimeout(timer);
    };
  }, [value, afterMs]);
  return settled;
}

/** Calls that may come often are made once in a while: one call does what was asked for meanwhile. */
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

const TICK_MS = 100;

/** A length of time that goes on growing between two answers: `ms` as of the latest answer, plus what has passed since. */
export function useTicking(ms: number | null, isTicking: boolean): number | null {
  const [passed, setPassed] = useState({ since: ms, ms: 0 });
  useEffect(() => {
    if (!isTicking || ms === null) return undefined;
    const cameAt = performance.now();
    const timer = setInterval(() => {
      setPassed({ since: ms, ms: performance.now() - cameAt });
    }, TICK_MS);
    return () => {
      clearInterval(timer);
    };
  }, [ms, isTicking]);
  if (!isTicking || ms === null) return ms;
  return ms + (passed.since === ms ? passed.ms : 0);
}
