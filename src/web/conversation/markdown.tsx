/**
 * A model's text, as safe as any other: Markdown becomes elements of React and never HTML. HTML in it is shown as text, an image as a
 * link to it, and a link only leads to http, https or mail.
 */
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';

const PLUGINS = [remarkGfm];

const COMPONENTS: Components = {
  a: ({ href, children }) => <Outside href={href}>{children}</Outside>,
  // Loading it would tell another host who reads this.
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
    <pre className="chat-text scroll-x" tabIndex={0}>
      {children}
    </pre>
  ),
  // The headings of a message are none of the page.
  ...Object.fromEntries(
    ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((heading) => [
      heading,
      ({ children }: { readonly children?: React.ReactNode }) => <p className="chat-heading">{children}</p>,
    ]),
  ),
};

export default function Markdown({ text }: { readonly text: string }) {
  return (
    <div className="markdown" dir="auto">
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
