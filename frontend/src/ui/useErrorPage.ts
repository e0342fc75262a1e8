import { useCallback, useState } from 'react';

/**
 * Brings an error that was thrown outside of rendering, in a promise or a listener, to the error page: it is thrown
 * once more while the component renders, where the router catches it.
 */
export function useErrorPage(): (error: unknown) => void {
  const [, setState] = useState<undefined>();
  return useCallback((error) => {
    setState(() => {
      throw error;
    });
  }, []);
}
