/** Term that shows its definition on a click, a touch or a key. A `title` reaches only the mouse. */
import { useId, type ReactNode } from 'react';

export interface HintedProps {
  readonly hint: string | undefined;
  readonly children: ReactNode;
}

export function Hinted({ hint, children }: HintedProps) {
  const id = useId();
  if (hint === undefined) return children;
  return (
    <>
      <button type="button" className="hinted" popoverTarget={id}>
        {children}
      </button>
      <span id={id} popover="auto" className="hint-text small">
        {hint}
      </span>
    </>
  );
}
