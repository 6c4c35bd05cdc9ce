/** The bar on top of every page. */
import { KeyRound } from 'lucide-react';
import { Link } from 'react-router';
import { keyStore } from '../session/key-store.ts';
import { ThemeSwitch } from '../theme/theme-switch.tsx';
import { GRAPHQL_URL } from '../url/base-path.ts';
import './masthead.css';

export function Masthead({ hasKey }: { readonly hasKey: boolean }) {
  return (
    <header className="masthead">
      <Link to="/" className="brand">
        <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
          <path d="M2 4h6M5 8h7M10 12h4" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" />
        </svg>
        Stepgate
      </Link>
      <span className="spacer" />
      <a className="button quiet" href={GRAPHQL_URL}>
        GraphQL
      </a>
      {hasKey && (
        <button type="button" className="quiet" title="Change key" onClick={keyStore.forget}>
          <KeyRound aria-hidden="true" /> <span className="label">Change key</span>
        </button>
      )}
      <ThemeSwitch />
    </header>
  );
}
