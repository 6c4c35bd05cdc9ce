/** The run page: what people look at while a workflow runs, and after it failed. */
// First, so that what a component says of itself comes after it.
import './theme/theme.css';
import './theme/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app.tsx';
import { Contained } from './shell/contained.tsx';
import { basePath } from './url/base-path.ts';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no element #root.');
createRoot(root).render(
  <StrictMode>
    {/* In a transition a checkbox that the address decides about would fall back for a moment. */}
    <BrowserRouter basename={basePath} useTransitions={false}>
      <Contained what="the page">
        <App />
      </Contained>
    </BrowserRouter>
  </StrictMode>,
);
