import { useEffect, useState } from 'react';

/** Seconds that are left of a wait, and a way to begin one. */
export function useCountdown(first = 0): [left: number, begin: (seconds: number) => void] {
  const [left, setLeft] = useState(first);
  const [until, setUntil] = useState(() => Date.now() + first * 1000);
  useEffect(() => {
    const look = (): void => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    look();
    const timer = setInterval(look, 250);
    const end = setTimeout(() => clearInterval(timer), until - Date.now() + 1000);
    return () => {
      clearInterval(timer);
      clearTimeout(end);
    };
  }, [until]);
  return [left, (seconds) => setUntil(Date.now() + seconds * 1000)];
}
