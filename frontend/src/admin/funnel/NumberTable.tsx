import type { ReactNode } from 'react';
import own from './Funnel.module.css';

interface NumberTableProps {
  caption: string;
  /** The heads of all columns, the first one over the names of the rows. */
  heads: readonly string[];
  rows: ReadonlyArray<{ key: string; name: ReactNode; numbers: readonly ReactNode[] }>;
}

/** Numbers by row and column. On a phone, each number has the head of its column beside it. */
export function NumberTable({ caption, heads, rows }: NumberTableProps) {
  return (
    <table className={own.table}>
      <caption className={own.caption}>{caption}</caption>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, numbers }) => (
          <tr key={key}>
            <th scope="row">{name}</th>
            {numbers.map((number, at) => (
              <td key={heads[at + 1]} data-label={heads[at + 1]}>
                {number}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
