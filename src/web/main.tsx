/** Entry point of the run page. */
// The theme is first, so that component styles override it.
import './theme/theme.css';
import './theme/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider, ScrollRestoration } from 'react-router';
import { App } from './app.tsx';
import { Contained } from './shell/contained.tsx';
import { basePath } from './url/base-path.ts';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no element #root.');

/** A new page starts at the top. A page from the browser history keeps its scroll position. */
const page = (
  <Contained what="the page">
    <ScrollRestoration />
    <App />
  </Contained>
);
const router = createBrowserRouter([{ path: '*', element: page }], { basename: basePath === '' ? '/' : basePath });
createRoot(root).render(
  <StrictMode>
    {/* In a transition, a checkbox bound to the URL would briefly show its old state. */}
    <RouterProvider router={router} useTransitions={false} />
  </StrictMode>,
);
