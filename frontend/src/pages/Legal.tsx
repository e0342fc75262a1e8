import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { CardSkeleton } from '../ui/AppSkeleton';
import { PageHeading } from '../ui/PageHeading';
import { type Block, blocksOf } from './legal-text';
import classes from './Legal.module.css';
import { OutOfReach } from './OutOfReach';

export const Terms = () => <Legal file="terms" title={t`Terms of use`} />;
export const Privacy = () => <Legal file="privacy" title={t`Privacy notice`} />;

interface LegalProps {
  /** A file of the folder `legal` beside the page, which whoever runs the service may replace. */
  file: string;
  title: string;
}

function Legal({ file, title }: LegalProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ['legal', file],
    queryFn: ({ signal }) => read(file, signal),
    staleTime: Infinity,
  });
  if (error) return <OutOfReach error={error} onRetry={refetch} />;
  if (data === undefined) return <CardSkeleton />;
  const [first, ...rest] = data;
  const own = first?.kind === 'title' ? first.text : title;
  return (
    <article className={classes.text}>
      <PageHeading title={own} heading={own} />
      {(first?.kind === 'title' ? rest : data).map((block, i) => (
        // oxlint-disable-next-line react/no-array-index-key -- a text that does not change
        <Part key={i} block={block} />
      ))}
    </article>
  );
}

function Part({ block }: { block: Block }) {
  if (block.kind === 'list') {
    return (
      <ul>
        {block.items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    );
  }
  return block.kind === 'paragraph' ? <p>{block.text}</p> : <h2>{block.text}</h2>;
}

async function read(file: string, signal: AbortSignal): Promise<Block[]> {
  const response = await fetch(`/legal/${file}.txt`, { signal });
  // Where the file is missing, a server of single pages answers with the page.
  const isText = response.headers.get('content-type')?.startsWith('text/plain');
  if (!response.ok || !isText) throw new Error(`there is no legal/${file}.txt`);
  return blocksOf(await response.text());
}
