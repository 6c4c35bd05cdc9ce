/** The run page: what people look at while a workflow runs, and after it failed. */
// First, so that what a component says of itself comes after it.
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

/** A new page begins at its top, and one that the reader comes back to where they left it. */
const page = (
  <Contained what="the page">
    <ScrollRestoration />
    <App />
  </Contained>
);
const router = createBrowserRouter([{ path: '*', element: page }], { basename: basePath === '' ? '/' : basePath });
createRoot(root).render(
  <StrictMode>
    {/* In a transition a checkbox that the address decides about would fall back for a moment. */}
    <RouterProvider router={router} useTransitions={false} />
  </StrictMode>,
);
