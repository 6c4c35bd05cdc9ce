/** Bar at the top of every page. */
import { Link } from 'react-router';
import { NotificationSwitch } from '../notifications/notification-switch.tsx';
import { keyStore } from '../session/key-store.ts';
import { ThemeSwitch } from '../theme/theme-switch.tsx';
import { useIds } from '../url/ids.ts';
import { costLink, HOME } from '../url/links.ts';
import { GRAPHQL_URL } from '../url/base-path.ts';
import { LogOut, Search } from './icons.tsx';

export interface MastheadProps {
  readonly isSignedIn: boolean;
  /** Whether the page holds a key; otherwise the host or a proxy signs the caller in and out. */
  readonly hasKey: boolean;
  readonly onSearch: () => void;
}

export function Masthead({ isSignedIn, hasKey, onSearch }: MastheadProps) {
  const { workflowId } = useIds();
  return (
    <header className="masthead">
      <Link to={HOME} className="brand inline">
        <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
          <path d="M2 4h6M5 8h7M10 12h4" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" />
        </svg>
        Stepgate
      </Link>
      {isSignedIn && (
        <button type="button" className="search-button" aria-keyshortcuts="/ Control+K Meta+K" onClick={onSearch}>
          <Search /> <span className="label">Search</span> <kbd aria-hidden="true">/</kbd>
        </button>
      )}
      <span className="spacer" />
      {isSignedIn && (
        <Link className="button quiet" to={costLink(workflowId)}>
          Cost
        </Link>
      )}
      <a className="button quiet" href={GRAPHQL_URL}>
        GraphQL
      </a>
      {hasKey && (
        <button type="button" className="quiet" title="Sign out" onClick={keyStore.forget}>
          <LogOut /> <span className="label">Sign out</span>
        </button>
      )}
      {isSignedIn && <NotificationSwitch />}
      <ThemeSwitch />
    </header>
  );
}
