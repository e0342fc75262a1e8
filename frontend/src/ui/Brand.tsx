import { PRODUCT } from '../app/brand';
import classes from './Brand.module.css';

/** The mark, a path with a sign on it, and the name. */
export function Brand() {
  return (
    <span className={classes.brand} translate="no">
      <svg className={classes.mark} viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" fill="#0b5a4b" />
        <path
          d="M9 25c0-5 14-4 14-9.500S9 12 9 7"
          fill="none"
          stroke="#a1d8c7"
          strokeWidth="3"
          strokeLinecap="round"
        />
        <circle cx="9" cy="7" r="3.200" fill="#f4b345" />
      </svg>
      {PRODUCT}
    </span>
  );
}
