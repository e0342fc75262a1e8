import { Button, Skeleton } from '@mantine/core';
import { useLingui } from '@lingui/react/macro';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { failureOf } from '../../api/words';
import { FailureNote } from '../../ui/FailureNote';
import type { Pages } from '../usePages';
import classes from './DataTable.module.css';

export interface Column<T> {
  key: string;
  /** What stands above it, or beside it where the table is a list. */
  header: string;
  /** Its share of the width, as of a grid's column. */
  width: string;
  cell: (row: T) => ReactNode;
}

interface DataTableProps<T> {
  /** What it is a table of. */
  label: string;
  columns: ReadonlyArray<Column<T>>;
  pages: Pages<T>;
  keyOf: (row: T) => string | number;
  /** In the place of no row. */
  empty: ReactNode;
}

const ESTIMATED_ROW_PX = 64;
const AHEAD = 10;

/**
 * Rows without end: only those near the screen are in the document, and further pages come as one nears the end.
 * On a narrow screen each row is a list of its own.
 */
export function DataTable<T>({ label, columns, pages, keyOf, empty }: DataTableProps<T>) {
  const { rows, loading, error, more } = pages;
  const { t } = useLingui();
  const failure = error ? failureOf(error) : undefined;
  return (
    <div className={classes.frame} aria-busy={loading}>
      {loading && !error && <Loading />}
      {!loading && rows.length === 0 && !error && empty}
      {rows.length > 0 && <Rows {...{ label, columns, pages, keyOf }} />}
      {failure && (
        <div className={classes.end}>
          <FailureNote failure={failure} />
          <Button size="sm" variant="default" onClick={pages.loadMore}>
            {t`Try again`}
          </Button>
        </div>
      )}
      <p className={classes.count} role="status">
        {rows.length > 0 &&
          !error &&
          (more ? t`${rows.length} loaded, more as you scroll` : t`${rows.length} in all`)}
      </p>
    </div>
  );
}

function Loading() {
  return (
    <div className={classes.loading} aria-hidden="true">
      {Array.from({ length: 6 }, (_, n) => (
        <Skeleton key={n} height={44} />
      ))}
    </div>
  );
}

function Rows<T>({ label, columns, pages, keyOf }: Omit<DataTableProps<T>, 'empty'>) {
  const { rows, more, loadingMore, loadMore, error } = pages;
  const body = useRef<HTMLDivElement>(null);
  const scrollMargin = useTop(body);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ESTIMATED_ROW_PX,
    measureElement: (row) => row.getBoundingClientRect().height || ESTIMATED_ROW_PX,
    getItemKey: (index) => keyOf(rows[index] as T),
    overscan: AHEAD,
    scrollMargin,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && !loadingMore && !error && last >= rows.length - AHEAD) loadMore();
    // oxlint-disable-next-line react/exhaustive-deps -- asks as one scrolls, and when a page has come
  }, [last, rows.length, more, loadingMore, error]);
  const template = { gridTemplateColumns: columns.map(({ width }) => width).join(' ') };
  return (
    <div
      role="table"
      aria-label={label}
      aria-rowcount={more ? -1 : rows.length + 1}
      className={classes.table}
    >
      <div role="rowgroup" className={classes.header}>
        <div role="row" aria-rowindex={1} className={classes.row} style={template}>
          {columns.map(({ key, header }) => (
            <span key={key} role="columnheader">
              {header}
            </span>
          ))}
        </div>
      </div>
      <div
        ref={body}
        role="rowgroup"
        className={classes.body}
        style={{ height: `${virtualizer.getTotalSize()}px` }}
      >
        {items.map(({ index, key, start }) => (
          <div
            key={key}
            ref={virtualizer.measureElement}
            data-index={index}
            role="row"
            aria-rowindex={index + 2}
            className={classes.row}
            style={{ ...template, transform: `translateY(${start - scrollMargin}px)` }}
          >
            {columns.map(({ key: column, header, cell }) => (
              <div key={column} role="cell" className={classes.cell} data-label={header}>
                {cell(rows[index] as T)}
              </div>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

/** How far below the top of the page an element begins, in pixels; followed as what is above it changes. */
function useTop(element: React.RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = (): void => {
      const box = element.current?.getBoundingClientRect();
      if (box) setTop(Math.round(box.top + window.scrollY));
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(document.body);
    return () => watch.disconnect();
  }, [element]);
  return top;
}
