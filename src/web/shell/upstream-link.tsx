/** Links to the same run or workflow in the upstream's web page, in a new tab. */
import { ExternalLink } from './icons.tsx';

export function UpstreamLink({ url }: { readonly url: string | null | undefined }) {
  if (url == null) return null;
  return (
    <a className="button" href={url} target="_blank" rel="noreferrer">
      <ExternalLink /> <span>Open in {new URL(url).host}</span>
    </a>
  );
}
