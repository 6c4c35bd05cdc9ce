/** A length of time that goes on growing on the page between two answers of the gateway. */
import { useEffect, useState } from 'react';

const EVERY_MS = 100;

/** `ms` as of the latest answer; while `isTicking`, plus what has passed since it came. */
export function useTicking(ms: number | null, isTicking: boolean): number | null {
  const [passed, setPassed] = useState({ since: ms, ms: 0 });
  useEffect(() => {
    if (!isTicking || ms === null) return undefined;
    const cameAt = performance.now();
    const timer = setInterval(() => {
      setPassed({ since: ms, ms: performance.now() - cameAt });
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
    };
  }, [ms, isTicking]);
  if (!isTicking || ms === null) return ms;
  return ms + (passed.since === ms ? passed.ms : 0);
}
