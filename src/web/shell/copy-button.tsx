/** Copies a string and shows the result. */
import { useState, type ReactNode } from 'react';
import { Check, CircleX, Copy } from './icons.tsx';

export interface CopyButtonProps {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly isEnabled?: boolean;
  /** Called on click, because the string may be large. */
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
        void isCopied(text()).then((isDone) => setOutcome(isDone ? 'copied' : 'failed'));
      }}
      onBlur={() => setOutcome(null)}
    >
      {shown?.icon ?? icon ?? <Copy />}
      <span aria-live="polite">{shown?.words ?? label}</span>
    </button>
  );
}

/** Browsers don't offer `navigator.clipboard` over plain HTTP: the library, which few readers need, has fallbacks. */
async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const library = await import('copy-to-clipboard').catch(() => null);
    return library !== null && (await library.default(text));
  }
}
