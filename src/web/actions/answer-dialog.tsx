/** Dialog that answers a waiting step, with what the step asks for. */
import { useId, useState } from 'react';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { graphql } from '../__generated__/gql.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { useOneRequest } from '../hooks/one-request.ts';
import { JsonTree } from '../json/payload.tsx';
import { messageOf } from '../live/errors.ts';
import { Loading } from '../shell/notices.tsx';
import { ActionDialog, problemText } from './action-dialog.tsx';
import {
  answerOf,
  fieldsOf,
  jsonAnswerOf,
  problemsIn,
  type AnswerField,
  type FieldProblem,
  type Texts,
} from './answer-fields.ts';

const WAIT_REQUEST = graphql(`
  query WaitRequest($workflowId: ID!, $runId: ID!, $stepId: ID!) {
    run(workflowId: $workflowId, id: $runId) {
      id
      workflowId
      step(id: $stepId) {
        id
        nodeId
        waitingFor {
          message
          data
          answerSchema
        }
      }
    }
  }
`);

const RESUME_STEP = graphql(`
  mutation ResumeStep($workflowId: ID!, $runId: ID!, $stepId: ID!, $answer: JSON, $idempotencyKey: String) {
    resumeStep(
      workflowId: $workflowId
      runId: $runId
      stepId: $stepId
      answer: $answer
      idempotencyKey: $idempotencyKey
    ) {
      run {
        id
        workflowId
      }
    }
  }
`);

const WORDS = {
  conflict: 'The step is no longer waiting.',
  unanswered: 'The answer may have arrived anyway: sending it again does no harm.',
};

export interface AnswerStepProps {
  readonly workflowId: string;
  readonly runId: string;
  readonly stepId: string;
  readonly onAnswered?: () => void;
}

interface AnswerDialogProps extends AnswerStepProps {
  readonly onClose: () => void;
}

export default function AnswerDialog({ workflowId, runId, stepId, onAnswered, onClose }: AnswerDialogProps) {
  const ids = { workflowId, runId, stepId };
  const asked = useGatewayQuery(WAIT_REQUEST, {
    variables: ids,
    read: (data) => data.run?.step,
    // A change to the run must not change the form while somebody fills it in.
    fetchPolicy: 'no-cache',
  });
  const request = useOneRequest(RESUME_STEP, () => {
    onAnswered?.();
    onClose();
  });
  const [texts, setTexts] = useState<Texts>({});
  const [ownProblems, setOwnProblems] = useState<readonly FieldProblem[]>([]);
  const [isRejected, setIsRejected] = useState(false);
  const step = asked.value;
  const fields = fieldsOf(step?.waitingFor?.answerSchema);
  const error = CombinedGraphQLErrors.is(request.error) ? request.error.errors[0] : undefined;
  const upstreamProblems = isRejected ? problemsIn(error?.extensions?.fields) : [];
  const problems = [...ownProblems, ...upstreamProblems];
  const isOfField = ({ path }: FieldProblem) => fields?.some(({ name }) => name === path) ?? false;
  const others = problems.filter((problem) => !isOfField(problem));
  const text = problems.length > 0 ? null : problemText(request.error, request.isUnanswered, WORDS);

  function act(): void {
    const { answer, problems: found } = fields ? answerOf(fields, texts) : jsonAnswerOf(texts[JSON_TEXT] ?? '');
    setOwnProblems(found);
    setIsRejected(found.length === 0);
    if (found.length === 0) request.send({ ...ids, answer });
  }

  return (
    <ActionDialog
      title={step ? `Answer ${step.nodeId}` : 'Answer the step'}
      action="Send answer"
      acting="Sending…"
      leave="Not now"
      isActing={request.isSending}
      isReady={step != null}
      problem={
        (text ?? (others.length > 0 && others.map(lineOf).join(' '))) ||
        (asked.error && !step && messageOf(asked.error))
      }
      onAct={act}
      onClose={onClose}
    >
      {asked.isLoading && <Loading what="the question" />}
      {step?.waitingFor?.message != null && <p dir="auto">{step.waitingFor.message}</p>}
      {step?.waitingFor?.data != null && <JsonTree value={step.waitingFor.data} />}
      {step && !fields && (
        <JsonField text={texts[JSON_TEXT] ?? ''} onText={(written) => setTexts({ [JSON_TEXT]: written })} />
      )}
      {fields?.map((field) => (
        <FormField
          key={field.name}
          field={field}
          text={texts[field.name] ?? ''}
          problem={problems.find(({ path }) => path === field.name)?.message ?? null}
          onText={(written) => setTexts({ ...texts, [field.name]: written })}
        />
      ))}
    </ActionDialog>
  );
}

/** Label of the field that holds the whole answer. */
const JSON_TEXT = '';

const lineOf = ({ path, message }: FieldProblem): string => (path === '' ? message : `${path}: ${message}`);

interface JsonFieldProps {
  readonly text: string;
  readonly onText: (text: string) => void;
}

function JsonField({ text, onText }: JsonFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>
        Answer <span className="muted">(JSON)</span>
      </label>
      <textarea
        id={id}
        className="mono"
        rows={5}
        spellCheck={false}
        value={text}
        onChange={({ target }) => onText(target.value)}
      />
    </div>
  );
}

interface FormFieldProps extends JsonFieldProps {
  readonly field: AnswerField;
  readonly problem: string | null;
}

const BOOLEANS = [
  { value: 'true', label: 'Yes' },
  { value: 'false', label: 'No' },
];

function FormField({ field, text, problem, onText }: FormFieldProps) {
  const { type, title, description, isRequired } = field;
  const id = useId();
  const options =
    type === 'boolean' ? BOOLEANS : (field.options?.map((option) => ({ value: option, label: option })) ?? null);
  const attributes = {
    ...{ id, value: text, 'aria-required': isRequired, 'aria-invalid': problem !== null },
    'aria-describedby': `${id}-description ${id}-problem`,
    onChange: ({ target }: { readonly target: { readonly value: string } }) => onText(target.value),
  };
  return (
    <div className="field">
      <label htmlFor={id}>
        {title} {!isRequired && <span className="muted">(optional)</span>}
      </label>
      {options ? (
        // Nothing is preselected.
        <select {...attributes}>
          <option value="">{isRequired ? 'Choose…' : 'No answer'}</option>
          {options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      ) : (
        <input {...attributes} inputMode={type === 'string' ? 'text' : 'decimal'} autoComplete="off" />
      )}
      {description !== null && (
        <p id={`${id}-description`} className="muted small">
          {description}
        </p>
      )}
      <p id={`${id}-problem`} className="bad small" role="status">
        {problem !== null && `${title} ${problem}`}
      </p>
    </div>
  );
}
