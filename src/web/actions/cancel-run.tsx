/** Button that cancels a run after confirmation. */
import { useState } from 'react';
import { Ban } from '../shell/icons.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import type { RunIds } from '../url/links.ts';

const CancelDialog = lazyPart(() => import('./cancel-dialog.tsx'), 'the question');

export interface CancelRunProps extends RunIds {
  /** If the run ends meanwhile, the button disappears, but not the open dialog. */
  readonly isOffered: boolean;
}

export default function CancelRun({ isOffered, ...ids }: CancelRunProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      {isOffered && (
        <button type="button" aria-haspopup="dialog" onClick={() => setIsOpen(true)}>
          <Ban /> Cancel run
        </button>
      )}
      {isOpen && <CancelDialog {...ids} onClose={() => setIsOpen(false)} />}
    </>
  );
}
