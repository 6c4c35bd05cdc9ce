/** Entry point of the run page. */
import './styles.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app.tsx';
import { Contained } from './shell/contained.tsx';
import { basePath } from './url/base-path.ts';

const root = document.getElementById('root');
if (!root) throw new Error('The page is missing the element #root.');

createRoot(root).render(
  <StrictMode>
    {/* In a transition, a checkbox bound to the URL would briefly show its old state. */}
    <BrowserRouter basename={basePath === '' ? '/' : basePath} useTransitions={false}>
      <Contained what="the page">
        <App />
      </Contained>
    </BrowserRouter>
  </StrictMode>,
);
