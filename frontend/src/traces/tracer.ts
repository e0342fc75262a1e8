import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { CallSpan } from './index';

export interface Tracer {
  begin(request: Request, attempt: number): CallSpan;
}

/** The server that the page came from passes spans on to a collector. */
const ENDPOINT = '/otlp/v1/traces';
/** Few, so that a page that is closed leaves little behind. */
const BATCH = { maxQueueSize: 256, maxExportBatchSize: 32, scheduledDelayMillis: 2_000 };

/** Makes spans of calls, and sends the given share of them. Loaded only where traces are wanted. */
export function createTracer(share: number, exporter: SpanExporter = collector()): Tracer {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'frontend' }),
    sampler: new TraceIdRatioBasedSampler(share),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...BATCH })],
  });
  const tracer = provider.getTracer('page');
  return {
    begin: (request, attempt) => {
      const { pathname, host } = new URL(request.url);
      const attributes = {
        'http.request.method': request.method,
        'url.path': pathname,
        'server.address': host,
        ...(attempt > 1 ? { 'http.request.resend_count': attempt - 1 } : {}),
      };
      const name = `${request.method} ${withoutIds(pathname)}`;
      return callSpan(tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, ROOT_CONTEXT));
    },
  };
}

function collector(): SpanExporter {
  return new OTLPTraceExporter({ url: `${window.location.origin}${ENDPOINT}`, timeoutMillis: 5_000 });
}

function callSpan(span: Span): CallSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-0${traceFlags & 1}`,
    answered: (status) => {
      span.setAttribute('http.response.status_code', status);
      if (status >= 400) fail(span, String(status));
      span.end();
    },
    failed: (failure) => {
      fail(span, failure instanceof Error ? failure.name : 'unknown');
      span.end();
    },
  };
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Names of spans must be few. */
function withoutIds(path: string): string {
  return path.replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/giu, '{id}');
}
