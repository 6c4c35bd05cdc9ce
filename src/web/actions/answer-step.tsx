/** Button that answers a waiting step. */
import { useState } from 'react';
import { CornerDownRight } from '../shell/icons.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import type { AnswerStepProps } from './answer-dialog.tsx';

const AnswerDialog = lazyPart(() => import('./answer-dialog.tsx'), 'the question');

interface AnswerButtonProps extends AnswerStepProps {
  /** If the step goes on meanwhile, the button disappears, but not the open dialog. */
  readonly isOffered: boolean;
}

export default function AnswerStep({ isOffered, ...props }: AnswerButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      {isOffered && (
        <button type="button" className="primary" aria-haspopup="dialog" onClick={() => setIsOpen(true)}>
          <CornerDownRight /> Answer
        </button>
      )}
      {isOpen && <AnswerDialog {...props} onClose={() => setIsOpen(false)} />}
    </>
  );
}
