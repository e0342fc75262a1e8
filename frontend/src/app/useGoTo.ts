import { useCallback, useEffect, useRef } from 'react';
import { type NavigateOptions, useLocation, useNavigate } from 'react-router';

/** Goes to another page, the one fading into the other where the browser can and the person wants it. */
export function useGoTo(): (to: string, options?: NavigateOptions) => void {
  const navigate = useNavigate();
  const location = useLocation();
  const arrived = useRef<() => void>(undefined);
  // The next page is there: this one is another, or gone.
  // oxlint-disable-next-line react/exhaustive-effect-dependencies -- the address changes when the next page is there
  useEffect(() => () => arrived.current?.(), [location]);
  return useCallback(
    (to, options) => {
      const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
      if (still || !('startViewTransition' in document)) return void navigate(to, options);
      document.startViewTransition(
        () =>
          new Promise<void>((resolve) => {
            arrived.current = resolve;
            void navigate(to, options);
          }),
      );
    },
    [navigate],
  );
}
