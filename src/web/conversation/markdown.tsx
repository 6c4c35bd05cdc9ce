/**
 * Renders a model's text safely: Markdown becomes React elements, never HTML. HTML in it is shown as text, an image as a link to it.
 * Links must be http, https or mailto.
 */
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';

const PLUGINS = [remarkGfm];

const COMPONENTS: Components = {
  a: ({ href, children }) => <Outside href={href}>{children}</Outside>,
  // Loading the image would reveal the reader to another host.
  img: ({ src, alt }) => (
    <Outside href={typeof src === 'string' ? src : undefined}>
      [image{alt === undefined || alt === '' ? '' : `: ${alt}`}]
    </Outside>
  ),
  table: ({ children }) => (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  pre: ({ children }) => (
    <pre className="text-box" tabIndex={0}>
      {children}
    </pre>
  ),
  // Headings of a message must not be headings of the page.
  ...Object.fromEntries(
    ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((heading) => [
      heading,
      ({ children }: { readonly children?: React.ReactNode }) => <p className="chat-heading">{children}</p>,
    ]),
  ),
};

export default function Markdown({ text }: { readonly text: string }) {
  return (
    <div className="markdown stack" dir="auto">
      <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS}>
        {text}
      </ReactMarkdown>
    </div>
  );
}

function Outside({ href, children }: { readonly href: string | undefined; readonly children: React.ReactNode }) {
  if (href === undefined || !/^(?:https?:|mailto:)/i.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener" title={href}>
      {children}
    </a>
  );
}
