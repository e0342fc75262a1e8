import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Pages<T> {
  rows: T[];
  /** Whether nothing has come yet. */
  loading: boolean;
  /** Why the last page did not come. */
  error: Error | null;
  /** Whether there are more than `rows`. */
  more: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  /** Reads all of it anew. */
  refresh: () => void;
}

/** A list that the service gives page by page. `key` names it, with its filters. */
export function usePages<T>(
  key: readonly unknown[],
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
): Pages<T> {
  const { data, error, hasNextPage, isFetchingNextPage, isPending, fetchNextPage, refetch } =
    useInfiniteQuery({
      queryKey: ['admin', ...key],
      queryFn: ({ pageParam, signal }) => load(pageParam, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last: Page<T>) => last.next_cursor ?? undefined,
      // All pages would be read anew, while somebody reads them.
      refetchOnWindowFocus: false,
    });
  const rows = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  return {
    rows,
    loading: isPending,
    error,
    more: hasNextPage,
    loadingMore: isFetchingNextPage,
    loadMore: () => void (data ? fetchNextPage() : refetch()),
    refresh: () => void refetch(),
  };
}
