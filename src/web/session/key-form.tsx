/** Asks for the bearer key where none is known, or the last one was refused. */
import { useId, useState } from 'react';
import { KeyRound } from 'lucide-react';
import { keyStore } from './key-store.ts';
import './key-form.css';

export function KeyForm({ wasRefused }: { readonly wasRefused: boolean }) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState(
    wasRefused ? 'The gateway refused this key: it is unknown, or no longer valid.' : null,
  );
  const id = useId();
  const sample = keyStore.sampleKey();

  function submit(text: string): void {
    // As the gateway reads it: printable ASCII without spaces.
    if (/^[\x21-\x7e]{1,4096}$/.test(text)) keyStore.use(text);
    else setProblem('A key is one word of letters, digits and signs.');
  }

  return (
    <form
      className="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit(key.trim());
      }}
    >
      <h1>
        <KeyRound aria-hidden="true" /> Key
      </h1>
      <p>
        Your bearer key decides which workflows you see. It stays in this tab, is sent to this gateway alone, and is
        never part of a link.
      </p>
      <label htmlFor={id}>Bearer key</label>
      <input
        id={id}
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={key}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        onChange={(event) => {
          setKey(event.target.value);
        }}
      />
      {problem !== null && (
        <p id={`${id}-problem`} className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="actions">
        <button type="submit" className="primary">
          Use this key
        </button>
        {sample !== '' && (
          <button
            type="button"
            onClick={() => {
              keyStore.use(sample);
            }}
          >
            Use the sample key
          </button>
        )}
      </div>
    </form>
  );
}
