/** Button that answers a waiting step. */
import { useState } from 'react';
import { CornerDownRight } from '../shell/icons.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';

const AnswerDialog = lazyPart(() => import('./answer-dialog.tsx'), 'the question');

export interface AnswerStepProps {
  readonly workflowId: string;
  readonly runId: string;
  readonly stepId: string;
  readonly onAnswered?: () => void;
}

interface AnswerButtonProps extends AnswerStepProps {
  /** A step that goes on meanwhile removes the button, but not the open dialog. */
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
