/** Sign-in form, shown without a key or after a rejection. The URL stays the same. */
import { useId, useState } from 'react';
import { KeyRound } from '../shell/icons.tsx';
import { useTab } from '../shell/tab.ts';
import { keyStore } from './key-store.ts';

export default function KeyForm({ wasRefused }: { readonly wasRefused: boolean }) {
  const [key, setKey] = useState('');
  const [isRemembered, setIsRemembered] = useState(false);
  const [problem, setProblem] = useState(
    wasRefused ? 'The gateway rejected this key: it is unknown or no longer valid.' : null,
  );
  const id = useId();
  const sample = keyStore.sampleKey();
  useTab('Sign in');

  function submit(text: string): void {
    // The gateway's rule: printable ASCII without spaces.
    if (/^[\x21-\x7e]{1,4096}$/.test(text)) keyStore.use(text, isRemembered);
    else setProblem('A key is one word of letters, digits and signs.');
  }

  return (
    <form
      className="panel key-form stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit(key.trim());
      }}
    >
      <h1 className="toolbar">
        <KeyRound /> Sign in
      </h1>
      <p className="muted">
        Your bearer key decides which workflows you see. It is sent only to this gateway, and is never part of a link.
      </p>
      <label htmlFor={id}>Bearer key</label>
      <input
        id={id}
        name="key"
        type="password"
        autoComplete="current-password"
        autoFocus
        spellCheck={false}
        value={key}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        onChange={(event) => setKey(event.target.value)}
      />
      {problem !== null && (
        <p id={`${id}-problem`} className="bad" role="alert">
          {problem}
        </p>
      )}
      <label className="inline">
        <input type="checkbox" checked={isRemembered} onChange={({ target }) => setIsRemembered(target.checked)} />
        <span>
          Remember on this device <span className="muted">(otherwise in this tab only)</span>
        </span>
      </label>
      <div className="toolbar">
        <button type="submit" className="primary">
          Sign in
        </button>
        {sample !== '' && (
          <button type="button" onClick={() => keyStore.use(sample, isRemembered)}>
            Use the sample key
          </button>
        )}
      </div>
    </form>
  );
}
