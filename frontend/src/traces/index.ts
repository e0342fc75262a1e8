import type { KeyValue } from '../api/intents';
import { TRACES_SLOT } from '../app/slots';
import type { Tracer } from './tracer';

/** One try of a call, while it is under way. */
export interface CallSpan {
  /** The header that makes the server's part of the trace a child of this (W3C Trace Context). */
  readonly traceparent: string;
  answered(status: number): void;
  failed(failure: unknown): void;
}

export interface Traces {
  /** A try begins; nothing where traces are off. */
  begin(request: Request, attempt: number): Promise<CallSpan | undefined>;
  /** Learns from an answer whether traces are wanted. */
  note(response: Response): void;
}

export interface TracesParts {
  /** Where it is kept for the next visit, so that its first call is traced, too. */
  storage: KeyValue;
  /** What the page's own answer said; replaced in tests. */
  saidWithPage?(): string | null;
  /** Loads what makes and sends spans. It is large, so it comes only when it is needed. */
  load?(share: number): Promise<Tracer>;
}

/**
 * Which share of the calls is to be traced, from 0 to 1: said by whoever serves the page, on answers of the API. With the
 * page itself it is said as `Server-Timing`, which browsers show by HTTPS and on the machine itself.
 */
const SHARE = 'x-traces-share';

/**
 * The page's part in traces. Without the header nothing is loaded, sent or added to calls: a `traceparent` whose
 * sender records nothing would only keep the services from deciding by themselves.
 */
export function createTraces(parts: TracesParts): Traces {
  const { storage, saidWithPage = serverTiming, load = loadTracer } = parts;
  let share = parseShare(saidWithPage() ?? storage.getItem(TRACES_SLOT));
  let tracer: Promise<Tracer | undefined> | undefined;
  const wanted = (): Promise<Tracer | undefined> | undefined => {
    if (share === undefined) return undefined;
    // Where it cannot be loaded, calls go on without.
    tracer ??= load(share).catch(() => undefined);
    return tracer;
  };
  return {
    begin: async (request, attempt) => (await wanted())?.begin(request, attempt),
    note: (response) => {
      const now = parseShare(response.headers.get(SHARE));
      if (now === share) return;
      share = now;
      tracer = undefined;
      if (now === undefined) storage.removeItem(TRACES_SLOT);
      else storage.setItem(TRACES_SLOT, String(now));
    },
  };
}

async function loadTracer(share: number): Promise<Tracer> {
  const { createTracer } = await import('./tracer');
  return createTracer(share);
}

function serverTiming(): string | null {
  const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return page?.serverTiming?.find(({ name }) => name === 'traces')?.description ?? null;
}

function parseShare(text: string | null): number | undefined {
  const share = text ? Number(text) : Number.NaN;
  return share >= 0 && share <= 1 ? share : undefined;
}
