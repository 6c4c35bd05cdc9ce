/** After a link to another page, scroll position and focus are at its top; the title of the tab is announced when it changes. */
import { useEffect, useRef, useState } from 'react';
import { NavigationType, useLocation, useNavigationType } from 'react-router';

export function Arrival() {
  const { pathname } = useLocation();
  const isReturn = useNavigationType() === NavigationType.Pop;
  const left = useRef(pathname);
  useEffect(() => {
    if (left.current === pathname) return;
    left.current = pathname;
    // The browser itself restores the position of a page that it returns to.
    if (!isReturn) window.scrollTo(0, 0);
    const content = document.getElementById('content');
    // A page may focus its own field.
    const isElsewhere = content === document.activeElement || content?.contains(document.activeElement) !== true;
    if (isElsewhere) content?.focus({ preventScroll: true });
  }, [pathname, isReturn]);

  const [title, setTitle] = useState('');
  useEffect(() => {
    const element = document.querySelector('title');
    if (!element) return undefined;
    const observer = new MutationObserver(() => setTitle(document.title));
    observer.observe(element, { childList: true });
    return () => observer.disconnect();
  }, []);
  return (
    <p role="status" className="visually-hidden">
      {title}
    </p>
  );
}
