/** Copies a text and shows the result. Works over plain HTTP too, where browsers lack `navigator.clipboard`. */
import { useState, type ReactNode } from 'react';
import copy from 'copy-to-clipboard';
import { Check, CircleX, Copy } from './icons.tsx';

export interface CopyButtonProps {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly isEnabled?: boolean;
  /** Called on click, because the text may be large. */
  readonly text: () => string;
}

type Outcome = 'copied' | 'failed';

const OUTCOMES = {
  copied: { icon: <Check />, words: 'Copied' },
  failed: { icon: <CircleX />, words: 'Could not copy' },
} as const;

export function CopyButton({ label, icon, isEnabled = true, text }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const shown = outcome && OUTCOMES[outcome];
  return (
    <button
      type="button"
      disabled={!isEnabled}
      onClick={() => {
        void copy(text()).then((isCopied) => setOutcome(isCopied ? 'copied' : 'failed'));
      }}
      onBlur={() => setOutcome(null)}
    >
      {shown?.icon ?? icon ?? <Copy />}
      <span aria-live="polite">{shown?.words ?? label}</span>
    </button>
  );
}
