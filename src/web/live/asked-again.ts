/** What is asked once about something that goes on is asked again when that has changed. */
import { useEffect, useRef } from 'react';

/** `version`: of what the question reads. Null while nothing is asked. */
export function useAskedAgain(ask: () => unknown, version: string | null): void {
  const asked = useRef(version);
  useEffect(() => {
    const last = asked.current;
    asked.current = version;
    if (last !== null && version !== null && last !== version) void ask();
  }, [ask, version]);
}
