import { SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { expect, test, vi } from 'vitest';
import { inMemory } from '../api/storage';
import { createTraces } from './index';
import { createTracer } from './tracer';

const ORIGIN = 'http://127.0.0.1:3000';
const TRACE_PARENT = /^00-[\da-f]{32}-[\da-f]{16}-(0[01])$/u;

const call = (path: string, method = 'GET'): Request => new Request(`${ORIGIN}${path}`, { method });
const answer = (share?: string): Response =>
  new Response(null, share === undefined ? {} : { headers: { 'x-traces-share': share } });

test('nothing is loaded and no call is marked until an answer says that traces are wanted', async () => {
  const load = vi.fn(async (share: number) => createTracer(share));
  const storage = inMemory();
  const traces = createTraces({ storage, load });
  expect(await traces.begin(call('/api/onboarding'), 1)).toBeUndefined();
  for (const share of [undefined, '', 'off', '2', '-1']) traces.note(answer(share));
  expect(await traces.begin(call('/api/onboarding'), 1)).toBeUndefined();
  expect(load).not.toHaveBeenCalled();

  traces.note(answer('1'));
  traces.note(answer('1'));
  const spans = await Promise.all([1, 2].map((n) => traces.begin(call('/api/onboarding'), n)));
  expect(load).toHaveBeenCalledExactlyOnceWith(1);
  for (const span of spans) expect(TRACE_PARENT.exec(span?.traceparent ?? '')?.[1]).toBe('01');
  expect(spans[0]?.traceparent).not.toBe(spans[1]?.traceparent);

  const nextVisit = createTraces({ storage, load });
  expect(await nextVisit.begin(call('/api/onboarding'), 1)).toBeDefined();
  nextVisit.note(answer());
  expect(await nextVisit.begin(call('/api/onboarding'), 1)).toBeUndefined();
  expect(await createTraces({ storage, load }).begin(call('/'), 1)).toBeUndefined();
});

test('what comes with the page itself counts from the first call on', async () => {
  const traces = createTraces({ storage: inMemory(), saidWithPage: () => '1' });
  expect((await traces.begin(call('/api/onboarding'), 1))?.traceparent).toMatch(TRACE_PARENT);
});

test('a share of none marks calls as not recorded', async () => {
  const traces = createTraces({ storage: inMemory() });
  traces.note(answer('0'));
  const span = await traces.begin(call('/api/onboarding'), 1);
  expect(TRACE_PARENT.exec(span?.traceparent ?? '')?.[1]).toBe('00');
});

test('where the code cannot be loaded, calls go on without', async () => {
  const traces = createTraces({ storage: inMemory(), load: () => Promise.reject(new Error('offline')) });
  traces.note(answer('1'));
  expect(await traces.begin(call('/api/onboarding'), 1)).toBeUndefined();
});

test('a call that failed and the try that followed are spans, without secrets', async () => {
  const exporter = new InMemorySpanExporter();
  const tracer = createTracer(1, exporter);
  const session = '/api/auth/sessions/01a20bc3-29ef-731e-b403-f5a49fe19248?q=secret';
  const first = tracer.begin(call(session, 'DELETE'), 1);
  first.failed(new TypeError('Failed to fetch'));
  tracer.begin(call(session, 'DELETE'), 2).answered(204);
  const [failed, answered] = await vi.waitFor(
    () => {
      const spans = exporter.getFinishedSpans();
      expect(spans).toHaveLength(2);
      return spans;
    },
    { timeout: 10_000 },
  );
  const { traceId, spanId } = failed?.spanContext() ?? {};
  expect(first.traceparent).toBe(`00-${traceId}-${spanId}-01`);
  expect(failed?.name).toBe('DELETE /api/auth/sessions/{id}');
  expect(failed?.status.code).toBe(SpanStatusCode.ERROR);
  expect(failed?.attributes['error.type']).toBe('TypeError');
  expect(answered?.status.code).toBe(SpanStatusCode.UNSET);
  expect(answered?.attributes).toMatchObject({
    'http.response.status_code': 204,
    'http.request.resend_count': 1,
  });
  expect(failed?.resource.attributes['service.name']).toBe('frontend');
  expect(JSON.stringify(answered?.attributes)).not.toContain('secret');
});
